"""What arrives is committed once, in order, before anybody is told that it was received."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import peewee
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db as core_db
from core.conversation import inbox, statements
from core.conversation.inbox import Inbox, Receipt
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.models import Conversation, InboxEvent, User
from tests.conversation.chat import Clock
from tests.conversation.racing import at_once, in_processes

ANNA = Address("test", "bot", "anna")
whole = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=255)
every_kind = st.builds(
    Event,
    st.sampled_from(Kind),
    whole,
    whole,
    st.none() | st.dictionaries(whole, whole | st.integers(0, 2**53), max_size=3),
    st.none() | st.integers(1, 2**40),
)


def text(key: str, address: Address = ANNA, value: str = "hello", **person: str) -> Update:
    return Update(key, address, Event(Kind.TEXT, value), Person(**person))


def receive(box: Inbox, update: Update) -> inbox.Received:
    [received] = box.receive(update)
    return received


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box(db: Any, clock: Clock) -> Inbox:
    return Inbox("asking_rating", lambda wanted: wanted or "en", cap=5, clock=clock)


def test_the_first_update_of_a_person_makes_them_known(box: Inbox, clock: Clock) -> None:
    received = receive(box, text("1", name="Anna", language="ru"))
    conversation = Conversation.get()
    assert received == inbox.Received(Receipt.ACCEPTED, conversation.id)
    assert (conversation.channel, conversation.bot, conversation.chat) == ("test", "bot", "anna")
    assert (conversation.state, conversation.visit, conversation.revision) == (
        "asking_rating",
        1,
        0,
    )
    assert (conversation.user.name, conversation.user.language) == ("Anna", "ru")
    assert conversation.user.language_chosen is False
    assert conversation.created_at == conversation.active_at == clock.now
    assert len(conversation.token_key) == 32


def test_an_update_is_committed_before_receive_returns(box: Inbox, database_url: str) -> None:
    receive(box, text("1"))
    core_db.database.close()
    event = InboxEvent.get()
    assert (event.update_id, event.kind, event.handled_at, event.attempts) == ("1", "text", None, 0)


def test_a_second_delivery_of_an_update_changes_nothing(box: Inbox) -> None:
    first, second = receive(box, text("1")), receive(box, text("1", value="other"))
    assert second == inbox.Received(Receipt.DUPLICATE, first.conversation_id)
    assert InboxEvent.select().count() == 1
    assert InboxEvent.get().payload == inbox.encode(Event(Kind.TEXT, "hello"))


def test_a_second_delivery_after_the_first_was_applied_changes_nothing(box: Inbox) -> None:
    receive(box, text("1"))
    InboxEvent.update(handled_at=1.0, payload="").execute()
    assert receive(box, text("1")).receipt is Receipt.DUPLICATE


def test_the_same_key_from_another_bot_or_channel_is_another_update(box: Inbox) -> None:
    for address in (ANNA, Address("test", "other", "anna"), Address("web", "bot", "anna")):
        assert receive(box, text("1", address)).receipt is Receipt.ACCEPTED
    assert Conversation.select().count() == 3


def test_each_chat_is_a_conversation_of_its_own(box: Inbox) -> None:
    anna = receive(box, text("1"))
    boris = receive(box, text("2", Address("test", "bot", "boris")))
    assert anna.conversation_id != boris.conversation_id
    assert receive(box, text("3")).conversation_id == anna.conversation_id
    assert User.select().count() == 2


def test_more_than_the_cap_is_refused_until_something_was_applied(box: Inbox) -> None:
    receipts = [receive(box, text(str(n))).receipt for n in range(7)]
    assert receipts == [Receipt.ACCEPTED] * 5 + [Receipt.OVERFLOW] * 2
    InboxEvent.update(handled_at=1.0).where(InboxEvent.update_id == "0").execute()
    assert receive(box, text("7")).receipt is Receipt.ACCEPTED
    assert receive(box, text("8")).receipt is Receipt.OVERFLOW


def test_what_is_quarantined_does_not_count_against_the_cap(box: Inbox) -> None:
    for n in range(5):
        receive(box, text(str(n)))
    InboxEvent.update(failed_at=1.0).where(InboxEvent.update_id == "0").execute()
    assert receive(box, text("5")).receipt is Receipt.ACCEPTED


def test_a_duplicate_is_known_as_one_even_where_the_queue_is_full(box: Inbox) -> None:
    for n in range(5):
        receive(box, text(str(n)))
    assert receive(box, text("0")).receipt is Receipt.DUPLICATE


def test_one_persons_full_queue_is_nobody_elses(box: Inbox) -> None:
    for n in range(6):
        receive(box, text(str(n)))
    assert receive(box, text("b", Address("test", "bot", "boris"))).receipt is Receipt.ACCEPTED


def test_the_very_first_update_may_come_on_several_threads_at_once(box: Inbox) -> None:
    received = at_once(*[_receiving(box, f"key {n}") for n in range(4)])
    assert {r.receipt for r in received} == {Receipt.ACCEPTED}
    assert Conversation.select().count() == User.select().count() == 1
    assert InboxEvent.select().count() == 4


def test_one_update_that_comes_on_several_threads_at_once_is_received_once(box: Inbox) -> None:
    received = at_once(*[_receiving(box, "same") for _ in range(4)])
    assert sorted(r.receipt for r in received) == [Receipt.ACCEPTED] + [Receipt.DUPLICATE] * 3
    assert InboxEvent.select().count() == Conversation.select().count() == 1


def _receiving(box: Inbox, key: str) -> Callable[[], inbox.Received]:
    return lambda: receive(box, text(key))


def test_the_very_first_update_may_come_in_several_processes_at_once(
    db: Any, database_url: str
) -> None:
    in_processes(database_url, _receive_ten, [("same", 0), ("same", 0), ("own", 1), ("own", 2)])
    assert Conversation.select().count() == User.select().count() == 1
    assert InboxEvent.select().count() == 30


def _receive_ten(prefix: str, process: int) -> None:
    box = Inbox("asking_rating", lambda wanted: "en")
    for n in range(10):
        receive(box, text(f"{prefix} {process} {n}"))


# Whatever a client may send


@pytest.mark.parametrize(
    "nasty", ["\ud83d", "a\0b", "\udc00\ud83d", "🎭", "\u2028", "'; DROP", "я" * 999]
)
def test_no_text_or_name_stops_an_update_from_being_received(box: Inbox, nasty: str) -> None:
    receive(box, text("1", value="first"))
    for n, event in enumerate(
        (Event(Kind.TEXT, nasty), Event(Kind.COMMAND, "start", nasty), Event(Kind.PRESS, nasty),
         Event(Kind.FILE, file={"name": nasty, nasty: 1}))
    ):  # fmt: skip
        received = receive(box, Update(f"{n} again", ANNA, event, Person(nasty, nasty, nasty)))
        assert received.receipt is Receipt.ACCEPTED
    other = receive(
        box, text("2", Address("test", "bot", "other"), nasty, name=nasty, language="en")
    )
    assert other.receipt is Receipt.ACCEPTED
    for row in InboxEvent.select():
        event, person = inbox.decode(row.payload)
        file = json.dumps(event.file, ensure_ascii=False)
        for part in (event.value, event.argument, person.name, person.username, file):
            assert "\0" not in part
            part.encode()
        assert len(person.name) <= 255
        assert len(person.username) <= 64


@given(every_kind, st.builds(Person, whole, whole, st.text("abc_", max_size=64)))
def test_an_event_is_read_back_as_it_was_written(event: Event, person: Person) -> None:
    assert inbox.decode(inbox.encode(event, person)) == (event, person)


def test_an_event_from_before_there_were_usernames_is_read_too() -> None:
    event, person = inbox.decode('["text","hello","",null,null,"en","Anna"]')
    assert (event, person) == (Event(Kind.TEXT, "hello"), Person("Anna", "en"))


# Signals


def test_a_signal_is_written_in_the_transaction_that_makes_it_true(box: Inbox) -> None:
    conversation = receive(box, text("1")).conversation_id
    with suppress(RuntimeError), core_db.transaction():
        box.signal(conversation, "reminded", "", "run 1")
        raise RuntimeError("the change was not made")
    assert InboxEvent.select().where(InboxEvent.kind == "signal").count() == 0
    with core_db.transaction():
        box.signal(conversation, "reminded", "7", "run 1")
    signal = InboxEvent.get(InboxEvent.kind == "signal")
    assert inbox.decode(signal.payload)[0] == Event(Kind.SIGNAL, "reminded", "7")


def test_a_signal_is_given_once_for_each_key(box: Inbox) -> None:
    conversation = receive(box, text("1")).conversation_id
    for key in ("run 1", "run 2", "run 1"):
        box.signal(conversation, "reminded", "", key)
    assert InboxEvent.select().where(InboxEvent.kind == "signal").count() == 2


def test_signals_are_not_refused_where_a_persons_queue_is_full(box: Inbox) -> None:
    conversation, *_ = [receive(box, text(str(n))).conversation_id for n in range(5)]
    box.signal(conversation, "reminded", "", "run 1")
    assert InboxEvent.select().count() == 6


# What waits


def test_the_backlog_names_conversations_the_longest_waiting_first(box: Inbox) -> None:
    boris = receive(box, text("1", Address("test", "bot", "boris"))).conversation_id
    anna = receive(box, text("2")).conversation_id
    receive(box, text("3", Address("test", "bot", "boris")))
    assert inbox.backlog(0) == [boris, anna]
    assert inbox.backlog(0, limit=1) == [boris]
    InboxEvent.update(handled_at=1.0).where(InboxEvent.conversation == boris).execute()
    assert inbox.backlog(0) == [anna]
    InboxEvent.update(failed_at=1.0).execute()
    assert inbox.backlog(0) == []


def test_a_conversation_whose_next_event_must_wait_is_not_in_the_backlog_yet(box: Inbox) -> None:
    anna = receive(box, text("1")).conversation_id
    receive(box, text("2"))
    InboxEvent.update(retry_at=100.0).where(InboxEvent.update_id == "1").execute()
    assert inbox.backlog(99) == []
    assert inbox.backlog(100) == [anna]


def test_only_what_is_quarantined_can_be_replayed(box: Inbox) -> None:
    receive(box, text("1"))
    event = InboxEvent.get()
    assert inbox.replay(event.id) is False
    InboxEvent.update(failed_at=1.0, attempts=5, error="boom", retry_at=9.0).execute()
    assert inbox.replay(event.id) is True
    event = InboxEvent.get()
    assert (event.failed_at, event.attempts, event.error, event.retry_at) == (None, 0, "", 0)


def test_old_handled_events_are_swept_and_no_others(box: Inbox) -> None:
    for key in ("old", "new", "waiting", "failed"):
        receive(box, text(key))
    for key, moment in (("old", 10.0), ("new", 20.0)):
        InboxEvent.update(handled_at=moment).where(InboxEvent.update_id == key).execute()
    InboxEvent.update(failed_at=5.0).where(InboxEvent.update_id == "failed").execute()
    assert inbox.sweep(before=20.0) == 1
    assert sorted(e.update_id for e in InboxEvent.select()) == ["failed", "new", "waiting"]


def test_an_address_is_found_once_it_is_known(box: Inbox) -> None:
    assert inbox.find(ANNA) is None
    assert receive(box, text("1")).conversation_id == inbox.find(ANNA)


def test_receiving_does_not_wait_for_a_turn_of_the_same_conversation(
    postgresql_db: Any, postgresql_url: str
) -> None:
    box = Inbox("asking_rating", lambda wanted: "en")
    conversation = receive(box, text("1")).conversation_id
    other: Any = peewee.PostgresqlDatabase(postgresql_url, prefer_psycopg3=True)
    with core_db.transaction():
        statements.lock(conversation)
        with other.connection_context():
            other.execute_sql("SET lock_timeout = '500ms'")
            other.execute_sql(
                "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload,"
                " received_at, attempts, retry_at, error)"
                " VALUES (%s, 'test', 'bot', '2', 'text', '', 0, 0, 0, '')",
                (conversation,),
            )
    assert InboxEvent.select().count() == 2


def test_several_updates_are_committed_together_or_not_at_all(
    box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = [text(str(n)) for n in range(3)]
    insert, tries = box._insert, []

    def failing(update: Update) -> int | None:
        tries.append(update.key)
        if len(tries) == 4:  # the first one is tried twice: it makes the person known
            raise peewee.OperationalError("the disk is full")
        return insert(update)

    monkeypatch.setattr(box, "_insert", failing)
    with pytest.raises(peewee.OperationalError):
        box.receive(*album)
    assert InboxEvent.select().count() == Conversation.select().count() == 0
    boris = text("b", Address("test", "bot", "boris"))
    receipts = [received.receipt for received in box.receive(*album, boris, album[0])]
    assert receipts == [Receipt.ACCEPTED] * 4 + [Receipt.DUPLICATE]
