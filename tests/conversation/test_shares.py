"""Any number of senders for a bot: who sends to whom, and what a paused one may still do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from core.base.db import run, transaction
from core.base.errors import TakenOver
from core.conversation.delivery.channel import Place
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending import outbox, shares
from core.conversation.delivery.sending.courier import Courier
from core.conversation.delivery.sending.shares import SECONDS, SHARES, Balance, Fence, Held
from core.conversation.models import Conversation, PendingNotice
from tests.conversation.chat import BUTTONS
from tests.conversation.racing import at_once
from tests.conversation.test_delivery import ADDRESS, Chats, Post

ONE, OTHER = "there:1:a", "elsewhere:2:b"


@pytest.fixture
def post(db: Any) -> Iterator[Post]:
    made = Post()
    yield made
    made.bridge.close()


def balanced(*holders: str) -> dict[str, Balance]:
    """Every sender renews until nobody has too many."""
    found: dict[str, Balance] = {}
    for _ in range(4):
        for holder in holders:
            surplus = found[holder].surplus if holder in found else ()
            found[holder] = shares.balance(ADDRESS, holder, surplus)
    return found


def dies(holder: str) -> None:
    """It doesn't renew, and its time is over."""
    with transaction():
        run("UPDATE leases SET until = 1 WHERE holder = ? AND until > 0", holder)


# Sharing


