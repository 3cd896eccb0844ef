"""Whoever is killed over an order of pictures, it ends as if nobody had been."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.avatars.disposal import GRACE_SECONDS, DoomedObject, delete_doomed
from core.avatars.models.pictures import Picture
from core.avatars.orders.order import CLAIM_SECONDS, Status
from core.avatars.privacy import orphans
from core.base import db
from tests import makers
from tests.avatars.pictures.picture_house import PictureHouse, cost
from tests.sizes import SEED, sized

pytestmark = pytest.mark.filterwarnings(  # a kill closes no socket
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


class Killed(BaseException):
    """A process ends; nothing of ours catches that."""


class Deaths:
    """Has whoever works die at the nth of the moments that leave a trace: just before, or after."""

    def __init__(self) -> None:
        self.moment = 0

    def at(self, moment: int) -> None:
        self.moment = moment

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **more: Any) -> Any:
            self._pass()
            done = function(*given, **more)
            self._pass()
            return done

        return counted

    def _pass(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self.moment -= 1
        if self.moment == 0:
            raise Killed


@pytest.fixture
def deaths(house: PictureHouse, monkeypatch: pytest.MonkeyPatch) -> Deaths:
    """Commits, uploads, orders, downloads and stored pictures may be the last that somebody did."""
    found = Deaths()
    base: Any = db.database.obj
    for owner, names in (
        (base, ("commit",)),
        (house.painter, ("upload_weights", "submit", "check")),
        (house.store, ("put",)),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, found.around(getattr(owner, name)))
    return found


def work(house: PictureHouse) -> None:
    """Go on as the next worker would, until it is over."""
    for _ in range(60):
        if house.status.final:
            return
        house.step()
        house.wait()
    raise AssertionError(f"it stays {house.status}")


def in_the_end(house: PictureHouse) -> None:
    """Two pictures were paid once, are there, and nothing else is."""
    assert house.summary == ("completed", 2, cost(2), 2)
    assert [len(taken) for taken in house.ledger.taken.values()] == [1]
    assert len(house.posts) == 1
    house.clock.forward(GRACE_SECONDS + 1)
    delete_doomed(house.store, house.clock())
    assert house.stored == {picture.key for picture in house.theirs}
    assert makers.told(house.owner).count(("pictures_finished", str(house.run.id))) == 1


STEP = sized(6, 1, 1)
"""Every sixth moment is one of them; the soak has each."""


@pytest.mark.sized
def test_an_order_ends_well_whenever_its_worker_is_killed(
    house: PictureHouse, deaths: Deaths
) -> None:
    killed = 0
    for moment in range(SEED % STEP + 1, 500, STEP):
        house.order()
        deaths.at(moment)
        try:
            work(house)
        except Killed:
            killed += 1
            deaths.at(0)
            db.release()
            house.clock.forward(2 * CLAIM_SECONDS + 1)
            _settled(house)
        else:
            break
        in_the_end(house)
        _forget(house)
    assert killed > 50 / STEP, "there are so many moments"


def _settled(house: PictureHouse) -> None:
    """One that nobody knows to have arrived, and that has not, is said to be by the admin."""
    for _ in range(10):
        if house.status.final or (house.status is Status.UNCERTAIN and not house.ledger.taken):
            break
        house.step()
        house.wait()
    if house.status is Status.UNCERTAIN:
        house.clock.forward(2 * CLAIM_SECONDS + 1)
        assert house.pictures.orders.resolver.not_sent(str(house.run.id))
    work(house)


def _forget(house: PictureHouse) -> None:
    """Begin anew."""
    house.delete_avatar()
    house.clock.forward(GRACE_SECONDS + 1)
    delete_doomed(house.store, house.clock())
    house.ledger.posts.clear()
    house.ledger.taken.clear()
    house.avatar = makers.avatar(house.owner, 2, status="completed", gender="female")
    house.model = house.trained()


def test_what_is_stored_before_it_is_anybodys_is_no_orphan(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = house.store.put

    def dying(key: str, data: bytes) -> None:
        put(key, data)
        raise Killed

    house.order()
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "put", dying)
        with pytest.raises(Killed):
            work(house)
    assert (len(house.stored), house.theirs) == (1, []), "nobody is shown it"
    done = orphans.repair(house.store, house.clock() + 10 * orphans.YOUNG_SECONDS, believing=True)
    assert done.doomed == 0
    house.cancel()
    with house.turn():
        house.erasure.consent(house.owner.user.id, house.clock())
    assert {place.prefix for place in DoomedObject.select()} >= house.stored


def test_a_transfer_that_takes_long_says_that_it_goes_on(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.avatars.pictures.arrival.ALIVE_SECONDS", 0.01)
    finish, said = house.darkroom.finish, threading.Event()

    def keep(order: Any, now: float) -> None:
        if order.next_check_at < now:
            said.set()

    def slowly(data: bytes) -> Any:
        house.clock.forward(2 * CLAIM_SECONDS)
        assert said.wait(60)
        return finish(data)

    monkeypatch.setattr("core.avatars.orders.order.keep", keep)
    monkeypatch.setattr(house.darkroom, "finish", slowly)
    house.painted(count=1)
    assert house.summary == ("completed", 1, cost(1), 1)


def test_threads_that_fetch_pictures_leave_no_connection_behind(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    base: Any = db.database.obj
    connect = base._connect

    def connecting() -> Any:
        made = connect()
        opened.append(made)
        return made

    monkeypatch.setattr(base, "_connect", connecting)
    house.painted(count=2)
    db.release()
    assert opened, "what was asked for is written down by whoever asked"
    assert all(map(_closed, opened))
    assert Picture.select().count() == 2


def _closed(connection: Any) -> bool:
    if not isinstance(connection, sqlite3.Connection):
        return bool(connection.closed)
    try:
        return connection.total_changes < 0
    except sqlite3.ProgrammingError:
        return True
