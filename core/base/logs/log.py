"""Logs: one line per event, with the ids of its conversation, turn, request and run.

No personal data: no names, texts, file names or object keys. Error messages may quote these, so an
error is logged by its type, code and traceback only. The same traceback is told once a minute.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from core.base.errors import chain, kind, kind_of
from core.base.logs import log_ids
from core.base.logs.repetition import Repetition

_tracebacks = Repetition()


def with_ids(_logger: object, _name: str, event: EventDict) -> EventDict:
    """A structlog processor: adds what the line is about, where it doesn't say so itself."""
    for name, value in log_ids.known().items():
        event.setdefault(name, value)
    return event


def without_words(_logger: object, _name: str, event: EventDict) -> EventDict:
    """A structlog processor: replaces an exception by its traceback and type, without messages."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = _told(error)
    return event


def _told(error: BaseException) -> str:
    """A traceback without messages; only the error's kind where it was told a moment ago."""
    text = "".join(_lines(error)).rstrip()
    left_out = _tracebacks.look(text)
    if left_out is None:
        return f"{kind_of(error)} (traceback as before)"
    return f"{text}\n(left out {left_out} times since)" if left_out else text


_PROCESSORS: tuple[Processor, ...] = (
    with_ids,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_words,
)


class _Record(logging.LogRecord):
    """The same for records of libraries; some install their own handlers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[1]:
            self.exc_text = _told(self.exc_info[1])


class WithIds(logging.Formatter):
    """Lines of libraries with the ids of the request or the turn that they are about."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        ids = log_ids.known()
        return " ".join((super().formatMessage(record), *(f"{k}={v}" for k, v in ids.items())))


class _Unfailing:
    """A stream that ignores write errors: a full disk loses log lines, not the process."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._target.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._target.flush()


def _unfailing(target: TextIO) -> Any:
    return _Unfailing(target)


def _lines(error: BaseException) -> Iterator[str]:
    for link in reversed(list(chain(error))):
        yield from traceback.format_tb(link.__traceback__)
        yield f"{kind(link)}\n"


def begin(target: TextIO = sys.stderr) -> None:
    """Log as text until `configure` is called: without the values of variables, as it does."""
    final = structlog.dev.ConsoleRenderer(colors=target.isatty())
    structlog.configure(
        processors=[*_PROCESSORS, final],
        logger_factory=structlog.PrintLoggerFactory(_unfailing(target)),
    )


def configure(settings: Any, target: TextIO = sys.stderr) -> None:
    """Set up logging as text or JSON; `settings` is the section `log`."""
    level = getattr(logging, settings.level.upper())
    handler = logging.StreamHandler(target)
    handler.setFormatter(WithIds("%(levelname)s %(name)s %(message)s"))
    logging.setLogRecordFactory(_Record)
    logging.basicConfig(level=level, handlers=[handler])
    # logs object keys at every retry; StorageUnavailable says the rest
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for noisy in (
        "httpx",
        "httpcore",
        "huey",
        "peewee",
        "asyncio",
        "transitions",
        "PIL",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    final: Processor = structlog.dev.ConsoleRenderer(colors=target.isatty())
    if settings.format == "json":
        final = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*_PROCESSORS, final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_unfailing(target)),
    )
