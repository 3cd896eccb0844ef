"""Screens are shown by level: delayed by whatever goes wrong, and never lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import peewee
import pytest

from core.base.errors import Blocked, Gone, Refused, RetryAfter, Uncertain, Unreachable
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Place
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending import limits, outbox, shares
from core.conversation.delivery.sending.courier import TICKS_AT_ONCE, Courier
from core.conversation.engine import Engine
from core.conversation.messages import Address
from core.conversation.models import Conversation, PendingNotice
from tests.conversation.chat import BUTTONS, Chat, Clock
from tests.feedback import feedback_engine
from tests.patience import LONG

ADDRESS = ("test", "bot")


class Killed(BaseException):
    """The process ends here."""


class Chats:
    """A channel that keeps what each chat shows, in order, and fails when it is told to."""

    def __init__(self) -> None:
        self.chats: dict[str, list[str]] = {}
        self.calls: list[tuple[str, str, str]] = []
        self.before: list[BaseException] = []
        self.after: list[BaseException] = []
        self.gone = False
        self.lost: list[Mapping[str, Any] | None] = []

    def mark(
        self, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool
    ) -> Mapping[str, Any] | None:
        return {"after": len(self.calls)} if post else None

    async def show(
        self, place: Place, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool,
        lost: Mapping[str, Any] | None,
    ) -> Mapping[str, Any]:  # fmt: skip
        self.lost.append(lost)
        chat = place.chat
        if not post and self.gone:
            raise Gone
        messages = self._called("post" if post else "edit", chat, rendered)
        if post:
            messages.append(rendered.text)
            number = len(messages) - 1
        else:
            assert previous is not None
            number = previous["message"]
            messages[number] = rendered.text
        self._fail(self.after)
        return {"message": number}

    async def notify(self, place: Place, rendered: Rendered) -> Mapping[str, Any]:
        messages = self._called("notice", place.chat, rendered)
        messages.append(rendered.text)
        self._fail(self.after)
        return {"message": len(messages) - 1}

    async def strip(self, chat: str, message: int) -> None:
        raise NotImplementedError

    def _called(self, what: str, chat: str, rendered: Rendered) -> list[str]:
        self._fail(self.before)
        self.calls.append((what, chat, rendered.title))
        return self.chats.setdefault(chat, [])

    def _fail(self, errors: list[BaseException]) -> None:
        if errors:
            raise errors.pop(0)

    @property
    def kinds(self) -> list[str]:
        return [call[0] for call in self.calls]


class Post:
    """Engine, channel and courier, and a way to deliver all that is due now."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.engine: Engine = feedback_engine(clock=self.clock)
        self.channel = Chats()
        self.bridge = Bridge(2)
        self.rate = 25.0
        self.anna = self.chat("anna")
        self.anna.command("start")

    def chat(self, name: str) -> Chat:
        return Chat(self.engine, name)

    def deliver(self) -> None:
        """A new courier delivers until there is nothing that is due."""
        asyncio.run(self._deliver())

    async def _deliver(self) -> None:
        courier = self.courier()
        await self.bridge.call(shares.abandon, *ADDRESS)
        while True:
            await courier._round()
            if not courier._sending.tasks:
                return
            done, _ = await asyncio.wait(courier._sending.tasks)
            for task in done:
                task.result()

    def courier(self) -> Courier:
        return Courier(
            self.engine, self.bridge, self.channel, BUTTONS, ADDRESS, self.rate, self.clock
        )


@pytest.fixture
def post(db: Any) -> Iterator[Post]:
    made = Post()
    yield made
    made.bridge.close()


def test_a_changed_screen_is_shown_and_noted(post: Post) -> None:
    post.deliver()
    row = post.anna.row
    assert post.channel.calls == [("post", "anna", "How was it?")]
    assert row.shown_revision == row.revision
    assert (row.shown, row.shown_at) == ('{"message": 0}', post.clock.now)
    assert row.shown_buttons.count("rate") == 5


