"""The switchboard of a test: who is there, what goes wrong, what was seen."""

from collections.abc import Callable
from typing import Literal, Self

from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.person import Person
from tests.fakes.telegram.refusals import Json
from tests.fakes.telegram.server import Call, Server
from tests.fakes.telegram.world import Answer, Message
from tests.patience import LONG


class FakeTelegram(Server):
    def __init__(self, token: str = "123456:fake", port: int = 0) -> None:
        super().__init__(token, port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        self.stop()
        if error is None and self.crash:
            raise RuntimeError("the fake of Telegram itself failed") from self.crash

    # Scripting

    def person(
        self,
        id: int = 1,
        first_name: str = "Anna",
        language_code: str | None = "en",
        username: str | None = None,
        last_name: str | None = None,
    ) -> Person:
        user = {"id": id, "is_bot": False, "first_name": first_name, "last_name": last_name}
        user |= {"username": username, "language_code": language_code}
        with self.world.lock:
            return Person(self.world, {k: v for k, v in user.items() if v is not None})

    def raw_update(self, update: Json) -> None:
        """An update of any kind, whatever `allowed_updates` says; it is given its id here."""
        with self.world.lock:
            self.world.updates.push_raw(update)

    def fault(
        self,
        method: str,
        *,
        code: int | None = None,
        description: str | None = None,
        retry_after: int = 1,
        drop: Literal["before", "after"] | None = None,
        times: int | None = 1,
        chat: int | None = None,
        body: str | None = None,
    ) -> Fault:
        """The next `times` such calls fail: refused, or cut off before or after the work."""
        fault = Fault(method, code, description, retry_after, drop, 0.0, times, chat, body)
        return self._add(fault)

    def delay(
        self, method: str, seconds: float, *, times: int | None = None, chat: int | None = None
    ) -> Fault:
        """Such calls wait before the work is done, which a client who left can't stop."""
        return self._add(Fault(method, delay=seconds, times=times, chat=chat))

    def heal(self) -> None:
        """No more faults and delays."""
        with self.world.lock:
            self._faults.clear()

    # Looking

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/file/bot"

    @property
    def pending_updates(self) -> list[Json]:
        """What no offset has passed yet."""
        with self.world.lock:
            return list(self.world.updates.waiting)

    @property
    def unanswered(self) -> list[str]:
        """The presses that nobody tried to answer, by callback id.

        One that was answered too late is a refusal: whoever was killed may need longer to be back.
        """
        with self.world.lock:
            return [
                callback_id
                for callback_id, callback in self.world.callbacks.items()
                if callback.answer is None and not callback.too_late
            ]

    @property
    def answers(self) -> dict[str, Answer]:
        """The last answer to each press: its text and whether it was an alert."""
        with self.world.lock:
            pressed = self.world.callbacks.items()
            return {key: callback.answer for key, callback in pressed if callback.answer}

    def messages(self, chat_id: int) -> list[Message]:
        """Any chat as it is visible now; a person's own is `person.chat`."""
        with self.world.lock:
            return [message.snapshot() for message in self.world.chats[chat_id].messages.values()]

    def called(self, method: str, chat: int | None = None) -> list[Call]:
        with self.world.lock:
            calls = [call for call in self.calls if call.method == method]
        return [call for call in calls if chat in (None, call.chat)]

    def wait_until(self, condition: Callable[[], bool], timeout: float = LONG) -> None:
        """For what is not a message: `tg.wait_until(lambda: not tg.unanswered)`."""
        with self.world.lock:
            held = self.world.lock.wait_for(condition, timeout)
        assert held, f"it did not come true in {timeout} s; refused so far: {self.refusals}"

    @property
    def callback_seconds(self) -> float:
        """How long a press may be answered; 0 makes every one too old."""
        return self.world.callback_seconds

    @callback_seconds.setter
    def callback_seconds(self, seconds: float) -> None:
        self.world.callback_seconds = seconds

    def _add(self, fault: Fault) -> Fault:
        with self.world.lock:
            self._faults.append(fault)
        return fault
