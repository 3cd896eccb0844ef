"""The commands that look after trainings: lost orders, and a pause."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from core.settings import Settings

runs = typer.Typer(help="Look after trainings.", no_args_is_help=True)
RUN = Annotated[str, typer.Argument(metavar="RUN", help="As `likeness runs uncertain` lists it.")]


@runs.command()
def uncertain() -> None:
    """List the trainings of which nobody knows whether they were ordered."""
    from core.avatars.runs.settling import lost_orders
    from core.bootstrap import bootstrap

    bootstrap(Settings.load(), elsewhere=True)
    for run in lost_orders():
        since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.intent_at))
        typer.echo(f"{run.id}  {run.status:<10}  {since}  {run.endpoint}  {run.error_type}")


@runs.command()
def sent(run: RUN, request_id: Annotated[str, typer.Argument(help="As fal.ai shows it.")]) -> None:
    """The order did arrive: fal.ai has it under this id."""
    from core.bootstrap import bootstrap

    settler = bootstrap(Settings.load(), elsewhere=True).training.settler
    try:
        _settle(settler.sent(run, request_id))
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@runs.command("not-sent")
def not_sent(run: RUN) -> None:
    """The order did not arrive: it is sent again, so be certain."""
    from core.bootstrap import bootstrap

    _settle(bootstrap(Settings.load(), elsewhere=True).training.settler.not_sent(run))


@runs.command()
def pause() -> None:
    """Send no more orders; what is under way goes on."""
    from core.avatars import controls
    from core.bootstrap import bootstrap

    bootstrap(Settings.load(), elsewhere=True)
    controls.switch_on(controls.PAUSED, "paused", time.time(), "command line")


@runs.command()
def resume() -> None:
    """Send orders again, also where fal.ai refused them: after a pause, a new key, a payment."""
    from core.avatars import controls
    from core.bootstrap import bootstrap

    bootstrap(Settings.load(), elsewhere=True)
    typer.echo("\n".join(controls.all_off()) or "Nothing was switched off.")


def _settle(settled: bool) -> None:
    if not settled:
        typer.echo("There is no such question: see `likeness runs uncertain`.", err=True)
        raise typer.Exit(1)