def test_what_was_shown_is_not_shown_again(post: Post) -> None:
    post.deliver()
    post.deliver()
    assert len(post.channel.calls) == 1


def test_many_changes_are_one_showing(post: Post) -> None:
    for label in ("5", "◀️ Back", "4"):
        post.anna.press(label)
    post.deliver()
    assert post.channel.calls == [("post", "anna", "Why 4 of 5? Write a few words.")]


def test_a_press_edits_the_message_and_a_text_is_answered_below_it(post: Post) -> None:
    post.deliver()
    post.anna.press("5")
    post.deliver()
    post.anna.say("Lovely")
    post.deliver()
    assert post.channel.kinds == ["post", "edit", "post"]
    assert post.channel.chats["anna"][-1].startswith("You gave 5 of 5: “Lovely”.")


def test_what_happens_while_it_is_being_shown_is_shown_next(post: Post) -> None:
    ready = outbox.parcel(post.engine, post.anna.id, BUTTONS)
    post.anna.press("5")
    outbox.shown(post.anna.id, ready.revision, (), {"message": 0}, post.clock.now)
    assert post.anna.row.revision > post.anna.row.shown_revision
    post.channel.chats["anna"] = [""]
    post.deliver()
    assert post.channel.chats["anna"] == ["Why 5 of 5? Write a few words."]


def test_an_older_showing_that_is_noted_late_does_not_undo_a_newer_one(post: Post) -> None:
    outbox.shown(post.anna.id, 7, (), {"message": 7}, post.clock.now)
    outbox.shown(post.anna.id, 6, (), {"message": 6}, post.clock.now)
    assert (post.anna.row.shown_revision, post.anna.row.shown) == (7, '{"message": 7}')


def test_a_screen_is_not_shown_before_it_is_due(post: Post) -> None:
    post.deliver()
    for number in range(3):
        post.anna.photo(f"photo {number}")
        post.deliver()
        post.clock.forward(0.3)
    assert post.channel.kinds == ["post", "post"], "the second and third photo settle"
    post.clock.forward(0.4)
    post.deliver()
    post.clock.forward(0.4)
    post.deliver()
    assert post.channel.kinds == ["post", "post", "edit"]


def test_a_series_of_photos_is_one_message_that_names_all_of_them_in_the_end(post: Post) -> None:
    post.deliver()
    for number in range(10):
        post.anna.photo(f"photo {number}")
        for _ in range(9):
            post.clock.forward(1)
            post.deliver()
    assert len(post.channel.chats["anna"]) == 2
    assert post.channel.chats["anna"][-1] == "How was it?\n\nPhotos: 10"


def test_photos_sent_after_the_answer_was_read_are_answered_below_them(post: Post) -> None:
    post.deliver()
    for _ in range(2):
        post.anna.photo()
        post.deliver()
        post.clock.forward(12)
        post.deliver()
    assert post.channel.chats["anna"][-2:] == [
        "How was it?\n\nPhotos: 1",
        "How was it?\n\nPhotos: 2",
    ]


def test_an_alert_posts_and_a_tick_edits(post: Post) -> None:
    post.anna.press("5")
    post.deliver()
    post.anna.signal("reminded")
    post.deliver()
    assert post.channel.kinds == ["post", "post"]
    post.anna.say("Lovely")
    post.anna.press("📨 Send")
    post.deliver()
    post.clock.forward(3)
    post.anna.signal("read")
    post.deliver()
    assert post.channel.kinds[-1] == "edit"


def test_ticks_keep_their_distance_and_the_last_one_is_shown(post: Post) -> None:
    post.anna.fill_in()
    post.anna.press("📨 Send")
    post.deliver()
    for _ in range(10):
        post.anna.signal("read")
        post.deliver()
        post.clock.forward(0.5)
    post.clock.forward(3)
    post.deliver()
    assert len(post.channel.calls) <= 4
    assert post.channel.chats["anna"][-1].endswith("100 %")


