"""`likeness fal check`: whether fal.ai is as the code takes it to be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.fal import QUEUE_URL

if TYPE_CHECKING:
    from core.services.fal.checking import Fact, Place

fal = typer.Typer(help="Look at fal.ai.", no_args_is_help=True)


@fal.callback()
def _group() -> None:
    """Look at fal.ai: a group, so that `check` is said by name."""


@fal.command()
def check(
    pay: Annotated[
        bool, typer.Option("--pay", help="Order the cheapest training too; asks before.")
    ] = False,
    transcript: Annotated[
        Path | None, typer.Option(help="Keep what was asked and answered in this file.")
    ] = None,
) -> None:
    """Compare fal.ai with what the code stands on, fact by fact; free unless --pay is said."""
    from core.services.fal import checking

    settings = Settings.load()
    if not settings.fal.key.get_secret_value():
        raise ConfigurationError("There is no key for fal.ai. Set FAL_KEY in the environment.")
    with checking.opened(settings.fal) as place:
        facts = _told(checking.free_facts(place))
        if pay:
            facts += _paid(place)
        if transcript is not None:
            _keep(transcript, settings, place.transcript.lines, facts)
    wrong = [fact for fact in facts if fact.ok is False]
    typer.echo(f"{len(wrong)} of {len(facts)} facts differ." if wrong else "All as expected.")
    if wrong:
        raise typer.Exit(1)


def _told(facts: Iterator[Fact]) -> list[Fact]:
    """Say each fact as soon as it is known."""
    known = []
    for fact in facts:
        typer.echo(fact.line())
        known.append(fact)
    return known


def _paid(place: Place) -> list[Fact]:
    """Order one training, once its price has been typed."""
    from core.services.fal import checking

    chosen = checking.cheapest(place)
    if chosen is None:
        raise ConfigurationError("No trainer has a price: set usd_per_step in its [fal.…] section.")
    price = f"{chosen.usd:.2f}"
    typer.echo(
        f"{checking.STEPS} steps of {chosen.endpoint} cost about ${price} by the configured price; "
        "fal.ai may charge more."
    )
    if typer.prompt("Type the price to order it, or anything else not to") != price:
        typer.echo("Nothing was ordered.")
        return []
    return _told(checking.paid_facts(place, chosen, time.sleep))


def _keep(file: Path, settings: Settings, asked: list[str], facts: list[Fact]) -> None:
    from core.base.processes.heartbeat import version

    where = "fal.ai itself" if settings.fal.queue_url == QUEUE_URL else "another server"
    head = f"likeness {version()}, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {where}"
    lines = [head, "", *(fact.line() for fact in facts), "", *asked]
    try:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file} can't be written: {error.strerror}.") from None
    typer.echo(f"What was asked and answered, without keys and addresses: {file}")
