"""Who is let in, where not everybody is."""

from typing import Any

from core.avatars import access
from tests import makers


def test_everybody_is_let_in_where_it_is_open(db: Any) -> None:
    assert access.allowed(makers.settings(), makers.conversation().user.id)


def test_an_invitation_that_is_valid_lets_in_for_good(db: Any) -> None:
    person = makers.conversation().user.id
    settings = makers.settings(access="invite", invites=("spring",))
    assert not access.allowed(settings, person)
    assert access.admit(settings, person, "spring", 0)
    assert access.admit(settings, person, "spring", 1), "who comes again is still welcome"
    assert access.allowed(makers.settings(access="invite"), person)


def test_an_invitation_that_nobody_gave_lets_nobody_in(db: Any) -> None:
    person = makers.conversation().user.id
    settings = makers.settings(access="invite", invites=("spring",))
    assert not access.admit(settings, person, "autumn", 0)
    assert not access.admit(settings, person, "", 0)
    assert not access.allowed(settings, person)


def test_a_list_names_channel_and_chat(db: Any) -> None:
    settings = makers.settings(access="list", people=("telegram:7",))
    assert access.allowed(settings, makers.conversation(channel="telegram", chat="7").user.id)
    assert not access.allowed(settings, makers.conversation(channel="web", chat="7").user.id)
    assert not access.allowed(settings, makers.conversation(channel="telegram", chat="77").user.id)