# What goes wrong


@pytest.mark.parametrize("error", [Unreachable(), Uncertain(), RuntimeError("a bug"), Gone()])
def test_a_failure_delays_a_screen_and_does_not_lose_it(post: Post, error: Exception) -> None:
    post.channel.before = [error, Gone()] if isinstance(error, Gone) else [error]
    post.deliver()
    assert post.channel.calls == []
    post.clock.forward(1)
    post.deliver()
    assert post.channel.chats == {"anna": ["How was it?"]}
    assert post.anna.row.failures == 0


def test_failures_in_a_row_wait_longer_and_at_most_a_minute(post: Post) -> None:
    waits = []
    for _ in range(9):
        post.channel.before = [Unreachable()]
        post.deliver()
        waits.append(post.anna.row.not_before - post.clock.now)
        post.clock.now = post.anna.row.not_before
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_an_edit_that_fails_again_and_again_gives_way_to_a_new_message(post: Post) -> None:
    post.deliver()
    post.anna.press("5")
    for _ in range(outbox.STUBBORN):
        post.clock.now = max(post.clock.now + 1, post.anna.row.not_before)
        post.channel.before = [Unreachable()]
        post.deliver()
    assert post.channel.kinds == ["post"]
    post.clock.now = post.anna.row.not_before
    post.deliver()
    assert post.channel.kinds == ["post", "post"]
    assert post.anna.row.failures == 0


def test_one_chat_that_must_wait_makes_no_other_wait(post: Post) -> None:
    post.channel.before = [RetryAfter(30)]
    post.deliver()
    boris = post.chat("boris")
    boris.command("start")
    post.deliver()
    assert post.channel.chats == {"boris": ["How was it?"]}
    post.clock.forward(29)
    post.deliver()
    assert "anna" not in post.channel.chats
    post.clock.forward(1)
    post.deliver()
    assert post.channel.chats["anna"] == ["How was it?"]


def test_who_has_blocked_the_bot_is_left_alone_until_their_next_update(post: Post) -> None:
    post.channel.before = [Blocked()]
    post.deliver()
    post.clock.forward(1000)
    post.anna.signal("answered", "42")
    post.deliver()
    assert post.channel.calls == []
    post.anna.command("start")
    post.deliver()
    assert sorted(post.channel.kinds) == ["notice", "post"]


def test_a_message_that_is_gone_is_replaced_by_a_new_one(post: Post) -> None:
    post.deliver()
    post.anna.press("5")
    post.channel.gone = True
    post.deliver()
    assert post.channel.kinds == ["post", "post"]
    assert post.anna.row.shown == '{"message": 1}'


def test_a_crash_between_showing_and_noting_shows_it_again(post: Post) -> None:
    post.channel.after = [Killed()]
    with suppress(Killed):
        post.deliver()
    assert post.anna.row.shown_revision < post.anna.row.revision
    post.deliver()
    assert post.channel.kinds == ["post", "post"]
    assert post.anna.row.shown_revision == post.anna.row.revision


def test_a_screen_that_can_not_be_drawn_waits_and_holds_up_no_other(post: Post) -> None:
    boris = post.chat("boris")
    boris.command("start")
    memory = post.anna.row.memory
    Conversation.update(memory='{"said": 5}').where(Conversation.id == post.anna.id).execute()
    post.deliver()
    assert list(post.channel.chats) == ["boris"]
    Conversation.update(memory=memory).where(Conversation.id == post.anna.id).execute()
    post.clock.forward(60)
    post.deliver()
    assert post.channel.chats["anna"] == ["How was it?"]


def test_another_bots_conversations_are_not_ours(post: Post) -> None:
    other = post.chat("carol")
    other.address = type(other.address)("test", "other", "carol")
    other.command("start")
    post.deliver()
    assert list(post.channel.chats) == ["anna"]


# Who goes first


