"""Wake-ups: prompt, and never depended upon."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from core.services.jobs import Jobs
from tests.patience import LONG


@pytest.fixture(params=["file", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where processes wake each other, "" in a file."""
    if request.param == "file":
        return ""
    create: Callable[[str], str] = request.getfixturevalue("new_postgresql")
    return create("queue")


@pytest.fixture
def jobs(tmp_path: Path, url: str) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "queue" / "jobs.db", url)
    yield made
    made.stop()
    made.close()


@pytest.fixture
def in_file(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "queue" / "jobs.db")
    yield made
    made.stop()
    made.close()


def test_a_queue_that_is_there_is_opened_while_its_server_only_reads(
    tmp_path: Path, new_postgresql: Callable[[str], str]
) -> None:
    url = new_postgresql("queue")
    Jobs(tmp_path / "jobs.db", url).close()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER DATABASE queue SET default_transaction_read_only = on")
    reading = Jobs(tmp_path / "jobs.db", url)
    reading.wake("photo", "1")
    assert reading.waiting() == 0
    reading.close()


def test_many_processes_make_the_queue_at_once(
    tmp_path: Path, new_postgresql: Callable[[str], str]
) -> None:
    for attempt in range(5):
        url = new_postgresql(f"queue{attempt}")
        ready = threading.Barrier(8)

        def open_it(url: str = url, ready: threading.Barrier = ready) -> None:
            ready.wait(LONG)
            Jobs(tmp_path / "jobs.db", url).close()

        with ThreadPoolExecutor(8) as pool:
            for opened in [pool.submit(open_it) for _ in range(8)]:
                opened.result()


class Seen:
    """A handler that notes what it was called with."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, id: str) -> None:
        self.ids.append(id)


def wait_for(holds: Callable[[], bool], seconds: float = LONG) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)


def test_a_wake_up_reaches_its_handler_and_no_other(jobs: Jobs) -> None:
    photos, runs = Seen(), Seen()
    jobs.serve({"photo": photos, "run": runs})
    jobs.wake("run", "7")
    wait_for(lambda: runs.ids == ["7"])
    assert photos.ids == []


def test_another_process_is_woken(jobs: Jobs, url: str, tmp_path: Path) -> None:
    seen = Seen()
    jobs.serve({"photo": seen})
    code = (
        "import sys; from pathlib import Path; from core.services.jobs import Jobs\n"
        "Jobs(Path(sys.argv[1]), sys.argv[2]).wake('photo', 'from afar')"
    )
    path = tmp_path / "queue" / "jobs.db"
    subprocess.run([sys.executable, "-c", code, str(path), url], check=True)
    wait_for(lambda: seen.ids == ["from afar"])


def test_what_was_woken_while_nobody_served_is_handled_later(jobs: Jobs) -> None:
    jobs.wake("photo", "1")
    assert jobs.waiting() == 1
    seen = Seen()
    jobs.serve({"photo": seen})
    wait_for(lambda: seen.ids == ["1"])
    assert jobs.waiting() == 0


def test_two_that_serve_share_the_work(jobs: Jobs, url: str, tmp_path: Path) -> None:
    other, seen = Jobs(tmp_path / "queue" / "jobs.db", url), Seen()
    jobs.serve({"photo": seen}, threads=2)
    other.serve({"photo": seen}, threads=2)
    for n in range(50):
        jobs.wake("photo", str(n))
    wait_for(lambda: len(seen.ids) == 50)
    other.stop()
    other.close()
    assert sorted(map(int, seen.ids)) == list(range(50))


def test_serving_leaves_the_signals_alone_and_works_from_any_thread(jobs: Jobs) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    seen = Seen()
    thread = threading.Thread(target=jobs.serve, args=({"photo": seen},))
    thread.start()
    thread.join()
    jobs.wake("photo", "1")
    wait_for(lambda: seen.ids == ["1"])
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_a_handler_that_fails_stops_nothing(jobs: Jobs) -> None:
    seen = Seen()

    def fail(id: str) -> None:
        raise RuntimeError(id)

    jobs.serve({"run": fail, "photo": seen})
    jobs.wake("run", "1")
    jobs.wake("unheard of", "1")
    jobs.wake("photo", "2")
    wait_for(lambda: seen.ids == ["2"])


def test_stopping_waits_for_what_is_being_handled(jobs: Jobs) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(id: str) -> None:
        begun.set()
        time.sleep(0.2)
        ended.set()

    jobs.serve({"photo": slow})
    jobs.wake("photo", "1")
    begun.wait(LONG)
    jobs.stop()
    assert ended.is_set()


def test_stopping_may_be_repeated_and_serving_begun_again(jobs: Jobs) -> None:
    seen = Seen()
    for n in range(2):
        jobs.serve({"photo": seen})
        jobs.wake("photo", str(n))
        wait_for(lambda n=n: len(seen.ids) == n + 1)  # type: ignore[misc]
        jobs.stop()
        jobs.stop()


def test_a_wake_up_that_cannot_be_written_is_lost_in_silence(in_file: Jobs, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "queue" / "jobs.db") as blocker:
        blocker.execute("BEGIN EXCLUSIVE")
        in_file.wake("photo", "lost")
        blocker.rollback()
    blocker.close()
    assert in_file.waiting() == 0
    in_file.wake("photo", "found")
    assert in_file.waiting() == 1


def test_a_queue_whose_disk_is_gone_raises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    broken = Jobs(path)
    broken.close()
    for file in tmp_path.iterdir():
        file.unlink()
    path.mkdir()
    broken.wake("photo", "1")


def test_a_message_costs_no_fsync_and_leaves_no_result(in_file: Jobs, tmp_path: Path) -> None:
    connection = in_file._huey.storage.conn
    assert connection.execute("pragma synchronous").fetchone() == (1,)
    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    seen = Seen()
    in_file.serve({"photo": seen})
    in_file.wake("photo", "1")
    wait_for(lambda: seen.ids == ["1"])
    in_file.stop()
    assert in_file._huey.result_count() == 0
