"""No table that holds something of a person is forgotten where it is exported and erased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee

from core.app import bootstrap as _bootstrap  # noqa: F401  # so that every model is known
from core.avatars.models import TrainingRun
from core.avatars.orders.events import FalEvent
from core.avatars.privacy.personal_data import OF_CONVERSATION, OF_PERSON, OF_RUN, RULINGS, WRITTEN
from core.avatars.privacy.retained import Export
from core.base.db import Model
from core.conversation.models import Conversation, InboxEvent, User

EXPORTED_BY_NAME = {Conversation}
NOT_EXPORTED = {Export}
"""The order of an export is in no export."""


def test_every_table_that_names_a_user_is_exported() -> None:
    assert set(_naming(User)) == {*OF_PERSON} | EXPORTED_BY_NAME | NOT_EXPORTED


def test_every_table_that_names_a_conversation_is_exported() -> None:
    of_nobody_else = set(_naming(Conversation)) - set(_naming(User))
    assert of_nobody_else == {*OF_CONVERSATION}


def test_every_table_that_names_a_training_is_exported() -> None:
    named = {model for model in _below(Model) if "run_id" in model._meta.columns}
    assert set(_naming(TrainingRun)) == set()
    assert named - {*OF_PERSON} == {*OF_RUN, FalEvent}, (
        "calls are kept without anything of a person"
    )


def test_what_is_erased_row_by_row_is_exported_as_well() -> None:
    assert {*RULINGS} < {*OF_PERSON}
    assert {*WRITTEN} | {InboxEvent} == {*OF_CONVERSATION}


def _naming(owner: type[Model]) -> Iterator[Any]:
    """The models with a reference to the owner."""
    for model in _below(Model):
        fields = model._meta.sorted_fields
        if any(isinstance(f, peewee.ForeignKeyField) and f.rel_model is owner for f in fields):
            yield model


def _below(model: Any) -> Iterator[Any]:
    for child in model.__subclasses__():
        if child.__module__.startswith("core."):
            yield child
        yield from _below(child)
