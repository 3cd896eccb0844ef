"""One sender for each bot: whoever holds the lease, and who takes over."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.base.processes import process
from core.conversation.delivery import lease
from core.conversation.models import Lease
from tests.conversation.racing import at_once, in_processes

pytestmark = pytest.mark.usefixtures("db")


def test_one_holds_it_and_another_waits() -> None:
    assert lease.hold("telegram:1", "there:1")
    assert not lease.hold("telegram:1", "elsewhere:2")


def test_the_holder_renews_it() -> None:
    assert lease.hold("telegram:1", "there:1", 0.5)
    assert lease.hold("telegram:1", "there:1", 60)
    time.sleep(0.6)
    assert not lease.hold("telegram:1", "elsewhere:2")


def test_a_standby_takes_over_when_it_has_run_out() -> None:
    assert lease.hold("telegram:1", "there:1", 0.1)
    time.sleep(0.2)
    assert lease.hold("telegram:1", "elsewhere:2")
    assert not lease.hold("telegram:1", "there:1")


def test_each_bot_has_its_own() -> None:
    assert lease.hold("telegram:1", "there:1")
    assert lease.hold("telegram:2", "elsewhere:2")


def test_what_is_given_back_can_be_had_at_once() -> None:
    assert lease.hold("telegram:1", "there:1")
    lease.release("telegram:1", "elsewhere:2")
    assert not lease.hold("telegram:1", "elsewhere:2")
    lease.release("telegram:1", "there:1")
    assert lease.hold("telegram:1", "elsewhere:2")


def test_a_dead_process_of_this_machine_holds_nothing() -> None:
    named = "from core.base.processes import process; print(process.own_name())"
    gone = subprocess.run([sys.executable, "-c", named], capture_output=True, text=True, check=True)
    assert lease.hold("telegram:1", gone.stdout.strip(), 60)
    assert lease.hold("telegram:1", "elsewhere:2")


def test_an_earlier_process_of_this_number_holds_nothing() -> None:
    machine, number, _ = process.own_name().split(":")
    assert lease.hold("telegram:1", f"{machine}:{number}:before", 60)
    assert lease.hold("telegram:1", process.own_name())


def test_a_living_process_of_this_machine_keeps_it(db: Any) -> None:
    assert lease.hold("telegram:1", process.own_name(), 60)
    assert not lease.hold("telegram:1", "elsewhere:2"), db


def test_of_two_containers_of_one_name_each_with_its_own_numbers_one_has_it() -> None:
    unshare = ["unshare", "--pid", "--fork", sys.executable, "-c"]
    named = (
        "import os; from core.base.processes import process; print(os.getpid(), process.own_name())"
    )
    there = subprocess.run([*unshare, named], capture_output=True, text=True, check=False)
    if there.returncode:
        pytest.skip("this system makes no spaces of process numbers")
    number, name = there.stdout.split()
    assert number == "1"
    assert lease.hold("telegram:1", name, 60)
    assert not lease.hold("telegram:1", process.own_name()), "it has ended, but nobody here knows"


def test_one_of_another_machine_is_waited_for_whatever_its_number() -> None:
    assert lease.hold("telegram:1", "elsewhere:999999999", 60)
    assert not lease.hold("telegram:1", process.own_name())


def test_of_many_threads_that_want_it_at_once_one_has_it() -> None:
    assert sorted(at_once(*[_holding(name) for name in "abcd"])) == [False, False, False, True]


def _holding(holder: str) -> Callable[[], bool]:
    return lambda: lease.hold("telegram:1", f"there:{holder}")


def test_of_many_processes_that_want_it_at_once_one_has_it(database_url: str) -> None:
    in_processes(database_url, _hold_and_note, [(name,) for name in "abcd"])
    holders = {row.name: row.holder for row in Lease.select()}
    assert set(holders) == {"telegram:1", "noted"}
    assert holders["telegram:1"] == holders["noted"]


def _hold_and_note(name: str) -> None:
    if lease.hold("telegram:1", f"there:{name}"):
        assert lease.hold("noted", f"there:{name}")
