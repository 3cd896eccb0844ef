"""Whose turn it is: the class of every error, and messages fit to be kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.fal import errors
from core.services.fal.errors import classified, normalise, of_type

PERSON = {
    "archive_file_count_below_minimum", "content_policy_violation", "face_detection_error",
    "file_too_large", "image_load_error", "image_too_large", "image_too_small",
    "unsupported_image_format",
}  # fmt: skip
OPERATOR = {"bad_request", "invalid_archive", "archive_file_count_exceeds_maximum"}
RETRY = {
    "request_timeout", "startup_timeout", "runner_scheduling_failure", "runner_connection_timeout",
    "runner_connection_refused", "runner_connection_error", "runner_disconnected",
    "runner_incomplete_response", "runner_server_error", "internal_error", "client_disconnected",
    "client_cancelled", "file_download_error", "downstream_service_error",
    "downstream_service_unavailable", "internal_server_error", "generation_timeout",
}  # fmt: skip


def test_every_documented_type_is_in_one_class() -> None:
    classes = {"person": PERSON, "operator": OPERATOR, "retry": RETRY}
    expected = {kind: name for name, kinds in classes.items() for kind in kinds}
    assert dict(errors.TYPES) == expected


@pytest.mark.parametrize("kind", sorted(errors.TYPES))
def test_a_type_counts_wherever_it_stands(kind: str) -> None:
    listed = {"detail": [{"loc": ["body"], "msg": "It failed.", "type": kind}]}
    for headers, body in (
        ({}, listed),
        ({}, {"detail": "It failed.", "error_type": kind}),
        ({"x-fal-error-type": kind}, None),
    ):
        failure = classified(500, headers, body, "result")
        assert (failure.error_type, failure.error_class) == (kind, errors.TYPES[kind])
    assert of_type(kind, "").error_class == errors.TYPES[kind]


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (300, "operator"), (400, "operator"), (401, "operator"), (402, "operator"),
        (403, "operator"), (404, "operator"), (405, "operator"), (408, "retry"), (409, "retry"),
        (410, "operator"), (413, "operator"), (422, "operator"), (425, "retry"), (429, "retry"),
        (499, "retry"), (500, "retry"), (502, "retry"), (503, "retry"), (504, "retry"),
        (599, "retry"),
    ],
)  # fmt: skip
def test_a_code_counts_where_there_is_no_type(status: int, error_class: str) -> None:
    failure = classified(status, {}, None, "status")
    assert (failure.error_type, failure.error_class) == (f"http_{status}", error_class)
    assert failure.http_status == status


def test_an_unknown_type_is_told_and_its_code_decides() -> None:
    body = {"detail": [{"type": "value_error.missing", "msg": "field required"}]}
    failure = classified(422, {}, body, "submit")
    assert (failure.error_type, failure.error_class) == ("value_error.missing", "operator")
    assert of_type("never_heard_of", "").error_class == "retry"
    for status, error_class in ((503, "retry"), (422, "operator"), (200, "operator")):
        assert of_type("never_heard_of", "", status).error_class == error_class


def test_of_several_errors_the_one_that_the_person_can_mend_counts() -> None:
    body = {
        "detail": [
            {"type": "internal_server_error", "msg": "It broke."},
            {"type": "image_too_small", "msg": "The picture is small."},
        ]
    }
    failure = classified(422, {}, body, "result")
    assert failure.error_type == "image_too_small"
    assert failure.message == "The picture is small."


def test_only_a_submission_finds_an_endpoint_gone() -> None:
    assert classified(404, {}, None, "submit").endpoint_gone
    assert classified(410, {}, None, "submit").endpoint_gone
    assert not classified(404, {}, None, "status").endpoint_gone


def test_an_exhausted_balance_is_known_by_its_sentence() -> None:
    sentence = "User is locked. Reason: Exhausted balance. Top up at fal.ai/dashboard/billing."
    failure = classified(403, {}, {"detail": sentence}, "submit")
    assert failure.error_type == "balance_exhausted"
    assert failure.stop_submitting
    told = of_type("", sentence)
    assert (told.error_type, told.error_class, told.stop_submitting) == (
        "balance_exhausted",
        "operator",
        True,
    )


@pytest.mark.parametrize(
    "body",
    [None, [], "text", 7, {"detail": None}, {"detail": [None, 3]}, {"detail": {"type": 5}},
     {"error_type": ["x"]}, {"detail": [{"type": "a b\n://"}]}],
)  # fmt: skip
def test_no_body_is_too_odd(body: object) -> None:
    assert classified(500, {}, body, "status").error_class == "retry"


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("can't fetch https://v3.fal.media/b/x.zip?sig=1 now", "can't fetch (address) now"),
        ("Request 0199c3a2-7c1e-7f00-a1b2-c3d4e5f60718 timed out after 30.5 seconds",
         "Request (id) timed out after # seconds"),
        ("Invalid key Key 1a2b:3c4d5e6f", "Invalid (key)"),
        ("bad credentials 1a2b3c4d-aaaa:0123456789abcdef0123", "bad credentials (key)"),
        ("write to anna@example.org please", "write to (address) please"),
        ("can't open /tmp/work/anna_smith.jpg", "can't open (path)"),
        ("image 3 is\n 200x100", "image # is #x#"),
    ],
)  # fmt: skip
def test_what_may_not_be_kept_is_taken_out(message: str, kept: str) -> None:
    assert normalise(message) == kept


@given(st.text(max_size=3000))
def test_no_message_is_long_or_holds_an_address(message: str) -> None:
    kept = normalise(f"{message} https://fal.media/{message}")
    assert len(kept) <= 300
    assert "fal.media" not in kept


def test_every_message_fits_a_database() -> None:
    assert normalise("a\0b\ud800c\x1b[0m") == "a b?c [#m"


def test_equal_failures_have_equal_messages() -> None:
    first = normalise("runner 17 lost after 3.2 s (req 0199c3a27c1e7f00)")
    assert first == normalise("runner 4 lost after 11 s (req 0299c3a27c1e7f99)")
