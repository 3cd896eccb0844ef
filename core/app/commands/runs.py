"""The commands that look after orders: lost orders, and a pause."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from core.app.commands import by_hand
from core.base.settings import Settings

PAUSED = "trainings_paused"

runs = typer.Typer(help="Look after orders.", no_args_is_help=True)
RUN = Annotated[str, typer.Argument(metavar="RUN", help="As `likeness runs uncertain` lists it.")]


@runs.command()
def uncertain() -> None:
    """List orders of trainings and pictures that may or may not have arrived."""
    from core.app.bootstrap import bootstrap
    from core.avatars.models.pictures import ORDERED
    from core.avatars.orders.lost.resolver import lost_orders

    bootstrap(Settings.load(), elsewhere=True)
    lost = [order for model in ORDERED for order in lost_orders(model)]
    for run in sorted(lost, key=lambda order: order.intent_at or 0.0):
        since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.intent_at))
        typer.echo(f"{run.id}  {run.status:<10}  {since}  {run.endpoint}  {run.error_type}")


@runs.command()
def sent(
    run: RUN,
    request_id: Annotated[str, typer.Argument(help="As fal.ai shows it.")],
    reason: by_hand.REASON = "",
) -> None:
    """The order did arrive: fal.ai has it under this id."""
    from core.app.bootstrap import bootstrap

    with by_hand.admin_actions(bootstrap(Settings.load(), elsewhere=True)) as actions:
        actions.sent(run, request_id, by_hand.why(reason))


@runs.command("not-sent")
def not_sent(run: RUN, reason: by_hand.REASON = "") -> None:
    """The order did not arrive: it is sent again, so be certain."""
    from core.app.bootstrap import bootstrap

    with by_hand.admin_actions(bootstrap(Settings.load(), elsewhere=True)) as actions:
        actions.not_sent(run, by_hand.why(reason))


@runs.command()
def pause() -> None:
    """Send no more orders; what is under way goes on."""
    from core.app.bootstrap import bootstrap

    with by_hand.admin_actions(bootstrap(Settings.load(), elsewhere=True)) as actions:
        paused = actions.pause()
    typer.echo("Paused." if paused.changed else "It was paused already.")


@runs.command()
def resume(
    switch: Annotated[str, typer.Argument(help="As it is listed where others are on.")] = PAUSED,
) -> None:
    """Send orders again after `pause`; or take another switch away, by its name."""
    from core.app.bootstrap import bootstrap
    from core.avatars import switches

    with by_hand.admin_actions(bootstrap(Settings.load(), elsewhere=True)) as actions:
        was_on = actions.resume(switch).changed
    typer.echo(switch if was_on else f"{switch} was not on.")
    for control in switches.on():
        since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(control.at))
        typer.echo(f"Still on: {control.name}  {control.value}  since {since}  by {control.by}")
