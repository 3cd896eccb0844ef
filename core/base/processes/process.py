"""This process as others know it by the database: where it runs, its number, and its start.

Two containers may bear one name, and each has a process 1: a machine is what was booted once, and
in it a space of numbers. The start tells a process from an earlier one of its number.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

_START = secrets.token_hex(4)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")
_HOST_LETTERS = 40


def own_name() -> str:
    """`machine:number:start`, at most 70 letters; no other process ever has it."""
    return f"{machine()}:{os.getpid()}:{_START}"


def is_gone(name: str) -> bool:
    """Whether a process of this machine has ended; of another machine nobody here can say."""
    where, _, rest = name.partition(":")
    number, _, start = rest.partition(":")
    if where != machine() or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return start != _START
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def machine() -> str:
    """This machine and its space of process numbers: a container is one of its own."""
    known = socket.gethostname()
    with suppress(OSError):  # only Linux says
        known += f"{_BOOT.read_text()}{_NUMBERS.stat().st_ino}"
    mark = hashlib.blake2s(known.encode(), digest_size=4).hexdigest()
    return f"{socket.gethostname()[:_HOST_LETTERS]}.{mark}"
