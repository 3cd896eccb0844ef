"""fal.ai as a stranger would build it: from what is written of its protocol, not from our own.

It shares no code with the simulated fal. What the protocol leaves open is a liberty that this
server takes or leaves; where a caller breaks what the protocol demands, `wrong` says so.
"""

from tests.fakes.foreign_fal.door import CONFIG, WEIGHTS
from tests.fakes.foreign_fal.fake import ForeignFal, Liberties, Order, foreign_fal

__all__ = ["CONFIG", "WEIGHTS", "ForeignFal", "Liberties", "Order", "foreign_fal"]
