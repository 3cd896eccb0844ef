"""Bytes that wait for the inbox, in either store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.avatars.ports import ObjectStore
from core.base.errors import ObjectMissing, StorageUnavailable
from core.services.spool import Spool
from core.services.storage import FolderStore, files_in


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The folder of the first versions."""
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


@pytest.fixture
def spool(store: ObjectStore, before: Path) -> Spool:
    return Spool(store, before)


def test_bytes_are_read_back_by_the_name_they_got(spool: Spool) -> None:
    name = spool.put(b"face")
    assert spool.read(name) == b"face"


def test_the_same_bytes_sent_twice_have_two_names(spool: Spool) -> None:
    first, second = spool.put(b"face"), spool.put(b"face")
    spool.remove(first)
    assert spool.read(second) == b"face"


def test_what_is_put_again_under_its_name_is_there_once(spool: Spool, store: ObjectStore) -> None:
    name = spool.put(b"face")
    assert spool.put(b"face", name) == name
    assert len(list(store.keys(""))) == 1


def test_another_host_reads_and_removes_them(store: ObjectStore, tmp_path: Path) -> None:
    here, there = Spool(store, tmp_path / "here"), Spool(store, tmp_path / "there")
    name = here.put(b"face")
    assert there.read(name) == b"face"
    there.remove(name)
    with pytest.raises(ObjectMissing):
        here.read(name)
    assert [path for path in files_in(tmp_path) if path.read_bytes() == b"face"] == []


def test_bytes_outlive_the_process_that_put_them(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from core.services.spool import Spool\n"
        "from core.services.storage import FolderStore; folder = Path(sys.argv[1])\n"
        "print(Spool(FolderStore(folder), folder).put(b'face'), flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "objects")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -9
    spool = Spool(FolderStore(tmp_path / "objects"), tmp_path / "spool")
    assert spool.read(done.stdout.strip()) == b"face"


def test_removed_bytes_are_missing_and_removing_may_be_repeated(
    spool: Spool, store: ObjectStore
) -> None:
    name = spool.put(b"face")
    for _ in range(2):
        spool.remove(name)
        with pytest.raises(ObjectMissing):
            spool.read(name)
    assert list(store.keys("")) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text() | st.sampled_from(["../secret", "/etc/passwd", "", ".", "a\0b", "A" * 32]))
def test_a_name_that_the_spool_never_gave_is_missing(before: Path, name: str) -> None:
    spool = Spool(FolderStore(before.parent / "objects"), before)
    secrets = (before.parent / "secret", before.parent / "objects" / "secret")
    for secret in secrets:
        secret.write_bytes(b"not yours")
    with pytest.raises(ObjectMissing):
        spool.read(name)
    spool.remove(name)
    assert all(secret.exists() for secret in secrets)


def test_the_sweep_takes_what_is_old_and_leaves_what_is_fresh(store: ObjectStore) -> None:
    spool = Spool(store, Path("nowhere"))
    name = spool.put(b"old")
    put_at = store.modified(f"spool/{name}")
    assert Spool(store, Path("nowhere"), lambda: put_at + 3599).sweep(3600) == 0
    assert spool.read(name) == b"old"
    assert Spool(store, Path("nowhere"), lambda: put_at + 3600).sweep(3600) == 1
    assert list(store.keys("")) == []


def test_what_the_first_versions_kept_in_a_folder_is_found_and_goes(
    spool: Spool, before: Path
) -> None:
    kept, old = before / ("a" * 32), before / ("b" * 32)
    for path in (kept, old):
        path.write_bytes(b"face")
    os.utime(old, (0, 0))
    assert spool.sweep(3600) == 1
    assert spool.read(kept.name) == b"face"
    spool.remove(kept.name)
    with pytest.raises(ObjectMissing):
        spool.read(kept.name)
    assert list(before.iterdir()) == []


def test_a_spool_whose_disk_is_gone_says_so(tmp_path: Path) -> None:
    spool = Spool(FolderStore(tmp_path / "objects"), tmp_path / "spool")
    name = spool.put(b"face")
    (tmp_path / "objects").rename(tmp_path / "unmounted")
    with pytest.raises(StorageUnavailable):
        spool.put(b"face")
    with pytest.raises(StorageUnavailable):
        spool.read(name)
