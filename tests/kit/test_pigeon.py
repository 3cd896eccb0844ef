"""The channel that `likeness channel new` writes from keeps every rule that its buttons allow."""

from __future__ import annotations

from likeness_pigeon.kit import TestPigeon as Pigeon
from tests.kit.broken import PlainPigeon


class TestReference(Pigeon):
    channel = "likeness_pigeon:Pigeon"


class TestReferenceWithoutButtons(Pigeon):
    channel = PlainPigeon
