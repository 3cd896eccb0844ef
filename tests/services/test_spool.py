"""Bytes that wait for the inbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import ObjectMissing, StorageUnavailable
from core.services.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def test_bytes_are_read_back_by_the_name_they_got(spool: Spool) -> None:
    name = spool.put(b"face")
    assert spool.read(name) == b"face"


def test_the_same_bytes_sent_twice_have_two_names(spool: Spool) -> None:
    first, second = spool.put(b"face"), spool.put(b"face")
    spool.remove(first)
    assert spool.read(second) == b"face"


def test_bytes_outlive_the_process_that_put_them(spool: Spool) -> None:
    code = (
        "import os, sys; from pathlib import Path; from core.services.spool import Spool\n"
        "print(Spool(Path(sys.argv[1])).put(b'face'), flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(spool.folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -9
    assert spool.read(done.stdout.strip()) == b"face"


def test_removed_bytes_are_missing_and_removing_may_be_repeated(spool: Spool) -> None:
    name = spool.put(b"face")
    for _ in range(2):
        spool.remove(name)
        with pytest.raises(ObjectMissing):
            spool.read(name)
    assert list(spool.folder.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text() | st.sampled_from(["../secret", "/etc/passwd", "", ".", "a\0b", "A" * 32]))
def test_a_name_that_the_spool_never_gave_is_missing(spool: Spool, name: str) -> None:
    secret = spool.folder.parent / "secret"
    secret.write_bytes(b"not yours")
    with pytest.raises(ObjectMissing):
        spool.read(name)
    spool.remove(name)
    assert secret.exists()


def test_the_sweep_takes_what_is_old_and_leaves_what_is_fresh(spool: Spool) -> None:
    old, fresh = spool.put(b"old"), spool.put(b"fresh")
    half = spool.folder / ".left-by-a-killed-process.part"
    half.write_bytes(b"ha")
    for path in (spool.folder / old, half):
        os.utime(path, (0, 0))
    assert spool.sweep(3600) == 2
    assert [path.name for path in spool.folder.iterdir()] == [fresh]


def test_a_spool_whose_disk_is_gone_says_so(spool: Spool) -> None:
    name = spool.put(b"face")
    spool.folder.rename(spool.folder.with_name("unmounted"))
    with pytest.raises(StorageUnavailable) as caught:
        spool.put(b"face")
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(StorageUnavailable):
        spool.read(name)


def test_only_the_owner_of_the_process_can_read(spool: Spool) -> None:
    name = spool.put(b"face")
    assert (spool.folder / name).stat().st_mode & 0o077 == 0
    assert spool.folder.stat().st_mode & 0o077 == 0
