"""What two chats do at the same moment links them once, or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from core.avatars.linking.codes import Link
from core.avatars.linking.working import Linking
from core.avatars.models import Avatar
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.models import Conversation, User
from core.conversation.tokens import sign
from tests.conversation.racing import at_once
from tests.linking.people import astray
from tests.scenarios.on_steps import SteppedHouse
from tests.sizes import SIZE

ROUNDS = 3 if SIZE == "small" else 12
_KEYS = itertools.count(1)


class Chat:
    """A chat whose events are received and applied by whichever thread."""

    def __init__(self, house: SteppedHouse) -> None:
        self._engine = house.app.engine
        self._address = Address("steps", "steps", f"racer {next(_KEYS)}")
        self.id = 0
        self.do(Event(Kind.COMMAND, "start"))

    def do(self, event: Event) -> None:
        update = Update(f"race {next(_KEYS)}", self._address, event, Person("Anna", "en"))
        self.id = self._engine.receive(update)[0].conversation_id
        self.drain()

    def drain(self) -> None:
        self._engine.drain(self.id)

    def say(self, name: str, argument: str = "") -> None:
        self.do(Event(Kind.COMMAND, name, argument))

    def pressing(self, trigger: str) -> Callable[[], None]:
        """A press of a button that is in sight now, to be made later."""
        look = self._engine.look(self.id)
        button = next(b for b in look.screen.each_button() if b.trigger == trigger)
        token = sign(look.token_key, look.position.visit, button)
        return lambda: self.do(Event(Kind.PRESS, token))

    @property
    def code(self) -> str:
        self.say("link")
        text = self._engine.look(self.id).screen.text
        return text.partition("/link ")[2].split()[0]

    @property
    def state(self) -> str:
        self.drain()
        return self.row.state

    @property
    def row(self) -> Conversation:
        found: Conversation = Conversation.get_by_id(self.id)
        return found


@pytest.fixture
def linking(house: SteppedHouse) -> Linking:
    return Linking(house.app.inbox, house.clock)


def act(house: SteppedHouse, linking: Linking) -> None:
    """As the worker does, later."""
    house.clock.forward(6)
    for link_id in linking.due(house.clock()):
        linking.act(link_id)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_both_confirm_at_once(house: SteppedHouse, linking: Linking, _round: int) -> None:
    anna, anya = Chat(house), Chat(house)
    anya.say("link", anna.code)
    anna.drain()
    at_once(anna.pressing("agree_link"), anya.pressing("agree_link"))
    [link_id] = linking.due(house.clock())
    at_once(*[lambda: linking.act(link_id)] * 2)
    act(house, linking)
    assert anna.row.user_id == anya.row.user_id
    assert {anna.state, anya.state} == {"main_menu"}
    assert Link.get().outcome == "linked"


def test_no_comes_too_late_once_both_have_agreed(house: SteppedHouse, linking: Linking) -> None:
    anna, anya = Chat(house), Chat(house)
    anya.say("link", anna.code)
    anna.drain()
    no = anna.pressing("decline_link")
    anya.pressing("agree_link")()
    Link.update(agreed_at=1.0, next_check_at=1.0).execute()
    no()
    assert anna.state == "confirming_link"
    act(house, linking)
    assert anna.row.user_id == anya.row.user_id


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_code_typed_twice_at_once_is_taken_once(house: SteppedHouse, _round: int) -> None:
    anna, others = Chat(house), [Chat(house) for _ in range(3)]
    code = anna.code
    at_once(*(lambda other=other: other.say("link", code) for other in others))
    assert sorted(other.state for other in others) == ["confirming_link", "main_menu", "main_menu"]
    assert anna.state == "confirming_link"


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_an_erasure_meanwhile_takes_nothing_of_the_other(
    house: SteppedHouse, linking: Linking, _round: int
) -> None:
    anna, anya = Chat(house), Chat(house)
    Avatar.create(user=anna.row.user_id, name="First")
    code = anna.code
    anya.say("link", code)
    for chat in (anna, anya):
        chat.drain()
        chat.pressing("agree_link")()
    anya.say("privacy")
    anya.pressing("erase")()
    [link_id] = linking.due(house.clock())
    at_once(anya.pressing("yes"), lambda: linking.act(link_id))
    act(house, linking)
    for chat in (anna, anya):
        chat.drain()
    assert Avatar.select().where(Avatar.user == anna.row.user_id).count() == 1
    joined = anna.row.user_id == anya.row.user_id
    erasing = User.select().where(User.erasing_at.is_null(False)).count()
    assert erasing == (0 if joined else 1)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_codes_that_cross_make_one_person(
    house: SteppedHouse, linking: Linking, _round: int
) -> None:
    chats = [Chat(house) for _ in range(3)]
    for number, chat in enumerate(chats):
        Avatar.create(user=chat.row.user_id, name=f"avatar {number}")
    codes = [chat.code for chat in chats]
    for chat, code in zip(chats, (codes[1], codes[2], codes[0]), strict=True):
        chat.say("link", code)
    Link.update(agreed_at=1.0, other_agreed_at=1.0, next_check_at=1.0).where(
        Link.other.is_null(False)
    ).execute()
    due = linking.due(house.clock())
    at_once(*(lambda link_id=link_id: linking.act(link_id) for link_id in due))
    for _ in range(3):
        act(house, linking)
    kept = {chat.row.user_id for chat in chats}
    assert len(kept) == len(chats) - len(due)
    assert Avatar.select().where(Avatar.user.in_(kept)).count() == len(chats)
    assert astray() == []


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_turns_of_both_chats_pass_while_they_are_linked_and_parted(
    house: SteppedHouse, linking: Linking, _round: int
) -> None:
    anna, anya = Chat(house), Chat(house)
    anya.say("link", anna.code)
    anna.drain()
    for chat in (anna, anya):
        chat.pressing("agree_link")()
    busy = [lambda chat=chat: [chat.say(name) for name in ("menu", "help", "privacy")]
            for chat in (anna, anya)]  # fmt: skip
    at_once(*busy, lambda: act(house, linking))
    act(house, linking)
    assert anna.row.user_id == anya.row.user_id
    anna.say("unlink")
    anna.pressing("part")()
    at_once(*busy, lambda: act(house, linking))
    act(house, linking)
    for chat in (anna, anya):
        chat.drain()
    assert anna.row.user_id != anya.row.user_id
