"""Settings of alerts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from core.base.settings.addresses import PeopleAddresses
from core.base.settings.section import Section


class Alerts(Section):
    """Thresholds and recipients of alerts; a threshold of 0 disables a rule."""

    check_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    window_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0
    success_percent: Annotated[float, Field(ge=0, le=100)] = 80.0
    success_runs: Annotated[int, Field(ge=1, le=10_000)] = 5
    fal_errors: Annotated[int, Field(ge=0, le=1_000_000)] = 50
    queue_minutes: Annotated[float, Field(ge=0, le=10_080)] = 30.0
    waiting_minutes: Annotated[float, Field(ge=0, le=10_080)] = 5.0
    heartbeat_seconds: Annotated[float, Field(ge=0, le=86_400)] = 90.0
    uncertain_runs: Annotated[int, Field(ge=0, le=1000)] = 1
    lost_results: Annotated[int, Field(ge=0, le=1000)] = 1
    remote_hours: Annotated[float, Field(ge=0, le=10_000)] = 24.0
    budget_percent: Annotated[float, Field(ge=0, le=100)] = 80.0
    support_hours: Annotated[float, Field(ge=0, le=10_000)] = 24.0
    new_errors: bool = True
    stopped: bool = True
    deadlines: Annotated[int, Field(ge=0, le=1000)] = 1
    webhook_results: Annotated[int, Field(ge=0, le=1000)] = 5
    admins: PeopleAddresses = ()
    webhook_url: SecretStr = SecretStr("")

    @field_validator("webhook_url")
    @classmethod
    def _a_webhook(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if url and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("a webhook's address names http or https, and a host")
        return url
