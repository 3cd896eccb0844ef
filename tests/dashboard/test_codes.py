"""Every code that the product has is a word in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import pytest

from core.avatars.flow import STATES
from core.avatars.models import AvatarGender, AvatarStatus, AvatarType, PhotoValidationStatus
from core.avatars.models.pictures import Purpose
from core.avatars.orders.order import Status
from core.avatars.orders.submissions import Fate
from core.avatars.ports import ErrorClass, Phase
from core.avatars.screens import NOTICES
from core.avatars.screens.verdicts import REASONS
from core.base.texts import LANGUAGES
from core.conversation.messages import Kind
from core.operation.demo.known import FAULTS
from core.operation.metrics.records import KINDS
from core.services.fal.errors import TYPES
from dashboard import codes
from dashboard.words import translator

KNOWN: dict[str, tuple[codes.Words, Iterable[str]]] = {
    "statuses": (codes.STATUS, Status),
    "fates": (codes.FATE, Fate),
    "avatars": (codes.AVATAR, (*AvatarStatus, *AvatarType, *AvatarGender)),
    "turns": (codes.TURN, get_args(ErrorClass)),
    "phases": (codes.PHASE, get_args(Phase)),
    "errors of fal": (codes.ERROR, (*TYPES, *(fault.error_type for fault in FAULTS))),
    "photos": (codes.PHOTO, (*PhotoValidationStatus, *filter(None, REASONS))),
    "states": (codes.STATE, STATES),
    "notices": (codes.NOTICE, NOTICES),
    "purposes": (codes.PURPOSE, Purpose),
    "kinds of events": (codes.MOMENT, Kind),
    "kinds of rows": (codes.MOMENT, KINDS),
}


@pytest.mark.parametrize("family", KNOWN)
def test_a_code_is_a_word_in_every_language(family: str) -> None:
    words, known = KNOWN[family]
    for code in known:
        said = [codes.word(translator(language), words, code) for language in LANGUAGES]
        assert all("_" not in word and word for word in said), code
        assert len(set(said)) == len(said), (code, said)


def test_what_nobody_knows_stays_as_it_is() -> None:
    t = translator("ru")
    assert codes.word(t, codes.ERROR, "brand_new_error") == "brand_new_error"
    assert codes.word(t, codes.ERROR, "http_418") == "HTTP 418"
    assert codes.word(t, codes.SWITCH, "breaker:flux") == "алгоритм не даёт результата: flux"
    assert codes.word(t, codes.REASON, None) == ""
