"""2,000 hostile requests to everything that is served: no 500, no rows, no memory, no neighbour."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from core.operation.serving.server import listen
from tests.patience import LONG
from tests.scenarios.house import House
from tests.sizes import SEED, sized

pytestmark = [pytest.mark.soak, pytest.mark.sized, pytest.mark.timeout(600)]

REQUESTS = sized(200, 600, 2_000)
AT_ONCE = 32
MEGABYTES = 20
"""So much may a process have grown since it answered its first hundred."""
PATHS = {
    "http": ("/fal/webhook/{}", "/download/{}", "/metrics", "/health", "/ready"),
    "web": (
        "/", "/view", "/act", "/upload", "/words", "/picture/{}", "/looks/{}/{}", "/favicon.ico",
        "/health", "/ready",
    ),
    "dashboard": (
        "/login", "/logout", "/overview", "/_stcore/stream", "/static/{}", "/health", "/ready",
    ),
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW")
ROWS = ("conversations", "inbox", "users", "avatar_photos", "fal_events", "audit", "login_attempts")

_LONG = f"X-A: {'b' * 4000}"
Made = tuple[bytes, float]
"""What is sent, and for how many seconds the sender then says nothing more."""


def _token(dice: random.Random) -> str:
    """What stands where an address has a name of ours: nonsense, forged or somebody else's."""
    return dice.choice(
        [
            "%00", "..%2f..%2fetc%2fpasswd", "x" * 5_000, "%F0%9F%8C%B8", "-", "%ff%fe",
            f"{dice.getrandbits(128):032x}", f"{dice.getrandbits(128):032x}.{dice.random()}",
        ]
    )  # fmt: skip


def _body(dice: random.Random) -> bytes:
    return dice.choice(
        [
            b"", b"{", b"null", b"[1]", b'{"key": 1}', b"[" * 5_000, b"\xff\xfe\x00" * 100,
            b'{"text": "a", "key": "b", "press": {"label": [], "token": {}}}',
            b'{"request_id": "x", "status": "OK", "payload": {}}', b"x" * 200_000,
            b'{"key": "\\ud800", "text": "\\u0000", "files": ["a.b.c"], "seen": [[[]]]}',
            b"user=admin&password=" + b"x" * 3_000, b"name=a\r\n\r\n" * 20,
        ]
    )  # fmt: skip


def _request(dice: random.Random, path: str) -> Made:
    """A request that no client of ours sends."""
    place = re.sub(r"\{\}", lambda _: _token(dice), path)
    if dice.random() < 0.3:
        place += "?" + dice.choice(
            ["after=%00", "known=" + "9" * 400, "wait", "start=%ff", "a" * 6_000]
        )
    body = _body(dice)
    lines = [
        f"{dice.choice(METHODS)} {place} HTTP/1.1",
        f"Host: {dice.choice(['localhost', 'evil.example', '', '127.0.0.1:1'])}",
        f"Cookie: {dice.choice(['visitor', 'session', 'a'])}={_token(dice)}",
        dice.choice(["Content-Type: application/json", "Content-Type: image/jpeg", _LONG]),
        dice.choice(["X-Forwarded-For: 1.2.3.4", "X-Fal-Webhook-Timestamp: 1", "Range: bytes=9-1"]),
        dice.choice(["Connection: close", "Connection: Upgrade\r\nUpgrade: websocket"]),
    ]  # fmt: skip
    how = dice.random()
    if how < 0.05:  # no HTTP at all
        return dice.randbytes(500), 0.0
    if how < 0.10:  # more is announced than comes
        lines.append(f"Content-Length: {len(body) + 1000}")
        return _sent(lines, body), 0.3
    if how < 0.15:  # slow, and then gone
        return _sent(lines, b"")[: dice.randrange(1, 60)], 0.5
    if how < 0.20:
        lines.append("Transfer-Encoding: chunked")
        return _sent(lines, b"fffffff\r\n" + body), 0.2
    if how < 0.25:
        lines.append("Content-Length: -5")
    else:
        lines.append(f"Content-Length: {len(body)}")
    return _sent(lines, body), 0.0


def _sent(lines: list[str], body: bytes) -> bytes:
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body


async def _ask(port: int, made: Made) -> int:
    """The status of the answer; 0 where there is none."""
    data, silence = made
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(data)
            await writer.drain()
            if silence:
                await asyncio.sleep(silence)
                return 0
            answer = await asyncio.wait_for(reader.read(64), 1)
        finally:
            writer.close()
    except (OSError, TimeoutError):
        return 0
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0


async def _storm(port: int, requests: list[Made]) -> Counter[int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(made: Made) -> int:
        async with gate:
            return await _ask(port, made)

    return Counter(await asyncio.gather(*map(one, requests)))


def _memory(pid: int) -> float:
    """Megabytes of its own."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.parametrize("command", PATHS)
def test_hostile_requests_leave_nothing_behind(tmp_path: Path, command: str) -> None:
    with listen("The test", command, "127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    house = House(tmp_path, **{f"{command}__port": port})
    process = house.start(command)
    url = f"http://127.0.0.1:{port}/health"
    dice = random.Random(SEED)
    requests = [_request(dice, dice.choice(PATHS[command])) for _ in range(REQUESTS)]
    try:
        house.wait_until(lambda: _well(url))
        asyncio.run(_storm(port, requests[:100]))  # what it loads once
        begun = time.monotonic()
        before, rows = _memory(process.pid), {table: house.count(table) for table in ROWS}
        found = asyncio.run(_storm(port, requests))
        until(lambda: _well(url))
        grown = _memory(process.pid) - before
        assert not [status for status in found if status >= 500], found
        assert "Traceback" not in house.said(command)
        assert grown < MEGABYTES, f"{grown:.0f} MB"
        minutes = int((time.monotonic() - begun) // 60) + 1
        counted = {"fal_events": minutes, "login_attempts": REQUESTS}  # one a minute; each failure
        for table, n in rows.items():
            assert house.count(table) - n <= counted.get(table, 0), table
    finally:
        house.stop()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _well(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
