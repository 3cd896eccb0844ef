"""A worker as `likeness worker` is one, which takes over from a dead one after seconds.

Run as `python -m tests.fal_working`, configured by the environment alone.
"""

from __future__ import annotations

from core.app.bootstrap import bootstrap
from core.avatars.orders import order
from core.base.settings import Settings


def main() -> None:
    order.CLAIM_SECONDS = 2.0
    order.LONGEST_WAIT = 1.0
    bootstrap(Settings.load()).worker().run()


if __name__ == "__main__":
    main()
