"""The S3 store while its server is killed, hangs or talks nonsense, and over bad lines."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from core.base.errors import StorageUnavailable
from core.services.minio_store import MinioStore
from core.services.s3_client import ANSWER_SECONDS, CONNECT_SECONDS
from tests.fakes.bad_line import BadLine
from tests.fakes.narrow_s3 import NarrowS3
from tests.fakes.nonsense import NonsenseServer
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.patience import LONG
from tests.services.store_contract import KEY, operations


@pytest.fixture
def store(minio_store: MinioStore) -> MinioStore:
    minio_store.prepare()
    return minio_store


def test_a_killed_server_is_told_within_seconds_and_all_is_well_when_it_is_back(
    s3: S3Server, store: MinioStore
) -> None:
    store.put(KEY, b"face")
    s3.kill()
    try:
        for act in operations(store):
            began = time.monotonic()
            with pytest.raises(StorageUnavailable, match=r"storage\.endpoint") as caught:
                act()
            assert time.monotonic() - began < LONG
            assert caught.value.__cause__ is not None
        assert not store.ping()
    finally:
        s3.start()
    assert store.ping()
    assert store.get(KEY) == b"face"
    store.put(KEY, b"other face")
    assert store.get(KEY) == b"other face"


def test_a_store_that_was_out_of_reach_at_the_start_is_used_once_it_is_there(
    s3: S3Server,
) -> None:
    store = s3.store("late")
    s3.kill()
    try:
        with pytest.raises(StorageUnavailable):
            store.put(KEY, b"face")
    finally:
        s3.start()
    store.put(KEY, b"face")
    assert store.get(KEY) == b"face"
    assert store.delete_prefix("7/") == 1


def test_where_many_can_not_be_deleted_at_once_each_is_deleted(s3: S3Server) -> None:
    s3.store("narrow").prepare()
    with NarrowS3(s3.endpoint) as narrow:
        store = MinioStore(
            narrow.endpoint, "narrow", access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False
        )
        for n in range(5):
            store.put(f"7/anna/{n}", b"face")
        store.put("8/boris/1", b"another face")
        assert store.delete_prefix("7/") == 5
        assert list(store.keys("")) == ["8/boris/1"]


def test_a_server_killed_in_the_middle_of_puts_has_whole_objects_only(
    s3: S3Server, store: MinioStore
) -> None:
    told: list[str] = []
    for _ in range(2):
        told += _put_until_killed(s3, store)
    assert set(store.keys("")) >= set(told)
    for key in store.keys(""):
        assert sha256(store.get(key)).hexdigest() == key.rpartition("/")[2]
    assert _unfinished(store) == []


def _put_until_killed(s3: S3Server, store: MinioStore) -> list[str]:
    told: list[str] = []
    failed: list[StorageUnavailable] = []

    def put_on() -> None:
        try:
            while True:
                data = random.randbytes(6_000_000)
                key = f"7/anna/{sha256(data).hexdigest()}"
                store.put(key, data)
                told.append(key)
        except StorageUnavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=put_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not told:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 0.2))
    s3.kill()
    try:
        for thread in threads:
            thread.join(30)
    finally:
        s3.start()
    assert len(failed) == len(threads)
    return told


ENDLESS_PUTS = """
import sys
from hashlib import sha256
from random import Random
from core.services.minio_store import MinioStore
endpoint, prefix, access, secret, seed = sys.argv[1:]
store = MinioStore(endpoint, "photos", access, secret, secure=False, prefix=prefix)
random = Random(int(seed))
while True:
    data = random.randbytes(6_000_000)
    name = sha256(data).hexdigest()
    store.put(f"7/anna/{name}", data)
    print(name, flush=True)
