"""The commands of those who watch over Likeness: the dashboard, its users, made-up people."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import ConfigurationError
from core.settings import Settings, installed_pages
from core.watching import ROLES


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    app.command()(dashboard)
    app.command()(password)
    app.command("demo-data")(demo_data)


def configured_pages(settings: Settings) -> dict[str, Any]:
    """What `likeness run` starts beside the channels."""
    made = {name: made(settings.dashboard) for name, made in installed_pages().items()}
    return {name: page for name, page in made.items() if page.configured}


def tell_password(made: str | None) -> None:
    """Show a password that was made just now."""
    if made:
        typer.echo(f"{'':<10} log in as admin with the password {made} (shown this once)")


def dashboard() -> None:
    """Serve the dashboard."""
    from core.bootstrap import bootstrap
    from core.heartbeat import beating

    settings = Settings.load()
    found = installed_pages().get("dashboard")
    if found is None:
        raise ConfigurationError("No dashboard is installed.")
    page = found(settings.dashboard)
    tell_password(page.prepare(settings.data_dir))
    application = bootstrap(settings)
    with beating("dashboard"):
        page.run(application)


def password(
    name: Annotated[str, typer.Argument(help="Who is to log in.")] = "admin",
    role: Annotated[str, typer.Option(help="viewer or admin.")] = "admin",
) -> None:
    """Make a user of the dashboard: asks for a password, prints what names the user."""
    from core.logins import hashed

    if role not in ROLES:
        raise ConfigurationError(f"There is no role {role!r}. Say viewer or admin.")
    chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    typer.echo("Add this to LIKENESS_DASHBOARD__USERS; several stand with spaces between:")
    typer.echo(f"{name}:{role}:{hashed(chosen)}")


def demo_data(
    conversations: Annotated[int, typer.Option(min=1, help="How many.")] = 500,
    days: Annotated[float, typer.Option(min=0.1, help="How far back they go.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed makes the same people.")] = 7,
    test_share: Annotated[
        float, typer.Option(min=0, max=1, help="The share of simulated trainings.")
    ] = 0.5,
    add: Annotated[bool, typer.Option("--add", help="Even where people are known.")] = False,
) -> None:
    """Fill the database with made-up people, to look at."""
    from core import demo
    from core.db import connect
    from core.migrations import runner

    settings = Settings.load()
    url = settings.database_url
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    opened = connect(url, settings.database.synchronous)
    try:
        runner.prepare(opened)
        if not (demo.empty() or add):
            raise ConfigurationError(
                "The database knows people already; made-up ones could not be told from them. "
                "Name another database, or say --add."
            )
        demo.fill(conversations, demo.Story(time.time(), days, seed, test_share))
    finally:
        opened.close()
    typer.echo(f"{conversations} conversations of the last {days:g} days")
