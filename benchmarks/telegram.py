"""`make bench-telegram`: whether a limited chat delays others, and a hundred presses at once.

    python -m benchmarks.telegram                 a minute of each (about five minutes)
    python -m benchmarks.telegram --seconds 15    less

The product with two senders, a worker and PostgreSQL, and a strict fake of the Bot API. First
people press at moments that don't depend on the answers, for a while undisturbed, and for a while
during which one chat is answered 429. Then fifty people press a button twice at once; the yardstick
is a bare handler of python-telegram-bot that makes the same calls for the same presses. Moments are
those at which the calls reach the Bot API. Ends with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
)

from benchmarks.turns import database
from tests.fakes.telegram import FakeTelegram, Person
from tests.scenarios.house import House
from tests.scenarios.on_telegram import TOKEN, telegram_house

PEOPLE, AT_ONCE = 20, 50
RATE = 4.0
"""Presses a second, of all people together."""
RETRY_AFTER = 5
DELAYED, ANSWERED, LATER = 1.5, 1.0, 2.0
"""The others' p95 beside the undisturbed; seconds to an answer; screens beside the bare bot's."""
PATIENCE = 60.0
SHOWS = ("editMessageText", "sendMessage", "sendPhoto", "editMessageMedia", "editMessageCaption")
MENU, BACK = "🎭 Avatars", "◀️ Main menu"


class Bot(NamedTuple):
    """A bot and its Telegram; the two buttons that lead from one screen to another and back."""

    telegram: FakeTelegram
    there: str
    back: str

    def newcomers(self, count: int) -> list[Person]:
        """People who have their first screen."""
        people = [self.telegram.person(id=1000 + n, first_name=f"P{n}", language_code="en")
                  for n in range(count)]  # fmt: skip
        for person in people:
            person.say("/start")
        for person in people:
            _wait(lambda p=person: self._button(p) != "")  # type: ignore[misc]
        return people

    def press(self, person: Person) -> tuple[str, float]:
        """Press whichever of both is in sight; the press's id and moment."""
        label = self._button(person)
        return person.press(label), time.time()

    def answered(self) -> dict[str, float]:
        """When each press was answered."""
        calls = self.telegram.called("answerCallbackQuery")
        return {call.params["callback_query_id"]: call.time for call in reversed(calls)}

    def shown(self, person: Person, since: float) -> float | None:
        """When this person's screen was first changed after a moment."""
        moments = [
            call.time for method in SHOWS for call in self.telegram.called(method, person.id)
        ]
        return min((moment for moment in moments if moment >= since), default=None)

    def _button(self, person: Person) -> str:
        for message in reversed(person.chat):
            found = [label for label in message.labels if label in (self.there, self.back)]
            if found:
                return str(found[-1])
        return ""


