"""The commands that show what is: the settings in force, and the flow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import ConfigurationError
from core.base.settings import Settings, describe

BLOCK = ("<!-- diagram -->", "<!-- /diagram -->")
"""What encloses the diagram in a page."""


def add_to(app: typer.Typer) -> None:
    """Make the commands known to the command line."""
    for command in (config, doctor, diagram):
        app.command()(command)


def config() -> None:
    """Show the settings in force and where each came from."""
    typer.echo(describe(Settings.load()), nl=False)


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what asks another machine.")
    ] = False,
) -> None:
    """Check this installation; exit code 1 if something is wrong."""
    from core.app import doctor as practice
    from core.base import checkup
    from core.base.logs import log

    try:
        settings = Settings.load()
        log.configure(settings.log)
        checks = practice.checks(settings, offline)
    except ConfigurationError as error:
        typer.echo(checkup.Finding("configuration", "wrong", str(error)).line())
        raise typer.Exit(1) from None
    levels = ["right"]
    typer.echo(checkup.Finding("configuration", "right", "every setting can be read").line())
    for finding in checkup.findings(checks):
        typer.echo(finding.line())
        levels.append(finding.level)
    counted = ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(levels))
    typer.echo(counted)
    if "wrong" in levels:
        raise typer.Exit(1)


def diagram(
    into: Annotated[Path | None, typer.Option(help=f"A page with {BLOCK[0]} … {BLOCK[1]}.")] = None,
) -> None:
    """Draw the flow as a Mermaid diagram, from its table."""
    from core.app.commands.diagram import diagram as drawn

    if into is None:
        typer.echo(drawn())
    else:
        _replace_block(into, f"```mermaid\n{drawn().strip()}\n```")


def _replace_block(page: Path, text: str) -> None:
    try:
        before, start, rest = page.read_text(encoding="utf-8").partition(BLOCK[0])
        _, end, after = rest.partition(BLOCK[1])
        if not end:
            told = f"{page} has no {BLOCK[0]} … {BLOCK[1]}. Put it where it belongs."
            raise ConfigurationError(told)
        page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{page} is no page to draw into: {error}.") from None
