"""What a line does to those on both of its ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chaos import loss
from tests.chaos.lines import Lines
from tests.patience import LONG


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that says what it is told, and how it is found."""
    door = socket.create_server(("127.0.0.1", 0))

    def answer(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            while said := caller.recv(1024):
                caller.sendall(said)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=door.accept()[:1], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{door.getsockname()[1]}"
    door.close()


@pytest.fixture
def lines(echo: str) -> Iterator[Lines]:
    with Lines({"echo": echo, "nobody": "127.0.0.1:1"}) as lines:
        yield lines


def call(lines: Lines, name: str = "echo") -> socket.socket:
    host, _, port = lines.endpoint(name).partition(":")
    return socket.create_connection((host, int(port)), LONG)


def told(caller: socket.socket, said: bytes) -> bytes:
    """What comes back; b"" where the line has ended."""
    with suppress(ConnectionError):
        caller.sendall(said)
        return caller.recv(1024)
    return b""


def test_a_line_forwards_both_ways(lines: Lines) -> None:
    with call(lines) as caller:
        assert told(caller, b"hello") == b"hello"


def test_what_a_silent_line_was_told_arrives_once_it_is_well(lines: Lines) -> None:
    with call(lines) as caller:
        assert told(caller, b"one") == b"one"
        lines.set("echo", "silent")
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            told(caller, b"two")
        lines.set("echo", "well")
        caller.settimeout(LONG)
        assert caller.recv(1024) == b"two"


def test_a_cut_line_ends_connections_and_takes_none(lines: Lines) -> None:
    with call(lines) as caller:
        assert told(caller, b"one") == b"one"
        lines.set("echo", "cut")
        assert told(caller, b"two") == b""
    with call(lines) as caller:
        assert told(caller, b"three") == b""
    lines.set("echo", "well")
    with call(lines) as caller:
        assert told(caller, b"four") == b"four"


@pytest.mark.skipif(not loss.possible(), reason="packets are lost by root with nft")
def test_what_is_lost_arrives_later(lines: Lines) -> None:
    with call(lines) as caller:
        assert told(caller, b"one") == b"one"
        lines.lose("echo", loss.ALL, 2)
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            told(caller, b"two")
        caller.settimeout(LONG)
        assert caller.recv(1024) == b"two"
    loss.end()


def test_a_server_that_is_gone_is_gone_at_the_line_too(lines: Lines) -> None:
    with call(lines, "nobody") as caller:
        assert told(caller, b"hello") == b""
