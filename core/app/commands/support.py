"""The commands that read and answer what people write to support."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from core.app.commands import by_hand
from core.base.settings import Settings

support = typer.Typer(help="Read and answer what people write to you.", no_args_is_help=True)


@support.command("list")
def list_() -> None:
    """List messages: unanswered ones first, then the newest."""
    from core.app.bootstrap import bootstrap
    from core.avatars.support import listed

    bootstrap(Settings.load(), elsewhere=True)
    for message in listed():
        at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(message.at))
        state = "answered" if message.answered_at else "waiting"
        typer.echo(
            f"{message.id}  {state:<8}  {at}  {message.user_id}  {_harmless(message.user.name)}"
        )
        typer.echo(_indented(message.text))
        if message.answer:
            typer.echo(_indented(f"→ {message.answer}"))


@support.command()
def answer(
    message: Annotated[int, typer.Argument(help="Its number, as `likeness support list` has it.")],
    text: Annotated[str, typer.Argument(help="The answer, in quotes.")],
) -> None:
    """Answer a message; the answer comes to the person's chat."""
    from core.app.bootstrap import bootstrap

    with by_hand.admin_actions(bootstrap(Settings.load(), elsewhere=True)) as actions:
        actions.answer(message, text)


def _indented(text: str) -> str:
    return "\n".join(f"    {_harmless(line)}" for line in text.splitlines())


def _harmless(text: str) -> str:
    """What somebody wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
