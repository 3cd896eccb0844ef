"""Taking what a messenger delivers over HTTP, in any number of processes beside the one that sends.

A receiver commits an update and applies it, as the sender does with what it has asked for; the
sender sees what is to be shown in the database, and applies what a killed receiver has left.
"""

from __future__ import annotations

from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.intake import Intake
from core.conversation.delivery.reception import Incoming, Messenger, Reception, Remarks
from core.conversation.engine import Engine


class Receiver:
    """Takes the deliveries for one bot, `address` being its channel and identifier.

    Turns run on `bridge`. Made for one event loop; close it at the end.
    """

    def __init__(
        self, messenger: Messenger, engine: Engine, bridge: Bridge, address: tuple[str, str]
    ) -> None:
        self._remarks = Remarks(messenger)
        self._intake = Intake(engine, bridge, _nothing, self._remarks.apologise, brought_again=True)
        self._reception = Reception(messenger, self._intake, self._remarks, address)

    async def take(self, one: Incoming) -> None:
        """Commit a delivery, upon which the messenger may forget it.

        Raises INFRASTRUCTURE errors: then it must be brought again.
        """
        await self._reception.take_delivery(one)

    async def close(self) -> None:
        """Let what has begun come to its end, and give the connections back."""
        await self._reception.finish()
        await self._intake.finish()
        self._intake.close()
        await self._remarks.finish()


def _nothing() -> None:
    """The process that sends looks for changed screens by itself."""
