"""`make bench-pictures`: how soon pictures are there, and whether anybody else waits for them.

    python -m benchmarks.pictures              everything (about two minutes)
    python -m benchmarks.pictures --orders 3   fewer orders

One worker, the simulated fal over HTTP, SQLite. First, from the moment at which fal has four
pictures of a megapixel to the album in the chat, with the time that the simulation takes to draw
them taken off. Then how long a press takes to be answered while 200 orders are under way, beside
the same presses before. Ends with 1 where a limit is exceeded.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.app.bootstrap import App, bootstrap
from core.avatars import queries
from core.avatars.disposal import prefix_of
from core.avatars.models import Avatar, TrainedModel
from core.avatars.models.pictures import PictureRun, Shape
from core.avatars.pictures.pictures import Wanted
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.messages import Address, Event, Kind, Person
from core.conversation.models import Conversation
from core.conversation.testing import SteppedChat
from core.services.fal.simulation.model import made
from core.services.fal.simulation.orders import Order
from core.services.fal.simulation.pictures import Drawing
from tests import makers
from tests.scenarios.house import House

SECONDS = 1.5
"""From fal's result to the album, at the median."""
RATIO = 1.5
"""How much longer than undisturbed a press may take while many orders are under way."""
MANY = 200
PRESSES = 60
_LOOK_SECONDS = 0.02
_NAMES = itertools.count(1)


def main() -> None:
    """Measure, print, and say whether both limits hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures")
    parser.add_argument("--orders", type=int, default=15, help="orders that are timed")
    orders = parser.parse_args().orders
    held = [_soon(orders), _undisturbed()]
    sys.exit(0 if all(held) else 1)


def _soon(orders: int) -> bool:
    drawing = _drawing()
    with _house(picture_seconds=1.0) as app:
        took = [_order_and_wait(app, _person(app)) - drawing for _ in range(orders + 1)][1:]
    median, slowest = statistics.median(took), max(took)
    print(f"four pictures, fal's result to the album: median {median:.2f} s, most {slowest:.2f} s")
    return median <= SECONDS


def _order_and_wait(app: App, chat: SteppedChat) -> float:
    """Seconds from fal's result to the album."""
    run = _order(app, chat)
    while not any(notice.pictures for notice in chat.notices):
        time.sleep(_LOOK_SECONDS)
        chat.show()
    shown = time.time()
    done = PictureRun.get_by_id(run.id)
    order = Order.read(str(done.request_id))
    assert order is not None, "the simulation's ids say when an order ends"
    return shown - order.ends


def _drawing() -> float:
    """Seconds that the simulation takes to draw four of them."""
    drawing = Drawing.asked({"num_images": 4, "image_size": {"width": 1000, "height": 1000}}, "")
    began = time.perf_counter()
    for number in range(4):
        drawing.picture(number, "a studio portrait")
    return time.perf_counter() - began


def _undisturbed() -> bool:
    with _house(picture_seconds=3600.0) as app:
        reader = _person(app)
        before = _presses(reader)
        for _ in range(MANY):
            _order(app, _person(app))
        _wait_until_under_way()
        beside = _presses(reader)
    ratio = beside / before
    print(
        f"a press beside {MANY} orders under way: {1000 * beside:.1f} ms at the median, "
        f"{ratio:.2f} times the {1000 * before:.1f} ms undisturbed"
    )
    return ratio <= RATIO


def _presses(chat: SteppedChat) -> float:
    """Seconds that a command and its screen take, at the median."""
    took = []
    for number in range(PRESSES):
        began = time.perf_counter()
        chat.do(Event(Kind.COMMAND, "help" if number % 2 else "start"))
        took.append(time.perf_counter() - began)
        time.sleep(0.05)
    return statistics.median(took)


def _wait_until_under_way() -> None:
    under_way = PictureRun.status.in_(("queued", "training"))
    while PictureRun.select().where(under_way).count() < MANY:
        time.sleep(0.5)


@contextmanager
def _house(picture_seconds: float) -> Iterator[App]:
    """The dialogue in this process, the worker in one of its own, as `likeness run` has them."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        house = House(
            Path(folder),
            LOG__LEVEL="error",
            PICTURES__SIMULATED_SECONDS=picture_seconds,
            PICTURES__DEADLINE_MINUTES=1000,
        )
        app = bootstrap(Settings.load(environ=house.environment))
        house.start("worker")
        try:
            yield app
        finally:
            house.stop()
            app.close()


def _person(app: App) -> SteppedChat:
    """Somebody with an avatar and its model."""
    address = Address("bench", "bench", f"person {next(_NAMES)}")
    chat = SteppedChat(app.engine, time.time, address, Person("Anna", "en"))
    chat.say("/start")
    owner = Conversation.get_by_id(chat.id)
    avatar = makers.avatar(owner, photos=0, status="completed", gender="female")
    key = f"{prefix_of(avatar.user_id, avatar.id)}weights-{'0' * 64}"
    app.store.put(key, made("weights.safetensors", avatar.id.hex))
    makers.model(avatar, avatar.id, base_model="flux-1", weights_key=key, test_mode=True)
    return chat


def _order(app: App, chat: SteppedChat) -> PictureRun:
    owner = Conversation.get_by_id(chat.id)
    avatar = Avatar.get(Avatar.user == owner.user_id)
    model = queries.model_of(avatar.id)
    assert isinstance(model, TrainedModel)
    with transaction():
        return app.pictures.start(Wanted(4, Shape.SQUARE, "studio-portrait"), model, chat.id)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
