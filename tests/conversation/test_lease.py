"""One sender for each bot: whoever holds the lease, and who takes over."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from core.conversation import lease

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
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = lease.own_name().rpartition(":")[0]
    assert lease.hold("telegram:1", f"{machine}:{gone.pid}", 60)
    assert lease.hold("telegram:1", "elsewhere:2")


def test_a_living_process_of_this_machine_keeps_it(db: Any) -> None:
    assert lease.hold("telegram:1", lease.own_name(), 60)
    assert not lease.hold("telegram:1", "elsewhere:2"), db
