"""Environments in which the wheel is installed with what its extras bring, and nothing else.

Packages are links to those that the tests run with, so that nothing is downloaded or copied.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from pathlib import Path

import httpx
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.patience import LONG, until

PACKAGE = "likeness-bot"


def laid(folder: Path, wheel: Path, extras: Iterable[str]) -> Path:
    """The interpreter of an environment with the wheel and these extras."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for found in brought(wheel, extras):
        for top in {Path(str(file)).parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not top.endswith(".pth"):
                (site / top).symlink_to(found.locate_file(top))  # type: ignore[arg-type]
    return folder / "bin" / "python"


def brought(wheel: Path, extras: Iterable[str]) -> list[Distribution]:
    """Every package that pip would install with the wheel and these extras."""
    with zipfile.ZipFile(wheel) as archive:
        (about,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        wanted = message_from_bytes(archive.read(about)).get_all("Requires-Dist") or []
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, str]] = set()
    waiting = [(PACKAGE, extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in asked:
            continue
        asked.add((name, extra))
        if name != PACKAGE:
            found[name] = distribution(name)
        for line in wanted if name == PACKAGE else found[name].requires or ():
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(one.name), more) for more in ("", *one.extras)]
    return list(found.values())


def plain(folder: Path) -> dict[str, str]:
    """An environment that leads to nothing of our tree."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIKENESS_", "PYTHON"))
    }
    return inherited | {"LIKENESS_DATA_DIR": str(folder / "data")}


@contextmanager
def started(python: Path, folder: Path, *words: str, **more: str) -> Iterator[Path]:
    """A command of the installed program while it runs, and the file of what it says."""
    log = folder / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [python, "-m", "likeness_bot", *words],
            cwd=folder, env=plain(folder) | more, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        yield log
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(LONG)


@contextmanager
def served(python: Path, folder: Path, command: str, **more: str) -> Iterator[httpx.Client]:
    """A command of the installed program, and a client of what it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = {f"LIKENESS_{command.upper()}__PORT": str(port)} | more
    with (
        started(python, folder, command, **more) as log,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=LONG) as client,
    ):
        until(lambda: answers(client), log.read_text)
        yield client


def answers(client: httpx.Client) -> bool:
    """Whether its health is well."""
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def said(python: Path, folder: Path, *words: str, text: str = "", **more: str) -> tuple[int, str]:
    """The exit code of a command of the installed program, and what it said."""
    done = subprocess.run(
        [python, "-m", "likeness_bot", *words],
        cwd=folder, env=plain(folder) | more, input=text, text=True, timeout=LONG, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def libraries() -> list[str]:
    """The folders of the packages that the tests run with."""
    return [path for path in sys.path if Path(path).name.endswith("-packages")]


def built(tree: Path, into: Path, package: str = "likeness_bot") -> Path:
    """The wheel of a tree, which holds this package."""
    build = f"import setuptools.build_meta as it; it.build_wheel({str(into)!r})"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = into.glob(f"{package}-*.whl")
    return found
