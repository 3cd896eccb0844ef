"""`make chaos`: twenty people in three minutes; FULL=1 makes it five hundred in forty.

    python -m tests.chaos                                          the short form
    python -m tests.chaos --people 500 --pages 20 --minutes 33     a longer one
    SEED=7 python -m tests.chaos                                   the same kills again

Ends with 1 where anything was lost, doubled, stuck, out of order, paid twice or left behind.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.chaos.checker import check, summary
from tests.chaos.crowd import Crowd
from tests.chaos.operator import Operator
from tests.chaos.town import Town, town
from tests.chaos.trouble import Trouble
from tests.sizes import SEED

PATIENCE = 480.0
"""Of each person, in seconds: an order whose worker was killed counts as lost after two minutes, is
searched for a minute later, and only then does the operator say that it didn't arrive.
"""
SETTLE_SECONDS = 60.0
"""After the last person, for what is erased twice and what waits to be tried again."""


def main() -> None:
    """Let it happen, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--people", type=int, default=20, help="over Telegram")
    parser.add_argument("--pages", type=int, default=2, help="so many more over the chat page")
    parser.add_argument("--minutes", type=float, default=2.25, help="in which they come")
    parser.add_argument("--every", type=float, default=8.0, help="seconds between two kills")
    wanted = parser.parse_args()
    seconds = wanted.minutes * 60
    print(f"seed {SEED}", flush=True)
    with town() as found:
        trouble = Trouble(found, seconds, wanted.every, SEED)
        every = 0.8 * seconds / (wanted.people + wanted.pages)
        crowd = Crowd(found, wanted.people, wanted.pages, every, PATIENCE)
        operator = Operator(found)
        operator.start()
        trouble.start()
        crowd.come()
        trouble.join()
        found.telegram.heal()
        crowd.leave()
        operator.leave()
        _settle(found)
        wrongs = check(found, crowd, [*trouble.ended, *found.ended(), *found.silent()])
    print(f"killed: {dict(trouble.kills)}")
    print(f"orders that the operator said had not arrived: {len(operator.said)}")
    print(f"befell: {'; '.join(trouble.befallen)}")
    print(summary(wrongs, crowd, trouble.told), end="")
    sys.exit(any(wrongs.counts.values()))


def _settle(found: Town) -> None:
    """Wait until nothing of an erasure waits any more, for a while."""
    end, host = time.monotonic() + 3 * SETTLE_SECONDS, next(iter(found.hosts.values()))
    while time.monotonic() < end:
        waiting = host.count("users", "erasing_at IS NOT NULL") + host.count("doomed_objects")
        if not waiting + host.count("inbox", "handled_at IS NULL"):
            return
        time.sleep(1.0)


if __name__ == "__main__":
    main()