def test_replies_go_before_alerts_and_alerts_before_ticks(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["tick", "alert", "reply"]
    chats = {name: post.chat(name) for name in names}
    for chat in chats.values():
        chat.fill_in()
    chats["tick"].press("📨 Send")
    chats["alert"].press("◀️ Back")
    post.deliver()
    post.channel.calls.clear()
    post.clock.forward(10)
    chats["tick"].signal("read")
    chats["alert"].signal("reminded")
    post.clock.forward(5)
    chats["reply"].press("◀️ Back")
    monkeypatch.setattr("core.conversation.delivery.sending.courier.AT_ONCE", 1)
    for _ in names:
        post.deliver()
    assert [call[1] for call in post.channel.calls] == ["reply", "alert", "tick"]


class Slow(Chats):
    """A channel on which progress takes as long as the test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.held = asyncio.Event()

    async def show(
        self, place: Place, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool,
        lost: Mapping[str, Any] | None,
    ) -> Mapping[str, Any]:  # fmt: skip
        if place.chat.startswith("watching"):
            self.calls.append(("begun", place.chat, ""))
            await self.held.wait()
        return await super().show(place, rendered, previous, post, lost)


def test_however_slow_progress_is_a_reply_passes_it(post: Post) -> None:
    watching = [post.chat(f"watching {number}") for number in range(TICKS_AT_ONCE + 2)]
    for chat in watching:
        chat.fill_in()
        chat.press("📨 Send")
    post.deliver()
    post.clock.forward(10)
    for chat in watching:
        chat.signal("read")
    slow = post.channel = Slow()

    async def deliver() -> None:
        courier = post.courier()
        await courier._round()
        await asyncio.sleep(0.1)
        assert [call[0] for call in slow.calls] == ["begun"] * TICKS_AT_ONCE
        post.anna.press("5")
        under_way = set(courier._sending.tasks)
        await courier._round()
        await asyncio.wait(courier._sending.tasks - under_way)
        assert slow.calls[-1][:2] == ("edit", "anna")
        slow.held.set()
        await asyncio.wait(under_way)

    asyncio.run(deliver())


def test_progress_of_many_does_not_hold_up_a_notice(post: Post) -> None:
    post.deliver()
    for number in range(3):
        busy = post.chat(f"busy {number}")
        busy.fill_in()
        busy.press("📨 Send")
        post.deliver()
        post.clock.forward(10)
        busy.signal("read")
    post.channel.calls.clear()
    post.anna.signal("answered", "42")
    post.rate = 0.001
    limits.spend("test:bot", 1, post.rate)
    post.deliver()
    assert post.channel.kinds == ["notice"]


def test_replies_wait_for_no_budget(post: Post) -> None:
    post.rate = 0.001
    for number in range(10):
        post.chat(f"person {number}").command("start")
    post.deliver()
    assert len(post.channel.calls) == 11


def test_ticks_share_what_replies_have_left_of_the_rate(db: Any) -> None:
    assert limits.spend("test:bot", 3, 5.0) == 3
    assert limits.spend("test:bot", 3, 5.0) == 2
    assert limits.spend("test:bot", 3, 5.0) == 0
    assert limits.spend("test:other", 9, 5.0, used=4) == 1
    assert limits.spend("test:other", 9, 5.0, used=100) == 0


def test_what_is_too_much_for_one_chat_is_not_for_the_others(post: Post) -> None:
    for number in range(4):
        post.chat(f"person {number}").command("start")
    post.channel.before = [RetryAfter(30)] * 4
    post.deliver()
    assert len(post.channel.calls) == 1
    post.chat("boris").command("start")
    post.deliver()
    assert post.channel.calls[-1][1] == "boris"
    post.clock.forward(29)
    post.deliver()
    assert len(post.channel.calls) == 2
    post.clock.forward(1)
    post.deliver()
    assert len(post.channel.calls) == 6


def test_a_chat_that_was_limited_while_it_was_looked_what_is_due_is_left_alone(post: Post) -> None:
    asked, go_on = threading.Event(), threading.Event()
    held = post.channel = Held()

    async def play() -> None:
        courier = post.courier()
        await courier._round()
        await held.reached.wait()
        read = courier._due

        def slowly(limit: int) -> Any:
            found = read(limit)
            asked.set()
            go_on.wait(LONG)
            return found

        courier._due = slowly  # type: ignore[method-assign]
        looking = asyncio.create_task(courier._round())
        await asyncio.to_thread(asked.wait, LONG)
        held.go_on.set()
        await asyncio.wait(courier._sending.tasks)
        go_on.set()
        await looking
        assert not courier._sending.tasks

    asyncio.run(play())
    assert held.tried == 1


class Held(Chats):
    """A channel that takes a while to say that it is too much."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self.tried = 0

    async def show(self, *_args: Any) -> Mapping[str, Any]:
        self.tried += 1
        self.reached.set()
        await self.go_on.wait()
        raise RetryAfter(30)


def test_limits_of_chats_that_come_one_by_one_are_theirs(post: Post) -> None:
    for number in range(6):
        chat = post.chat(f"person {number}")
        chat.command("start")
        post.channel.before = [RetryAfter(60)] * 2
        post.deliver()
        post.clock.forward(3)
    assert limits.silent_until("test:bot") == 0.0


def test_what_is_too_much_for_all_silences_every_sender(post: Post) -> None:
    for number in range(5):
        post.chat(f"person {number}").command("start")
    post.channel.before = [RetryAfter(30)] * 6
    post.deliver()
    assert post.channel.calls == []
    post.chat("boris").command("start")
    post.deliver()
    assert post.channel.calls == []
    post.clock.forward(30)
    post.deliver()
    assert len(post.channel.calls) == 7


# Notices


def test_a_notice_is_posted_once_with_a_link_that_works(post: Post) -> None:
    post.deliver()
    post.anna.signal("answered", "42")
    post.deliver()
    post.deliver()
    assert post.channel.chats["anna"] == ["How was it?", "An answer: 42"]
    notice = PendingNotice.get()
    assert (notice.outcome, notice.sent_at) == ("sent", post.clock.now)


def test_a_screen_that_changes_after_a_notice_is_posted_below_it(post: Post) -> None:
    post.deliver()
    post.anna.signal("answered", "42")
    post.deliver()
    post.anna.press("5")
    post.deliver()
    assert post.channel.kinds == ["post", "notice", "post"]
    post.anna.press("◀️ Back")
    post.deliver()
    assert post.channel.kinds[-1] == "edit"


def test_a_screen_waits_for_the_notice_that_came_with_it_and_stands_below_it(post: Post) -> None:
    post.deliver()
    post.anna.signal("answered", "42")
    post.anna.press("5")
    post.deliver()
    assert post.channel.kinds == ["post", "notice", "post"]
    assert [text[:8] for text in post.channel.chats["anna"]] == ["How was ", "An answe", "Why 5 of"]


def test_a_screen_waits_for_no_notice_that_was_refused(post: Post) -> None:
    assert notice(post, Refused()).outcome == "pending"
    post.anna.press("5")
    post.clock.forward(5)
    post.deliver()
    assert post.channel.kinds == ["post", "edit", "notice"]


def test_notices_of_one_chat_come_in_order(post: Post) -> None:
    post.deliver()
    for number in range(3):
        post.anna.signal("answered", str(number))
    for _ in range(3):
        post.deliver()
    assert post.channel.chats["anna"][1:] == [f"An answer: {number}" for number in range(3)]


def notice(post: Post, *errors: BaseException, after: bool = False) -> Any:
    """Send one that fails so; how it ended."""
    post.deliver()
    post.anna.signal("answered", "42")
    if after:
        post.channel.after = list(errors)
    else:
        post.channel.before = list(errors)
    with suppress(Killed):
        post.deliver()
    return PendingNotice.get()


def test_a_notice_that_may_have_arrived_is_not_repeated(post: Post) -> None:
    assert notice(post, Uncertain()).outcome == "uncertain"
    post.clock.forward(100)
    post.deliver()
    assert "notice" not in post.channel.kinds


@pytest.mark.parametrize(("error", "seconds"), [(RetryAfter(30), 30), (Unreachable(), 1)])
def test_a_notice_that_has_not_arrived_is_tried_again(
    post: Post, error: Exception, seconds: float
) -> None:
    assert notice(post, error).outcome == "pending"
    post.clock.forward(seconds - 0.5)
    post.deliver()
    assert "notice" not in post.channel.kinds
    post.clock.forward(0.5)
    post.deliver()
    assert PendingNotice.get().outcome == "sent"


def test_a_notice_to_somebody_who_has_blocked_the_bot_is_given_up(post: Post) -> None:
    assert notice(post, Blocked()).outcome == "blocked"
    assert bool(post.anna.row.unreachable) is True


def test_a_notice_that_met_a_block_comes_once_its_person_is_back(post: Post) -> None:
    assert notice(post, Blocked()).outcome == "blocked"
    post.anna.command("start")
    post.deliver()
    assert PendingNotice.get().outcome == "sent"


@pytest.mark.parametrize("there", [True, False])
def test_a_channel_may_say_by_itself_whether_a_chat_can_be_written_to(
    post: Post, there: bool
) -> None:
    assert notice(post, Blocked()).outcome == "blocked"
    address = Address(*ADDRESS, "anna")
    assert outbox.reachable(address, there, post.clock.now) == post.anna.id
    post.deliver()
    assert PendingNotice.get().outcome == ("sent" if there else "blocked")
    assert bool(post.anna.row.unreachable) is not there
    assert outbox.reachable(Address(*ADDRESS, "stranger"), there, 0) is None


def test_a_block_that_was_met_before_the_person_came_back_is_not_believed(post: Post) -> None:
    began = post.clock.now
    post.clock.forward(1)
    outbox.reachable(Address(*ADDRESS, "anna"), True, post.clock.now)
    outbox.unreachable(post.anna.id, began)
    assert not post.anna.row.unreachable
    outbox.unreachable(post.anna.id, post.clock.now)
    assert post.anna.row.unreachable


def test_a_notice_that_is_taken_in_no_form_is_tried_again_and_given_up_at_last(
    post: Post,
) -> None:
    assert notice(post, Refused()).outcome == "pending"
    for _ in range(outbox.MOST_REFUSALS - 1):
        post.clock.forward(100)
        post.channel.before = [Refused()]
        post.deliver()
    assert PendingNotice.get().outcome == "failed"
    post.clock.forward(100)
    post.anna.press("5")
    post.deliver()
    assert post.channel.calls[-1][2].startswith("Why 5 of 5?")


# A message that nothing records


def test_that_a_message_is_posted_is_written_down_before_and_forgotten_after(post: Post) -> None:
    post.channel.after = [Killed()]
    with suppress(Killed):
        post.deliver()
    assert post.anna.row.posting == '{"after": 0}'
    post.anna.press("5")
    post.deliver()
    assert post.channel.kinds == ["post", "post"], "where a message may be, none is edited"
    assert post.channel.lost == [None, {"after": 0, "notices": []}]
    assert post.anna.row.posting is None


@pytest.mark.parametrize(
    ("error", "kept"),
    [(Unreachable(), False), (RetryAfter(3), False), (Refused(), False), (Uncertain(), True)],
)
def test_what_certainly_did_not_arrive_is_no_lost_message(
    post: Post, error: Exception, kept: bool
) -> None:
    post.channel.before = [error]
    post.deliver()
    assert bool(post.anna.row.posting) is kept


def test_notices_are_known_by_their_messages_and_an_edit_is_no_post(post: Post) -> None:
    assert notice(post).message == ""
    post.anna.press("5")
    post.channel.after = [Killed()]
    with suppress(Killed):
        post.deliver()
    assert post.channel.kinds[-1] == "post"
    PendingNotice.update(message="12 13").execute()
    assert outbox.parcel(post.engine, post.anna.id, BUTTONS).lost == {
        "after": 2, "notices": ["12", "13"],
    }  # fmt: skip


def test_a_notice_that_the_channel_refuses_is_given_up(post: Post) -> None:
    assert notice(post, RuntimeError("a bug")).outcome == "failed"


def test_a_notice_that_can_not_be_drawn_is_given_up_and_holds_nothing_up(post: Post) -> None:
    post.deliver()
    PendingNotice.create(conversation=post.anna.id, key="k", name="of old", created_at=0)
    post.deliver()
    assert PendingNotice.get().outcome == "failed"
    post.anna.press("5")
    post.clock.forward(1)
    post.deliver()
    assert post.channel.kinds == ["post", "edit"]


def test_a_notice_whose_sender_died_is_recorded_as_uncertain(post: Post) -> None:
    assert notice(post, Killed(), after=True).outcome == "sending"
    post.deliver()
    assert PendingNotice.get().outcome == "uncertain"
    assert post.channel.kinds == ["post", "notice"]


def test_a_pulled_channel_takes_its_notices_once(post: Post) -> None:
    post.anna.signal("answered", "42")
    taken = outbox.take_notices(post.engine, post.anna.id, BUTTONS)
    assert [rendered.title for rendered in taken] == ["An answer: 42"]
    assert outbox.take_notices(post.engine, post.anna.id, BUTTONS) == []


def test_a_notice_is_drawn_in_the_persons_language(post: Post) -> None:
    post.anna.person = type(post.anna.person)("anna", "ru")
    post.anna.command("start")
    post.anna.signal("answered", "42")
    post.deliver()
    assert ("notice", "anna", "Ответ: 42") in post.channel.calls + _again(post)


def _again(post: Post) -> list[tuple[str, str, str]]:
    post.deliver()
    return post.channel.calls


# The loop itself


def run_until(post: Post, done: Callable[[], bool], *meanwhile: Callable[[], None]) -> None:
    """Let a courier run by itself until something has come true."""

    async def go() -> None:
        courier = post.courier()
        running = asyncio.create_task(courier.run())
        async with asyncio.timeout(20):
            for act in meanwhile:
                await _until(lambda: bool(post.channel.calls))
                await post.bridge.call(act)
                courier.wake()
            await _until(done)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(go())


async def _until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110  # what is waited for is a plain fact
        await asyncio.sleep(0.01)


def test_a_courier_shows_what_is_due_and_what_becomes_due(post: Post) -> None:
    run_until(post, lambda: len(post.channel.calls) == 2, lambda: post.anna.say("hello"))
    assert post.channel.chats["anna"][-1] == "How was it?\n\nPlease choose."


def test_what_is_being_sent_when_a_courier_is_stopped_is_finished(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = asyncio.Event()
    show = post.channel.show

    async def slowly(*args: Any, **kwargs: Any) -> Mapping[str, Any]:
        sent.set()
        await asyncio.sleep(0.2)
        return await show(*args, **kwargs)

    monkeypatch.setattr(post.channel, "show", slowly)
    run_until(post, sent.is_set)
    assert post.anna.row.shown_revision == post.anna.row.revision


def test_a_courier_outlives_a_database_in_trouble(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [peewee.OperationalError("locked"), peewee.OperationalError("locked")]
    due = Courier._due

    def unlucky(courier: Courier, limit: int) -> Any:
        if failing:
            raise failing.pop()
        return due(courier, limit)

    monkeypatch.setattr(Courier, "_due", unlucky)
    monkeypatch.setattr("core.conversation.delivery.sending.courier.asyncio.sleep", _no_sleep)
    run_until(post, lambda: len(post.channel.calls) == 1)


_sleep = asyncio.sleep


async def _no_sleep(seconds: float) -> None:
    await _sleep(min(seconds, 0.01))
