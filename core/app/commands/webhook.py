"""`likeness webhook`: whether messengers deliver to `likeness http`, or are asked for updates."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.installed import working_channels
from core.conversation.delivery.channel import Hooked

webhook = typer.Typer(
    help="Have Telegram deliver to `likeness http`, or end that; nothing else changes it.",
    no_args_is_help=True,
)


@webhook.command("set")
def set_() -> None:
    """Have updates delivered to telegram.webhook_url; those that wait are kept."""
    for channel in _hooked():
        typer.echo(channel.set_webhook())


@webhook.command()
def remove() -> None:
    """End deliveries: updates are polled again, those that wait are kept."""
    for channel in _hooked():
        typer.echo(channel.remove_webhook())


@webhook.command()
def show() -> None:
    """Show what Telegram knows of the webhook, with the last error."""
    for channel in _hooked():
        typer.echo(channel.show_webhook())


def _hooked() -> Iterator[Hooked]:
    """The configured channels that can be delivered to; raises ConfigurationError without one."""
    found = [c for c in working_channels(Settings.load()).values() if isinstance(c, Hooked)]
    configured = [channel for channel in found if channel.configured]
    if not configured:
        raise ConfigurationError(
            "No channel is configured that takes webhooks: set LIKENESS_TELEGRAM__TOKEN."
        )
    yield from configured
