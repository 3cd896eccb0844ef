"""The lines between a host and the servers: a process that forwards bytes, slowly, or not at all.

    with Lines({"store": "127.0.0.1:8333", "database": "/run/.s.PGSQL.5432"}) as lines:
        lines.endpoint("store")           # where the host finds it
        lines.set("store", "silent")      # nothing gets through, and nobody is told
        lines.set("store", "cut")         # connections are reset, new ones too
        lines.set("store", "slow 0.1")    # every piece takes so many seconds more
        lines.set("store", "well")
        lines.lose("store", loss.ALL, 30) # packets are lost for so many seconds; see `loss.py`

All but the last need no rights of the system. What a silent line holds back is delivered later.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

from tests.chaos import loss

_PIECE = 65_536


class Lines:
    """Forwards while inside a `with` block; targets are host:port, or the path of a socket."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.lines", json.dumps(dict(self._targets))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self._ports: dict[str, int] = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def endpoint(self, name: str) -> str:
        """Where what was targeted is found."""
        return f"127.0.0.1:{self._ports[name]}"

    def set(self, name: str, how: str) -> None:
        """From now on the line is so: well, silent, cut, or slow by some seconds."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{name} {how}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def lose(self, name: str, how: str, seconds: float) -> None:
        """Lose packets of a line for a while, as `loss` calls it."""
        loss.begin(self._ports[name], how, seconds)


class _Line:
    """One of them."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._delay = 0.0
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._ends: set[asyncio.StreamWriter] = set()

    def set(self, how: str, seconds: str = "0") -> None:
        self._delay = float(seconds)
        self._is_cut = how == "cut"
        if self._is_cut:
            for end in self._ends:
                end.transport.abort()
        if how == "silent":
            self._flows.clear()
        else:
            self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        ends = [writer]
        try:
            await self._flows.wait()
            if self._is_cut:
                writer.transport.abort()
                return
            far_reader, far_writer = await self._connect()
            ends.append(far_writer)
            self._ends.update(ends)
            ways = ((reader, far_writer), (far_reader, writer))
            tasks = [asyncio.create_task(self._forward(*way)) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        except OSError:
            writer.transport.abort()
        finally:
            self._ends.difference_update(ends)
            for end in ends:
                end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.startswith("/"):
            return await asyncio.open_unix_connection(self._target)
        host, _, port = self._target.partition(":")
        return await asyncio.open_connection(host, int(port))

    async def _forward(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(_PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()


async def _run(targets: Mapping[str, str]) -> None:
    """Until nobody tells us anything any more."""
    lines = {name: _Line(target) for name, target in targets.items()}
    doors = {name: await asyncio.start_server(line.serve, "127.0.0.1", 0)
             for name, line in lines.items()}  # fmt: skip
    print(json.dumps({n: d.sockets[0].getsockname()[1] for n, d in doors.items()}), flush=True)
    told = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    while said := (await told.readline()).decode().split():
        lines[said[0]].set(*said[1:])
        print("done", flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(json.loads(sys.argv[1])))
