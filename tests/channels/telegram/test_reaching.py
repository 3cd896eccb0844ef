"""Who blocks the bot is left alone, and who lets it in again is shown what waited."""

from __future__ import annotations

import pytest

from channels.telegram.updates import standing_of
from core.base.db import transaction
from core.conversation.messages import Address
from core.conversation.models import Conversation, InboxEvent, PendingNotice
from tests.channels.telegram.feedback import House, Running, channel
from tests.channels.telegram.test_showing import all_shown, begun, signal, until
from tests.fakes.telegram import FakeTelegram, Person


@pytest.mark.usefixtures("bot")
def test_who_unblocks_the_bot_without_a_word_is_shown_what_waited(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    anna.block()
    until(lambda: bool(Conversation.get().unreachable))
    signal(house, "1")
    until(lambda: PendingNotice.select().count() == 1)
    with transaction():  # a screen waits as well
        Conversation.update(
            state="rating", revision=Conversation.revision + 1, due_at=0, rank=1
        ).execute()
    assert len(tg.called("sendMessage")) == 1
    anna.unblock()
    anna.wait_for("Pong 1")
    anna.wait_for("How was it?")
    until(all_shown)
    assert InboxEvent.select().where(InboxEvent.channel == "telegram").count() == 1


@pytest.mark.usefixtures("bot")
def test_a_notice_that_met_a_block_comes_once_the_bot_is_let_in(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    tg.fault("sendMessage", code=403)
    signal(house, "1")
    until(lambda: bool(Conversation.get().unreachable))
    assert PendingNotice.get().outcome == "blocked"
    anna.block()
    anna.unblock()
    anna.wait_for("Pong 1")
    until(lambda: bool(PendingNotice.get().outcome == "sent"))


@pytest.mark.usefixtures("bot")
def test_a_notice_that_met_a_block_comes_once_the_person_writes(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    tg.fault("sendMessage", code=403)
    signal(house, "1")
    until(lambda: bool(Conversation.get().unreachable))
    anna.say("hello?")
    anna.wait_for("Pong 1")


def test_a_block_is_learned_at_the_start_from_what_happened_meanwhile(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    with Running(channel(tg.base_url, tg.base_file_url), house):
        begun(anna)
    anna.block()
    with Running(channel(tg.base_url, tg.base_file_url), house):
        until(lambda: bool(Conversation.get().unreachable))
        tg.wait_until(lambda: not tg.pending_updates)
        anna.unblock()
        until(lambda: not Conversation.get().unreachable)
    assert not tg.refusals


@pytest.mark.usefixtures("bot")
def test_somebody_who_never_wrote_is_no_conversation(tg: FakeTelegram, anna: Person) -> None:
    boris = tg.person(id=2, first_name="Boris")
    boris.block()
    boris.unblock()
    begun(anna)
    tg.wait_until(lambda: not tg.pending_updates)
    assert [found.chat for found in Conversation.select()] == ["1"]


@pytest.mark.parametrize(
    ("status", "there"), [("kicked", False), ("left", False), ("member", True), ("later", True)]
)
def test_a_standing_is_read_from_its_status(status: str, there: bool) -> None:
    change = {"chat": {"id": 7, "type": "private"}, "new_chat_member": {"status": status}}
    raw = {"update_id": 1, "my_chat_member": change}
    assert standing_of(raw, "123") == (Address("telegram", "123", "7"), there)
    change["chat"] = {"id": -7, "type": "supergroup"}
    assert standing_of(raw, "123") is None


@pytest.mark.usefixtures("bot")
def test_a_group_that_grew_is_told_at_its_new_number(tg: FakeTelegram, anna: Person) -> None:
    with tg.world.lock:
        tg.world.upgraded[-5] = -1005
    anna.in_group("hello", chat_id=-1005)
    anna.in_group("hello", chat_id=-5)
    tg.wait_until(lambda: not tg.pending_updates)
    begun(anna)
    assert len([m for m in tg.messages(-1005) if m.from_bot]) >= 1
    assert [m for m in tg.messages(-5) if m.from_bot] == []
