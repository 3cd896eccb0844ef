"""Every error of Likeness.

LikenessError
├── ConfigurationError    a setting is wrong: names the key, the value and the remedy
├── FlowError             a dialogue's table is wrong: found when it is built
├── DatabaseUnavailable   the database can't be reached, opened or written: says why
├── SchemaMismatch        the database is behind or ahead of the code
├── ObjectMissing         no object under this key
├── BackupError           a backup can't be made, read or restored: says why
├── StorageUnavailable    the object store can't be reached or written
├── Overloaded            this machine has no time or memory for it now: safe to try later
├── TakenOver             another process sends to this conversation by now
├── TrainingRefused       a training can't start now: says why
├── TooMany               wrong passwords slow down; stands in `core.operation.auth`
├── ProviderUnavailable   the OpenID provider can't be reached; in `dashboard.login.providers`
├── InvalidToken          its token proves nothing; in `dashboard.login.providers`
├── Forbidden             a viewer of the dashboard can't act; see `core.operation.admin_actions`
├── Doubt                 a check's warning, with its remedy; stands in `core.base.checkup`
├── Unreadable            bytes that are no picture we take; stays inside the photo check
└── ChannelError          what a channel may report while it shows a screen or fetches a file
    ├── RetryAfter        not now: wait so many seconds, for this chat alone
    ├── Blocked           the person doesn't want messages: wait for their next update
    ├── Gone              the message to edit or the file to fetch is no more
    ├── Missing           the file is not found now, which may pass: gone if that lasts
    ├── Refused           the channel takes this in no form: nothing was sent
    ├── Uncertain         it may have arrived: never repeat blindly
    └── Unreachable       it has not arrived: safe to repeat
"""

from __future__ import annotations

from collections.abc import Iterator

_CODES = ("sqlstate", "sqlite_errorname", "errno", "status_code", "code")


class LikenessError(Exception):
    """The base of all errors that Likeness raises on purpose."""


class ConfigurationError(LikenessError):
    """A setting is unknown, unreadable or out of range."""


class FlowError(LikenessError):
    """A dialogue's table contradicts itself."""


class DatabaseUnavailable(LikenessError):
    """The database can't be reached, opened or written."""


class SchemaMismatch(LikenessError):
    """The database's schema is not the one this code was written for."""


class ObjectMissing(LikenessError):
    """There is no object under this key."""


class StorageUnavailable(LikenessError):
    """The object store can't be reached or written at the moment."""


class BackupError(LikenessError):
    """A backup can't be made, read or restored."""


class Overloaded(LikenessError):
    """This machine lacks the time or memory at the moment; a later retry may succeed."""


class TakenOver(LikenessError):
    """Another process sends to this conversation by now: this one records nothing there."""


class TrainingRefused(LikenessError):
    """A training can't start now; `reason` is a code, as `Training.obstacle` gives it, or more.

    "busy" also means that somebody was faster: the database allows one active run for an avatar.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"a training can't start: {reason}")
        self.reason = reason


class ChannelError(LikenessError):
    """A channel could not do what it was asked."""


class RetryAfter(ChannelError):
    """The channel asks to wait before this chat is written to again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class Blocked(ChannelError):
    """The person has blocked the bot, or the chat no longer exists."""


class Gone(ChannelError):
    """The message to be edited, or the file to be fetched, is no more."""


class Missing(ChannelError):
    """The file to be fetched is not found: it may be back later."""


class Refused(ChannelError):
    """The channel won't take a message as it is: nothing was sent."""


class Uncertain(ChannelError):
    """The connection broke after sending: it may have arrived."""


class Unreachable(ChannelError):
    """The connection could not be made: nothing was sent."""


def kind_of(error: BaseException) -> str:
    """An error and its causes by type and code, without messages.

    For example `OperationalError(SQLITE_BUSY) < Error(5)`.
    """
    return " < ".join(kind(link) for link in chain(error))


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes, the root cause last."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def kind(error: BaseException) -> str:
    """The name of an error and its code, if it has one."""
    codes = (getattr(error, name, None) for name in _CODES)
    code = next((code for code in codes if isinstance(code, int | str)), None)
    return type(error).__name__ + (f"({code})" if code is not None else "")