"""


def test_a_process_killed_in_the_middle_of_puts_leaves_whole_objects_only(
    s3: S3Server, store: MinioStore
) -> None:
    told = []
    for seed in range(5):
        arguments = [s3.endpoint, store._prefix, ACCESS_KEY, SECRET_KEY, str(seed)]
        command = [sys.executable, "-c", ENDLESS_PUTS, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            time.sleep(random.uniform(0, 0.1))
            child.kill()
            told += (first + child.stdout.read()).split()
    names = {key.rpartition("/")[2] for key in store.keys("")}
    assert names >= {name for name in told if len(name) == 64}
    for name in names:
        assert sha256(store.get(f"7/anna/{name}")).hexdigest() == name
    assert _unfinished(store) == []


def _unfinished(store: MinioStore) -> list[str]:
    """Uploads in parts that somebody died over: no listing of objects shows them."""
    listed = store._client._list_multipart_uploads("photos", prefix=store._prefix)
    return [upload.object_name for upload in listed.uploads]


def test_a_server_that_hangs_is_given_up(s3: S3Server, store: MinioStore) -> None:
    s3.freeze()
    began = time.monotonic()
    try:
        with pytest.raises(StorageUnavailable):
            store.exists(KEY)
    finally:
        s3.thaw()
    assert time.monotonic() - began < 2 * ANSWER_SECONDS + LONG
    assert store.ping()


def test_a_host_that_does_not_answer_is_given_up() -> None:
    with socket.socket() as door, socket.socket() as first, socket.socket() as second:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for waiting in (first, second):  # a full queue: whoever comes now is not answered
            waiting.setblocking(False)
            waiting.connect_ex(door.getsockname())
        endpoint = f"127.0.0.1:{door.getsockname()[1]}"
        store = MinioStore(endpoint, "photos", ACCESS_KEY, SECRET_KEY, secure=False)
        began = time.monotonic()
        assert not store.ping()
        assert CONNECT_SECONDS < time.monotonic() - began < 3 * CONNECT_SECONDS + LONG


def test_an_answer_that_breaks_off_is_no_object(s3: S3Server, store: MinioStore) -> None:
    store.put(KEY, bytes(1_000_000))
    with BadLine(s3.endpoint) as line:
        far = _through(line, store)
        assert far.get(KEY) == bytes(1_000_000)
        far.close()
        line.cut_after = 300_000
        with pytest.raises(StorageUnavailable):
            far.get(KEY)
        far.close()


def test_a_slow_line_may_take_longer_to_send_than_to_connect(
    s3: S3Server, store: MinioStore
) -> None:
    data = random.randbytes(9_000_000)
    with BadLine(s3.endpoint) as line:
        far = _through(line, store)
        far.prepare()
        line.bytes_per_second = 1_500_000
        began = time.monotonic()
        far.put(KEY, data)
        assert time.monotonic() - began > 2 * CONNECT_SECONDS
        far.close()
    assert store.get(KEY) == data


def _through(line: BadLine, store: MinioStore) -> MinioStore:
    return MinioStore(
        line.endpoint, "photos", ACCESS_KEY, SECRET_KEY, secure=False, prefix=store._prefix
    )


@pytest.fixture
def nonsense() -> Iterator[NonsenseServer]:
    with NonsenseServer() as server:
        yield server


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"<html><p>Welcome"),
        (200, b"<Welcome/>"),
        (200, b"\xff\xfe"),
        (301, b""),
        (307, b"<Error><Code>TemporaryRedirect</Code></Error>"),
        (404, b"not here"),
        (429, b"slow down"),
        (500, b"<Error><Code>InternalError</Code></Error>"),
        (503, b"<html>maintenance"),
        (507, b"<Error><Code>StorageFull</Code></Error>"),
    ],
    ids=str,
)
def test_whoever_is_no_store_is_told_as_a_failing_one_at_once(
    nonsense: NonsenseServer, answer: tuple[int, bytes], tmp_path: Path
) -> None:
    nonsense.answer = answer
    store = MinioStore(nonsense.endpoint, "photos", ACCESS_KEY, SECRET_KEY, secure=False)
    began = time.monotonic()
    for act in operations(store):
        with pytest.raises(StorageUnavailable):
            act()
    store.close()
    assert time.monotonic() - began < LONG
    assert "/elsewhere" not in nonsense.asked
