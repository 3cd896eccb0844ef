"""The terminal through a pipe: what it waits for before it goes."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from channels.console import Console, _files, _Talk
from core.app.bootstrap import bootstrap
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.messages import Address, Event, Kind, Person, Picture, Screen, Update
from core.conversation.models import PendingNotice


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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "my cat.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "paths", "caption"),
    [
        ("a.jpg b.jpg", ["a.jpg", "b.jpg"], ""),
        ("a.jpg Anna", ["a.jpg"], "Anna"),
        ("a.jpg b.jpg /cancel", ["a.jpg", "b.jpg"], "/cancel"),
        ("a.jpg this is me b.jpg", ["a.jpg", "b.jpg"], "this is me"),
        ("a.jpg it's me", ["a.jpg"], "it's me"),
        ("'my cat.png' Tom", ["my cat.png"], "Tom"),
        ("a*.jpg 💃", ["a.jpg"], "💃"),
        ("gone.jpg", ["gone.jpg"], ""),
        ("a.jpg gone.jpg Anna", ["a.jpg", "gone.jpg"], "Anna"),
        ("Anna a.jpg", [], ""),
        ("gone.jpg is my file", [], ""),
        ("don't", [], ""),
        ("", [], ""),
    ],
)
def test_what_stands_beside_paths_is_their_caption(
    line: str, paths: list[str], caption: str, folder: Path
) -> None:
    assert _files(line) == ([Path(path) for path in paths], caption)


def test_a_caption_comes_with_the_last_file(sqlite_url: str, folder: Path) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    talk = _Talk(app, "me", "en", io.StringIO(), io.StringIO())
    events = talk._events("a.jpg b.jpg gone.jpg /help")
    app.close()
    assert [event.caption for event in events] == ["", "/help"]


def test_pictures_of_a_notice_are_saved_where_the_terminal_stands(
    sqlite_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    keys = [Picture(key) for key in ("ab/1", "ab/2")]
    for picture in keys:
        app.store.put(picture.key, small_jpeg())
    ready = Screen("Ready", pictures=(*keys, Picture("ab/gone")))
    notices = {"ready": lambda _parameters, _language: ready}
    monkeypatch.setattr(app.engine.flow, "notices", notices)
    said = io.StringIO()
    talk = _Talk(app, "me", "en", io.StringIO(), said)
    talk.run()
    with transaction():
        PendingNotice.create(conversation=talk._id, key="k", name="ready", created_at=0)
    monkeypatch.chdir(folder)
    talk._show()
    app.close()
    paths = [folder / "picture.jpg", folder / "picture-2.jpg"]
    assert said.getvalue().endswith("🔔 Ready\n\n" + "".join(f"🖼 {path}\n" for path in paths))
    assert all(path.read_bytes().startswith(b"\xff\xd8") for path in paths)


def small_jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(file, "JPEG")
    return file.getvalue()
