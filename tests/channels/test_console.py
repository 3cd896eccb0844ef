"""The terminal through a pipe: what it waits for before it goes."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from channels.console import Console
from channels.console.talk import Talk, _files
from core.app.bootstrap import bootstrap
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.messages import Address, Event, Kind, Person, Picture, Screen, Update
from core.conversation.models import PendingNotice
from core.services.made_by_ai import XMP, marked


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


def test_photos_that_the_store_can_not_take_are_asked_for_again(
    sqlite_url: str, folder: Path
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    said = io.StringIO()
    talk = Talk(app, Console.capabilities, "me", "en", io.StringIO(), said)
    store = folder / "data" / "objects"
    store.rename(folder / "unmounted")
    assert talk._events("a.jpg b.jpg it's me") == []
    assert "this has not been taken. Please try again." in said.getvalue()
    (folder / "unmounted").rename(store)
    assert len(talk._events("a.jpg b.jpg it's me")) == 2
    app.close()


def test_a_caption_comes_with_the_last_file(sqlite_url: str, folder: Path) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    talk = Talk(app, Console.capabilities, "me", "en", io.StringIO(), io.StringIO())
    events = talk._events("a.jpg b.jpg gone.jpg /help")
    app.close()
    assert [event.caption for event in events] == ["", "/help"]


def test_pictures_are_laid_out_in_a_folder_of_the_talk_each_once_and_with_its_mark(
    sqlite_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    for key, colour in (("ab/1", "navy"), ("ab/2", "olive")):
        app.store.put(key, small_jpeg(colour))
    kept = Picture("ab/1", name="picture-1.jpg"), Picture("ab/2", "2 ⭐", "picture-1.jpg")
    album = Screen("Ready", pictures=(*kept, Picture("ab/gone", name="picture-3.jpg")))
    notices = {"ready": lambda _parameters, _language: album}
    monkeypatch.setattr(app.engine.flow, "notices", notices)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    said = io.StringIO()
    talk = Talk(app, Console.capabilities, "me", "en", io.StringIO(), said)
    talk.run()
    for key in ("first", "again"):
        with transaction():
            PendingNotice.create(conversation=talk._id, key=key, name="ready", created_at=0)
    talk._show()
    talk._lay_out((Picture("ab/1", "7 ❌"),))
    app.close()
    (own,) = folder.glob("likeness-*")
    paths = [own / "picture-1.jpg", own / "picture-1-2.jpg"]
    laid_out = f"🔔 Ready\n\n🖼 {paths[0]}\n🖼 2 ⭐ {paths[1]}\n"
    assert said.getvalue().endswith(f"\n{laid_out}\n{laid_out}🖼 7 ❌\n")
    assert sorted(own.iterdir()) == sorted([own / "examples.jpg", *paths])
    assert all(marked(path.read_bytes()) for path in paths)
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_newcomer_reads_in_one_line_what_the_examples_are(
    sqlite_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    said = io.StringIO()
    Console().run(app, "me", "en", io.StringIO(), said)
    app.close()
    (mark,) = [line for line in said.getvalue().splitlines() if line.startswith("🖼")]
    told, _, path = mark.rpartition(" ")
    assert told == "🖼 Studio portrait · Evening in the city · Watercolour"
    with Image.open(path) as sheet:
        assert sheet.width > 2 * sheet.height


def test_a_screen_stands_below_the_notice_that_came_with_it(
    sqlite_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(folder / "data"), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    monkeypatch.setattr(app.engine.flow, "notices", {"ready": lambda *_: Screen("Ready")})
    said = io.StringIO()
    talk = Talk(app, Console.capabilities, "me", "en", io.StringIO(), said)
    talk.run()
    with transaction():
        PendingNotice.create(conversation=talk._id, key="k", name="ready", created_at=0)
    talk._send(Event(Kind.COMMAND, "privacy"))
    talk._show()
    app.close()
    assert 0 < said.getvalue().index("🔔 Ready") < said.getvalue().index("📦 Download everything")


def small_jpeg(colour: str) -> bytes:
    """A picture made by AI, as its file says."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG", xmp=XMP)
    return file.getvalue()
