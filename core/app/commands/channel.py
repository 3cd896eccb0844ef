"""`likeness channel`: serves one, holds the contract kit's rules on one, or writes a new one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from core.app.commands.running import serve
from core.base.errors import ConfigurationError
from core.base.settings.installed import channel_names

if TYPE_CHECKING:
    from core.conversation.testing.kit import Verdict

EXAMPLE = Path(__file__).parents[1] / "new-channel"
"""A package of a channel called `pigeon`, which is the one that new ones are written from."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class _OrServe(TyperGroup):
    """Commands; any other word is the name of a channel that is to be served."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        known = super().get_command(ctx, cmd_name)
        return known or TyperCommand(cmd_name, callback=lambda: serve(cmd_name))


channel = typer.Typer(
    cls=_OrServe,
    help="Serve any installed channel by its name, check one, or begin one.",
    no_args_is_help=True,
    subcommand_metavar="NAME | check NAME | new NAME",
)


@channel.command()
def check(
    name: Annotated[str, typer.Argument(help="The channel, as its entry point calls it.")],
    rules: Annotated[
        str, typer.Option(help="Where its rules class is: FILE.py or MODULE, and :CLASS.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(help="Rules, or what their names begin with: kill/.")
    ] = None,
) -> None:
    """Hold every rule of the contract kit on a channel, and say what it is worth."""
    from core.conversation.testing.kit import check as checked
    from core.conversation.testing.kit import table, tier
    from core.conversation.testing.kit.finding import rules_of

    kind = rules_of(name, rules)

    def tell(verdict: Verdict) -> None:
        for line in table([verdict]):
            typer.echo(line)

    verdicts = checked(kind(), only or (), tell)
    wrong = [verdict for verdict in verdicts if verdict.outcome == "wrong"]
    for verdict in wrong:
        typer.echo(f"\n{verdict.rule.name}: {verdict.rule.says}\n{verdict.why}", err=True)
    counted = {one.outcome for one in verdicts}
    sums = (f"{sum(v.outcome == o for v in verdicts)} {o}" for o in sorted(counted))
    typer.echo(f"\n{', '.join(sums)}. Tier: {'of a part alone' if only else tier(verdicts)}.")
    if wrong:
        raise typer.Exit(1)


@channel.command()
def new(
    name: Annotated[str, typer.Argument(help="In lower case; a section of config.toml.")],
    into: Annotated[Path, typer.Option(help="The folder in which the package is made.")] = Path(),
) -> None:
    """Write a package with a channel that answers, its counterpart, and its rules."""
    if not _NAME.fullmatch(name) or name in {"check", "new", *channel_names()}:
        raise ConfigurationError(
            f"A channel can't be called {name!r}: choose a name in lower case that isn't taken."
        )
    folder = into / f"likeness-{name.replace('_', '-')}"
    if folder.exists():
        raise ConfigurationError(f"{folder} exists already.")
    for path in sorted(EXAMPLE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            made = folder / _renamed(str(path.relative_to(EXAMPLE)), name)
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_text(_renamed(path.read_text("utf-8"), name), "utf-8")
    typer.echo(f"{folder}: see README.md there.")


def _renamed(text: str, name: str) -> str:
    camel = "".join(part.capitalize() for part in name.split("_"))
    words = {
        "likeness-pigeon": f"likeness-{name.replace('_', '-')}",
        "PIGEON": name.upper(),
        "Pigeon": camel,
        "pigeon": name,
    }
    for old, new_word in words.items():
        text = text.replace(old, new_word)
    return text
