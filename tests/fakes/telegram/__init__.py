"""A strict fake of the Telegram Bot API, over a real socket, living in the test's own process.

    with FakeTelegram(token="123:abc") as tg:
        anna = tg.person(id=1, first_name="Anna", language_code="ru")
        anna.say("/start")
        ...                                   # the bot polls tg.base_url + token
        anna.wait_for("Welcome")
        anna.press("Create an avatar")

It keeps its state when the bot is killed and refuses what Telegram refuses, in Telegram's words.
`texts`, `markup` and `keyboards` judge what is sent, `world` is what Telegram remembers,
`methods` what a bot may ask, `person` what a person may do, `faults` how things go wrong,
`server` the socket.
"""

from tests.fakes.telegram.fake import FakeTelegram
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.server import Call, Refused
from tests.fakes.telegram.world import Button, Message

__all__ = ["Button", "Call", "FakeTelegram", "Fault", "Message", "Person", "Refused"]
