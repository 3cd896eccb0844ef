"""The commands of those who watch over Likeness: the dashboard and its users."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from core.app import extras
from core.app.commands import data
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.installed import installed_pages
from core.base.settings.running.dashboard import NAME, ROLES


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    app.command()(dashboard)
    app.command()(password)


def configured(settings: Settings) -> dict[str, Any]:
    """What `likeness run` starts beside the channels."""
    made = {name: made(settings.dashboard) for name, made in installed_pages().items()}
    return {name: page for name, page in made.items() if page.configured}


def tell_password(made: str | None) -> None:
    """Show a password that was made just now."""
    if made:
        typer.echo(f"{'':<10} log in as admin with the password {made} (shown this once)")


def dashboard() -> None:
    """Serve the dashboard."""
    from core.app.bootstrap import bootstrap
    from core.base.processes.heartbeat import beating
    from core.base.processes.liveness import told

    extras.require("dashboard")
    settings = Settings.load()
    found = installed_pages().get("dashboard")
    if found is None:
        raise ConfigurationError("No dashboard is installed.")
    page = found(settings.dashboard)
    application = bootstrap(settings, elsewhere=True)  # it takes no photos
    tell_password(page.prepare(settings.data_dir))
    with told(settings.data_dir, "dashboard"), beating("dashboard"):
        page.run(application)


def password(
    name: Annotated[str, typer.Argument(help="Who is to log in.")] = "admin",
    role: Annotated[str, typer.Option(help="viewer or admin.")] = "admin",
    renew: Annotated[
        bool, typer.Option("--renew", help="A new one for the admin of the first start, instead.")
    ] = False,
) -> None:
    """Make a user of the dashboard: asks for a password, prints what names the user."""
    from core.operation.passwords import LEAST_LETTERS, hashed, new_password

    if renew:
        with data.prepared(Settings.load()):
            typer.echo(f"admin has the password {new_password()} (shown this once)")
        return
    if role not in ROLES:
        raise ConfigurationError(f"There is no role {role!r}. Say viewer or admin.")
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no user's name. Write letters, figures and . _ @ - alone, 64 or fewer."
        )
    chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(chosen) < LEAST_LETTERS:
        raise ConfigurationError(
            f"That password has {len(chosen)} letters. Choose one of {LEAST_LETTERS} or more."
        )
    typer.echo("Add this to LIKENESS_DASHBOARD__USERS; several stand with spaces between:")
    typer.echo(f"{name}:{role}:{hashed(chosen)}")
