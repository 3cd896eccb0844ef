"""How a request ended that fal says is completed: with a result, or with whose failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import fal_client

from core.avatars.ports import Failure, Standing, Unreachable
from core.services.fal import answers, errors, profiles
from core.services.fal.wire import Answer, bad_answer

STOPPED = "client_cancelled"
"""What fal calls a training that was stopped as we asked: no error of anybody's."""
_ASK_AGAIN = (401, 402, 403, 404, 408, 425, 429)
"""Of a result: these speak of the question, not of the training."""


def standing(profile: str, ended: fal_client.Completed, answer: Answer) -> Standing:
    """How a run stands, by what fal answered when it was asked for the result.

    Raises Unreachable where that is to be asked again.
    """
    seconds = answers.training_seconds(ended.metrics)
    told = _told_failure(ended, answer.status)
    if not answer.good:
        failure = _of_model(answer, told)
        return Standing("failed", training_seconds=seconds, failure=failure)
    if told and not _looks_like_a_result(profile, answer.body):
        return Standing("failed", training_seconds=seconds, failure=told)
    return Standing("completed", training_seconds=seconds, result=_parsed(profile, answer))


def _told_failure(ended: fal_client.Completed, status: int) -> Failure | None:
    """The failure that a completed request speaks of, whose result has this code."""
    error, error_type = ended.error, ended.error_type
    if not error and not error_type:
        return None
    return errors.of_type(str(error_type or ""), error if isinstance(error, str) else "", status)


def _of_model(answer: Answer, told: Failure | None) -> Failure:
    """The model's own failure; raises Unreachable where the answer is about the asking alone."""
    failure = answer.failure("result")
    spoken = isinstance(answer.body, Mapping) and answer.status not in _ASK_AGAIN
    if any(item.get("type") in errors.TYPES for item in errors.details(answer.body)):
        return failure  # says more than the status does
    if told and (spoken or told.error_type in errors.TYPES):
        return told
    if answer.status == 410:
        return replace(failure, undelivered=True)
    own = errors.own_type(answer.headers, answer.body) in errors.TYPES
    # an error of the server without a word of fal's says nothing of the training, which may be
    # there the next time: ordering it anew would pay for it twice
    if own:
        return failure
    if spoken and "detail" in answer.body and answer.status < 500:
        return replace(failure, undelivered=True)
    raise Unreachable(replace(failure, undelivered=answer.status == 404))


def _looks_like_a_result(profile: str, body: object) -> bool:
    try:
        return isinstance(body, Mapping) and bool(profiles.BY_NAME[profile].parse(body))
    except profiles.UnexpectedResult:
        return False


def _parsed(profile: str, answer: Answer) -> Mapping[str, object]:
    """The result; one that is not understood stays at fal, for it is paid for."""
    if not isinstance(answer.body, Mapping):
        raise Unreachable(bad_answer(answer.status, "the result can't be read"))
    try:
        return profiles.BY_NAME[profile].parse(answer.body)
    except profiles.UnexpectedResult as error:
        failure = Failure("unexpected_result", "operator", str(error), answer.status)
        raise Unreachable(failure) from error
