"""The terminal through a pipe: what it waits for before it goes."""

import io
from collections.abc import Callable
from pathlib import Path

from channels.console import Console
from core.bootstrap import bootstrap
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.settings import Settings


class Piped(io.StringIO):
    """An empty input; at its end something comes for the person from elsewhere."""

    def __init__(self, comes: Callable[[], object]) -> None:
        super().__init__()
        self._comes = comes

    def __next__(self) -> str:  # type: ignore[override]  # typeshed has bytes here
        self._comes()
        raise StopIteration


def test_whoever_leaves_is_shown_first_what_was_just_committed(
    database_url: str, tmp_path: Path
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": database_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    update = Update("1", Address("console", "console", "me"), Event(Kind.COMMAND, "privacy"),
                    Person("", "en"))  # fmt: skip
    said = io.StringIO()
    Console().run(app, "me", "en", Piped(lambda: app.engine.receive(update)), said)
    app.close()
    assert "📦 Download everything" in said.getvalue()