@pytest.mark.usefixtures("db")
def test_a_single_sender_holds_everything() -> None:
    found = shares.balance(ADDRESS, ONE)
    assert set(found.tokens) == set(found.taken) == set(range(SHARES))
    again = shares.balance(ADDRESS, ONE)
    assert (again.tokens, again.taken, again.surplus) == (found.tokens, [], [])


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_senders_hold_as_many_each_and_none_twice(count: int) -> None:
    found = balanced(*(f"host{number}:1:a" for number in range(count)))
    held = [share for one in found.values() for share in one.tokens]
    assert sorted(held) == list(range(SHARES))
    assert max(len(one.tokens) for one in found.values()) == -(-SHARES // count)


@pytest.mark.usefixtures("db")
def test_nothing_is_taken_from_a_sender_before_it_gives_it_back() -> None:
    shares.balance(ADDRESS, ONE)
    assert not shares.balance(ADDRESS, OTHER).tokens
    found = shares.balance(ADDRESS, ONE)
    assert len(found.surplus) == SHARES // 2
    assert not shares.balance(ADDRESS, OTHER).tokens
    shares.balance(ADDRESS, ONE, found.surplus[:3])
    assert sorted(shares.balance(ADDRESS, OTHER).tokens) == found.surplus[:3]


@pytest.mark.usefixtures("db")
def test_what_a_dead_sender_held_is_taken_with_a_larger_token() -> None:
    before = balanced(ONE, OTHER)[ONE].tokens
    dies(ONE)
    after = shares.balance(ADDRESS, OTHER).tokens
    assert set(after) == set(range(SHARES))
    assert all(after[share] > token for share, token in before.items())


@pytest.mark.usefixtures("db")
def test_what_a_killed_process_of_this_machine_held_is_free_at_once() -> None:
    named = "from core.base.processes import process; print(process.own_name())"
    gone = subprocess.run([sys.executable, "-c", named], capture_output=True, text=True, check=True)
    shares.balance(ADDRESS, gone.stdout.strip())
    assert len(shares.balance(ADDRESS, ONE).tokens) == SHARES


@pytest.mark.usefixtures("db")
def test_what_is_left_can_be_had_at_once() -> None:
    shares.balance(ADDRESS, ONE)
    shares.leave(ADDRESS, ONE)
    assert len(shares.balance(ADDRESS, OTHER).tokens) == SHARES


@pytest.mark.usefixtures("db")
def test_each_bot_is_shared_by_itself() -> None:
    shares.balance(ADDRESS, ONE)
    assert len(shares.balance(("test", "bot2"), OTHER).tokens) == SHARES
    assert len(shares.balance(ADDRESS, ONE).tokens) == SHARES


@pytest.mark.usefixtures("db")
def test_a_clock_that_was_set_back_takes_nothing_from_the_living() -> None:
    shares.balance(ADDRESS, ONE)
    with transaction():
        run("UPDATE leases SET until = until + 3600 WHERE holder = ? AND until > 0", ONE)
    assert not shares.balance(ADDRESS, OTHER).tokens
    dies(ONE)
    assert len(shares.balance(ADDRESS, OTHER).tokens) == SHARES


@pytest.mark.usefixtures("db")
def test_senders_that_begin_at_once_hold_everything_together() -> None:
    names = [f"host{number}:1:a" for number in range(6)]
    at_once(*(lambda name=name: shares.balance(ADDRESS, name) for name in names))
    found = balanced(*names)
    assert sorted(share for one in found.values() for share in one.tokens) == list(range(SHARES))


# Fences


def holding(post: Post, holder: str, seconds: float = SECONDS) -> Courier:
    """A courier that holds what is its own."""
    held, found = Held(ADDRESS), shares.balance(ADDRESS, holder)
    held.hold(found.tokens, found.surplus, time.monotonic() + seconds)
    return Courier(
        post.engine, post.bridge, post.channel, BUTTONS, ADDRESS, post.rate, post.clock, held
    )


async def deliver(courier: Courier) -> None:
    await courier._round()
    while courier._sending.tasks:
        await asyncio.wait(courier._sending.tasks)


class Pausing(Chats):
    """The next thing that is sent waits, as its process does; what is sent then arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self.pausing = True
        self.stripped: list[int] = []

    async def show(
        self, place: Place, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool,
        lost: Mapping[str, Any] | None,
    ) -> Mapping[str, Any]:  # fmt: skip
        if self.pausing:
            self.pausing = False
            self.reached.set()
            await self.go_on.wait()
        reference = await super().show(place, rendered, previous, post, lost)
        return {**reference, "id": reference["message"]}

    async def strip(self, chat: str, message: int) -> None:
        self.stripped.append(message)


def test_a_sender_shows_its_own_share_alone(post: Post) -> None:
    boris = post.chat("boris")
    boris.command("start")
    found = shares.balance(ADDRESS, ONE)
    held, mine = Held(ADDRESS), shares.share_of(post.anna.id)
    held.hold({mine: found.tokens[mine]}, (), time.monotonic() + SECONDS)
    assert shares.share_of(boris.id) != mine
    courier = holding(post, ONE)
    courier._held = held
    asyncio.run(deliver(courier))
    assert [call[1] for call in post.channel.calls] == ["anna"]


def test_what_is_too_much_is_finished_and_nothing_more_begun(post: Post) -> None:
    held, found = Held(ADDRESS), shares.balance(ADDRESS, ONE)
    held.hold(found.tokens, tuple(found.tokens), time.monotonic() + SECONDS)
    courier = holding(post, ONE)
    courier._held = held
    asyncio.run(deliver(courier))
    assert post.channel.calls == []
    assert held.fence(post.anna.id)


def test_a_paused_sender_that_knows_that_its_time_is_over_sends_nothing(post: Post) -> None:
    post.deliver()
    post.anna.press("5")
    asyncio.run(deliver(holding(post, ONE, seconds=-1.0)))
    assert post.channel.kinds == ["post"]
    assert post.anna.row.failures == 0


def test_a_sender_that_was_paused_before_it_posted_posts_nothing(post: Post) -> None:
    """It believes that it still holds its share; the row before the message says otherwise."""
    paused = holding(post, ONE)
    dies(ONE)
    asyncio.run(deliver(holding(post, OTHER)))
    assert post.channel.kinds == ["post"]
    post.anna.say("hm")
    asyncio.run(deliver(paused))
    assert post.channel.kinds == ["post"]


def test_a_paused_sender_records_nothing_over_its_successor_and_the_newest_is_shown(
    post: Post,
) -> None:
    post.deliver()
    channel = post.channel = Pausing()
    channel.chats = {"anna": ["How was it?"]}
    post.anna.press("5")

    async def play() -> None:
        paused = holding(post, ONE)
        await paused._round()
        await channel.reached.wait()
        dies(ONE)
        post.anna.press("◀️ Back")
        post.anna.press("4")
        successor = holding(post, OTHER)
        await deliver(successor)
        newest = post.anna.row
        assert newest.shown_revision == newest.revision
        channel.go_on.set()
        await asyncio.wait(paused._sending.tasks)
        late = post.anna.row
        assert (late.shown, late.shown_buttons) == (newest.shown, newest.shown_buttons)
        assert channel.chats["anna"] == ["Why 5 of 5? Write a few words."]
        await deliver(successor)

    asyncio.run(play())
    assert channel.chats["anna"][-1] == "Why 4 of 5? Write a few words."
    assert post.anna.row.shown_revision == post.anna.row.revision


def test_a_message_that_a_paused_sender_posts_too_late_loses_its_buttons(post: Post) -> None:
    channel = post.channel = Pausing()

    async def play() -> None:
        paused = holding(post, ONE)
        await paused._round()
        await channel.reached.wait()
        dies(ONE)
        successor = holding(post, OTHER)
        await deliver(successor)
        channel.go_on.set()
        await asyncio.wait(paused._sending.tasks)
        await deliver(successor)

    asyncio.run(play())
    assert channel.stripped == [1]
    assert channel.kinds == ["post"] * 3
    assert '"message": 2' in post.anna.row.shown


def test_a_message_that_came_too_late_above_the_newest_one_is_in_nobodys_way(post: Post) -> None:
    outbox.shown(post.anna.id, post.anna.row.revision, (), {"id": 7}, post.clock.now)
    shares.doubt(post.anna.id, 6)
    assert post.anna.row.shown_revision == post.anna.row.revision
    shares.doubt(post.anna.id, 8)
    assert post.anna.row.shown_revision < post.anna.row.revision


def test_a_notice_is_begun_by_one_sender_alone(post: Post) -> None:
    post.deliver()
    post.anna.signal("answered", "42")
    paused = holding(post, ONE)
    dies(ONE)
    asyncio.run(deliver(holding(post, OTHER)))
    asyncio.run(paused._guard(post.anna.id, paused._notify(PendingNotice.get().id, post.anna.id)))
    assert post.channel.kinds == ["post", "notice"]
    assert PendingNotice.get().outcome == "sent"


def test_a_notice_that_a_dead_sender_had_begun_is_not_repeated_and_a_living_ones_is(
    post: Post,
) -> None:
    post.deliver()
    post.anna.signal("answered", "42")
    fence = holding(post, ONE)._held.fence(post.anna.id)
    outbox.begin_notice(post.engine, PendingNotice.get().id, BUTTONS, post.clock.now, fence)
    shares.balance(ADDRESS, OTHER)
    surplus = set(shares.balance(ADDRESS, ONE).surplus) - {shares.share_of(post.anna.id)}
    shares.balance(ADDRESS, ONE, surplus)
    assert shares.balance(ADDRESS, OTHER).tokens
    assert PendingNotice.get().outcome == "sending"
    dies(ONE)
    dies(OTHER)
    shares.balance(ADDRESS, "third:3:c")
    assert PendingNotice.get().outcome == "uncertain"


def test_a_token_is_checked_in_the_transaction_that_records(post: Post) -> None:
    found = shares.balance(ADDRESS, ONE)
    share = shares.share_of(post.anna.id)
    old = Fence(f"test:bot/{share}", found.tokens[share])
    outbox.posting(post.anna.id, {"after": 1}, old)
    dies(ONE)
    shares.balance(ADDRESS, OTHER)
    before = Conversation.get_by_id(post.anna.id).posting
    with pytest.raises(TakenOver):
        outbox.posting(post.anna.id, None, old)
    with pytest.raises(TakenOver):
        outbox.shown(post.anna.id, 9, (), {"message": 9}, 1.0, old)
    row = Conversation.get_by_id(post.anna.id)
    assert (row.posting, row.shown) == (before, None)
