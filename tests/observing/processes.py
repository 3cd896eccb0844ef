"""Processes of Likeness as an operator starts them, on a data folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.patience import LONG

ROOT = Path(__file__).parents[2]


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The variables of a process whose data folder it is."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LIKENESS_")}
    own = {f"LIKENESS_{name}": str(value) for name, value in settings.items()}
    return clean | {"PYTHONPATH": str(ROOT), "LIKENESS_DATA_DIR": str(folder)} | own


def asked(folder: Path, *command: str, **settings: object) -> tuple[int, str]:
    """A command that ends: its exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "core.app.cli", *command],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def running(folder: Path, *command: str, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes on; what it says is appended to the file `log` of the folder."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.app.cli", *command],
            cwd=folder,
            env=environment(folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(LONG)


def answer(port: int, path: str) -> tuple[int, str]:
    """The status and the body of a page; (0, "") while nobody listens."""
    try:
        found = httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=LONG)
    except httpx.TransportError:
        return 0, ""
    return found.status_code, found.text
