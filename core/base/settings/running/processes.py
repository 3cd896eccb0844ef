"""Settings of the worker, the web server, logs and traces."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from core.base.settings.section import Section


class Jobs(Section):
    """Threads and intervals of the worker."""

    queue: str = ""
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    run_threads: Annotated[int, Field(ge=1, le=64)] = 16
    copy_threads: Annotated[int, Field(ge=1, le=64)] = 4
    event_days: Annotated[int, Field(ge=1, le=3650)] = 90
    sweep_seconds: Annotated[float, Field(gt=0, le=3600)] = 15.0

    @field_validator("queue")
    @classmethod
    def _known(cls, url: str) -> str:
        if url and not url.startswith("postgresql://"):
            raise ValueError('a queue is "", a file, or written postgresql://user@host/name')
        return url


class Http(Section):
    """The address of the web server for webhooks."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    metrics_token: SecretStr = SecretStr("")

    @field_validator("metrics_token")
    @classmethod
    def _long_enough(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < 16:
            raise ValueError(
                f"the token of /metrics has at least 16 letters, and this one {len(token)}; "
                "`openssl rand -hex 16` makes one"
            )
        return token


class Log(Section):
    """Level and format of logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Tracing(Section):
    """Where spans are sent, and the share of all traces that is; "" is nowhere."""

    endpoint: str = ""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    @field_validator("endpoint")
    @classmethod
    def _can_be_used(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError('an endpoint is "", or written http://127.0.0.1:4318/v1/traces')
        if url and find_spec("opentelemetry") is None:
            raise ValueError(
                "OpenTelemetry is not installed. Install it: pip install 'likeness-bot[tracing]'"
            )
        return url
