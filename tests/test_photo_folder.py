"""One database, one place for photos: any other folder is refused before a photo can be lost."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from core.app import photo_folder
from core.app.bootstrap import bootstrap
from core.app.cli import app
from core.avatars.privacy import orphans
from core.base.db import release, run
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.services.storage import FolderStore
from tests.patience import LONG
from tests.scenarios.house import House

ALL = ("web", "http", "worker", "console", "run", "repair")


@pytest.fixture
def host(db: Any, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Settings]]:
    """The settings of a host with a data folder of this name, on the one database."""

    def settings(folder: str, **more: str) -> Settings:
        environ = {
            "LIKENESS_DATABASE__URL": database_url,
            "LIKENESS_DATA_DIR": str(tmp_path / folder),
            **{f"LIKENESS_{key.upper()}": value for key, value in more.items()},
        }
        return Settings.load(environ=environ)

    yield settings
    release()  # of whichever house was wired last


def test_a_second_host_with_another_folder_is_refused_with_the_remedy(
    host: Callable[..., Settings], tmp_path: Path
) -> None:
    bootstrap(host("first"), io.StringIO()).close()
    with pytest.raises(ConfigurationError) as refused:
        bootstrap(host("second"), io.StringIO())
    said = str(refused.value)
    assert "uses this database" in said
    for part in (str(tmp_path / "first"), "data_dir", "database.url", "likeness adopt"):
        assert part in said
    assert not (tmp_path / "second").exists(), "nothing was begun"


def test_with_an_s3_server_each_host_has_a_data_folder_of_its_own(
    host: Callable[..., Settings],
) -> None:
    keys = {"storage__access_key": "a", "storage__secret_key": "b", "storage__backend": "minio"}
    for name in ("first", "second"):
        photo_folder.claim(host(name, **keys))


def test_with_a_shared_folder_of_objects_too(host: Callable[..., Settings], tmp_path: Path) -> None:
    for name in ("first", "second"):
        photo_folder.claim(host(name, storage__folder=str(tmp_path / "photos")))


def test_another_folder_of_objects_is_refused_as_well(
    host: Callable[..., Settings], tmp_path: Path
) -> None:
    photo_folder.claim(host("shared", storage__folder=str(tmp_path / "photos")))
    photo_folder.claim(host("shared", storage__folder=str(tmp_path / "photos")))
    with pytest.raises(ConfigurationError, match=r"storage\.folder"):
        photo_folder.claim(host("shared", storage__folder=str(tmp_path / "other photos")))


def test_the_mark_of_a_folder_of_objects_is_never_swept_away(
    host: Callable[..., Settings], tmp_path: Path
) -> None:
    photo_folder.claim(host("shared", storage__folder=str(tmp_path / "photos")))
    store, later = FolderStore(tmp_path / "photos"), time.time() + 30 * 86_400
    done = orphans.repair(store, later, believing=True)
    assert (done.foreign, done.doomed) == (1, 0)
    store.sweep(0)
    photo_folder.claim(host("shared", storage__folder=str(tmp_path / "photos")))


def test_the_same_folder_may_be_mounted_anywhere_and_moved(
    host: Callable[..., Settings], tmp_path: Path
) -> None:
    photo_folder.claim(host("first"))
    (tmp_path / "mounted").symlink_to(tmp_path / "first")
    photo_folder.claim(host("mounted"))
    (tmp_path / "first").rename(tmp_path / "moved")
    photo_folder.claim(host("moved"))


def test_of_folders_that_come_at_once_one_is_taken(host: Callable[..., Settings]) -> None:
    def come(number: int) -> bool:
        try:
            photo_folder.claim(host(f"folder {number % 2}"))
        except ConfigurationError:
            return False
        finally:
            release()
        return True

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(come, range(8)))
    assert sum(came) == 4
    assert len(set(came[::2])) == len(set(came[1::2])) == 1, "it is one and the same folder"


def test_a_database_beside_the_photos_can_not_be_elsewhere(tmp_path: Path) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path / "data")}
    bootstrap(Settings.load(environ=environ), io.StringIO()).close()
    assert not (tmp_path / "data" / photo_folder.MARK).exists()


def test_what_takes_no_photos_may_be_elsewhere_and_is_warned(
    host: Callable[..., Settings],
) -> None:
    photo_folder.claim(host("first"))
    warned = io.StringIO()
    bootstrap(host("second"), warned, elsewhere=True).close()
    assert "photos are kept elsewhere" in warned.getvalue()


def test_what_takes_no_photos_claims_no_folder(host: Callable[..., Settings]) -> None:
    bootstrap(host("the dashboard's"), io.StringIO(), elsewhere=True).close()
    photo_folder.claim(host("first"))


@pytest.mark.parametrize("damage", ["", "not a mark"])
def test_a_damaged_mark_is_named(
    host: Callable[..., Settings], tmp_path: Path, damage: str
) -> None:
    photo_folder.claim(host("first"))
    (tmp_path / "first" / photo_folder.MARK).write_text(damage)
    with pytest.raises(ConfigurationError, match=f"{photo_folder.MARK} is damaged"):
        photo_folder.claim(host("first"))


@pytest.fixture
def typed(
    host: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    tmp_path: Path,
) -> Callable[[str], Any]:
    """Types a command on the second host."""
    monkeypatch.setenv("LIKENESS_DATABASE__URL", database_url)
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(tmp_path / "second"))
    monkeypatch.chdir(tmp_path)
    return lambda command: CliRunner().invoke(app, [command])


def test_a_folder_is_adopted_by_hand_and_that_is_audited(
    host: Callable[..., Settings], typed: Callable[[str], Any], tmp_path: Path
) -> None:
    photo_folder.claim(host("first"))
    adopted = typed("adopt")
    assert (adopted.exit_code, str(tmp_path / "second") in adopted.output) == (0, True)
    photo_folder.claim(host("second"))
    with pytest.raises(ConfigurationError):
        photo_folder.claim(host("first"))
    audited = run("SELECT who, action, subject FROM audit").fetchall()
    assert [tuple(row) for row in audited] == [("command line", "adopt", str(tmp_path / "second"))]


def test_no_folder_is_adopted_while_a_process_may_take_photos_into_another(
    host: Callable[..., Settings], typed: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo_folder.claim(host("first"))
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
        "VALUES ('worker', 'elsewhere:7', 1000, 0, '1', '')"
    )
    monkeypatch.setattr("time.time", lambda: 1030.0)
    refused = typed("adopt")
    assert "worker (elsewhere:7)" in str(refused.exception or refused.output)
    monkeypatch.setattr("time.time", lambda: 1061.0)
    assert typed("adopt").exit_code == 0


@pytest.mark.parametrize("command", ALL)
def test_no_process_that_takes_or_keeps_photos_starts_elsewhere(
    host: Callable[..., Settings], database_url: str, tmp_path: Path, command: str
) -> None:
    photo_folder.claim(host("first"))
    (tmp_path / "second").mkdir()
    second = House(tmp_path / "second", database__url=database_url)
    process = second.start(command)
    assert process.wait(LONG) == 2
    assert "uses this database" in second.said(command)