def main() -> None:
    """Measure, print, and end with 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telegram")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bare", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.bare:
        _bare(*wanted.bare)
        return
    with _product() as ours:
        held = _limited(ours, wanted.seconds)
        own = _at_once(ours)
    with _bare_bot() as bare:
        yardstick = _at_once(bare)
    print(f"\n{'50 people press twice at once, s':<36}{'answered p95':>14}{'screens p95':>13}")
    for name, (answered, screens) in (("Likeness", own), ("bare python-telegram-bot", yardstick)):
        print(f"{name:<36}{answered:>14.2f}{screens:>13.2f}")
    held &= _held("presses are answered, p95, s", own[0], ANSWERED)
    held &= _held("screens beside the bare bot's", own[1] / yardstick[1], LATER)
    sys.exit(not held)


def _limited(bot: Bot, seconds: float) -> bool:
    """Whether a chat that is answered 429 delays no other, and is left alone as long as it says."""
    limited, *others = bot.newcomers(PEOPLE)
    alone = _p95(_open(bot, others, seconds))
    fault = bot.telegram.fault("*", code=429, retry_after=RETRY_AFTER, chat=limited.id, times=None)
    began = time.time()
    bot.press(limited)
    beside = _p95(_open(bot, others, seconds))
    bot.telegram.heal()
    early = _early(bot, limited, began)
    _wait(lambda: bot.shown(limited, time.time() - PATIENCE) is not None)
    print(
        f"screens of {len(others)} people, p95: {alone:.2f} s; beside a limited chat {beside:.2f} s"
    )
    well = _held("the others' p95 beside a limited chat", beside / alone, DELAYED)
    print(f"the limited chat was refused {fault.hits} times; {early} calls came too early")
    return well and not early


def _open(bot: Bot, people: Sequence[Person], seconds: float) -> list[float]:
    """Seconds from presses to screens; presses come at random moments, whatever is answered."""
    dice, end, pressed = random.Random(1), time.time() + seconds, []
    while time.time() < end:
        time.sleep(dice.expovariate(RATE))
        person = dice.choice(people)
        pressed.append((person, bot.press(person)[1]))
    _wait(lambda: all(bot.shown(person, at) is not None for person, at in pressed[-len(people) :]))
    took = ((bot.shown(person, at), at) for person, at in pressed)
    return [shown - at for shown, at in took if shown is not None]


def _early(bot: Bot, person: Person, since: float) -> int:
    """Calls to a limited chat that came before its time was over."""
    calls = (call for method in SHOWS for call in bot.telegram.called(method, person.id))
    moments = sorted(call.time for call in calls if call.time >= since)
    return sum(after - before < RETRY_AFTER - 0.1 for before, after in pairwise(moments))


def _at_once(bot: Bot) -> tuple[float, float]:
    """Seconds until presses are answered, and until screens change: the p95 of each."""
    known = len(bot.telegram.called("getUpdates"))
    people = [bot.telegram.person(id=5000 + n, first_name=f"Q{n}", language_code="en")
              for n in range(AT_ONCE)]  # fmt: skip
    assert known
    for person in people:
        person.say("/start")
    for person in people:
        _wait(lambda p=person: bot._button(p) != "")  # type: ignore[misc]
    time.sleep(3.0)  # nothing more is due
    presses = [(person, *bot.press(person)) for _ in range(2) for person in people]
    _wait(lambda: all(press in bot.answered() for _, press, _ in presses))
    _wait(lambda: all(bot.shown(person, at) is not None for person, _, at in presses[:AT_ONCE]))
    answers = bot.answered()
    screens = [(bot.shown(person, at) or at) - at for person, _, at in presses[:AT_ONCE]]
    return _p95([answers[press] - at for _, press, at in presses]), _p95(screens)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _held(what: str, value: float, most: float) -> bool:
    well = value <= most
    print(f"{what}: {value:.2f}, at most {most}{'' if well else '   MISSED'}")
    return well


def _wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError("it never came")
        time.sleep(0.05)


@contextmanager
def _product() -> Iterator[Bot]:
    """Two senders and a worker on PostgreSQL, behind a Telegram of their own."""
    with ExitStack() as until:
        url, folder = until.enter_context(database("PostgreSQL"))
        telegram = until.enter_context(FakeTelegram(TOKEN))
        houses: list[House] = []
        for name in ("first", "second"):
            data = Path(folder) / name
            data.mkdir()
            objects = str(Path(folder) / "objects")
            houses.append(
                telegram_house(data, telegram, database__url=url, storage__folder=objects)
            )
            until.callback(houses[-1].stop)
            houses[-1].start("telegram")
        houses[0].start("worker")
        houses[0].wait_until(lambda: bool(telegram.called("getUpdates")))
        time.sleep(8.0)  # both have their part
        yield Bot(telegram, MENU, BACK)


@contextmanager
def _bare_bot() -> Iterator[Bot]:
    with FakeTelegram(TOKEN) as telegram:
        addresses = (telegram.base_url, telegram.base_file_url)
        command = [sys.executable, "-m", "benchmarks.telegram", "--bare", *addresses]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            _wait(lambda: bool(telegram.called("getUpdates")))
            yield Bot(telegram, MENU, BACK)
            process.terminate()


def _bare(base_url: str, base_file_url: str) -> None:
    """A bot of two screens, without a database."""
    screens = {MENU: ("The menu of a bot", BACK), BACK: ("The list of a bot", MENU)}

    def markup(label: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)]])

    async def start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_chat is not None
        await update.effective_chat.send_message("The menu of a bot", reply_markup=markup(MENU))

    async def press(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer()
        text, label = screens[str(query.data)]
        await query.edit_message_text(text, reply_markup=markup(label))

    builder = ApplicationBuilder().token(TOKEN).base_url(base_url).base_file_url(base_file_url)
    bot: Any = builder.concurrent_updates(True).build()
    bot.add_handler(CommandHandler("start", start))
    bot.add_handler(CallbackQueryHandler(press))
    bot.run_polling()


if __name__ == "__main__":
    main()
