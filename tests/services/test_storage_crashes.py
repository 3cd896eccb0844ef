"""The folder store while processes are killed, the disk fills up, and threads race."""

import random
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

from core.services.storage import FolderStore

KEY = "7/anna/" + "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


FULL_DISK = """
import resource, sys
from pathlib import Path
from core.base.errors import StorageUnavailable
from core.services.storage import FolderStore
store = FolderStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.put("7/anna/1", bytes(1_000_000))
except StorageUnavailable as error:
    print(type(error.__cause__).__name__, list(store.keys("")))
"""


def test_a_full_disk_is_told_and_leaves_nothing_behind(store: FolderStore) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(store.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "OSError []"
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


ENDLESS_PUTS = """
import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from core.services.storage import FolderStore
store, random = FolderStore(Path(sys.argv[1])), Random(int(sys.argv[2]))
while True:
    data = random.randbytes(4_000_000)
    name = sha256(data).hexdigest()
    store.put(f"7/anna/{name}", data)
    store.put("7/anna/same", data[:2_000_000] * 2)
    print(name, flush=True)
"""


def test_a_kill_in_the_middle_of_a_put_leaves_no_half_object(store: FolderStore) -> None:
    acknowledged = []
    for seed in range(12):
        acknowledged += _put_until_killed(store.root, seed, after=random.uniform(0, 0.08))
    found = set(store.keys("7/anna/")) - {"7/anna/same"}
    assert found >= {f"7/anna/{name}" for name in acknowledged}
    for key in found:
        assert sha256(store.get(key)).hexdigest() == key.rpartition("/")[2]
    same = store.get("7/anna/same")
    assert same[:2_000_000] == same[2_000_000:]
    assert len(same) == 4_000_000


def _put_until_killed(root: Path, seed: int, after: float) -> list[str]:
    command = [sys.executable, "-c", ENDLESS_PUTS, str(root), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after)
        child.kill()
        lines = first + child.stdout.read()
    return [line for line in lines.split() if len(line) == 64]


def test_many_threads_put_and_read_one_object_and_never_see_half_of_it(
    store: FolderStore,
) -> None:
    contents = [bytes([n]) * 300_000 for n in range(4)]
    store.put(KEY, contents[0])
    torn: list[int] = []

    def put_and_read(mine: bytes) -> None:
        for _ in range(25):
            store.put(KEY, mine)
            seen = store.get(KEY)
            if seen not in contents:
                torn.append(len(seen))

    threads = [threading.Thread(target=put_and_read, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []
