"""Logs: one line for each thing that happened, with the conversation and run it belongs to."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog


def configure(settings: Any, target: TextIO = sys.stderr) -> None:
    """Write logs as text or JSON; `settings` is the section `log`."""
    level = getattr(logging, settings.level.upper())
    logging.basicConfig(stream=target, level=level, format="%(levelname)s %(name)s %(message)s")
    # it names objects at every retry, and says nothing that StorageUnavailable doesn't
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for noisy in (
        "httpx",
        "httpcore",
        "huey",
        "peewee",
        "asyncio",
        "telegram",
        "transitions",
        "PIL",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    final: Any = structlog.dev.ConsoleRenderer(colors=target.isatty())
    if settings.format == "json":
        final = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(target),
    )
