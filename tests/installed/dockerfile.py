"""A Dockerfile's steps, carried out below a folder instead of in an image.

Each stage is a folder, and a path that begins at the root lies in it, by a link that leads to the
stage at hand: so paths stay the same from stage to stage. What only an image knows (a user, a
volume) is left out; the commands are those of the file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

STEP = re.compile(r"(?m)^([A-Z]+) ((?:.*\\\n)*.*)$")
_PLACES = ("/source", "/wheels", "/opt", "/var")
"""Folders of the image that its steps name."""
_OURS = ("useradd", "install -d")
"""Commands that need root; their folders are made all the same."""


class Image:
    """What a Dockerfile builds from a folder of sources; `folder` takes every stage."""

    def __init__(self, file: Path, context: Path, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._stages: dict[str, Path] = {}
        self._root = self._cwd = folder / "root"
        self.env: dict[str, str] = {}
        self.entrypoint: list[str] = []
        self.command: list[str] = []
        for word, rest in STEP.findall(file.read_text("utf-8")):
            getattr(self, f"_{word.lower()}", self._nothing)(rest.replace("\\\n", " "))

    @property
    def home(self) -> Path:
        """The working folder of the last stage."""
        return self._cwd

    def _nothing(self, _rest: str) -> None:
        """A step that only an image knows."""

    def _from(self, rest: str) -> None:
        name = rest.split(" AS ")[-1] if " AS " in rest else "last"
        self._stages[name] = self._folder / name
        self._stages[name].mkdir(parents=True)
        self._root.unlink(missing_ok=True)
        self._root.symlink_to(self._stages[name])
        self._cwd = self._root
        for place in _PLACES:
            (self._root / place[1:]).mkdir(parents=True)
        self.env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def _arg(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self.env |= {name: value} if name != "PYTHON" else {}

    def _env(self, rest: str) -> None:
        for name, _, value in (pair.partition("=") for pair in shlex.split(rest)):
            self.env[name] = self._placed(value).replace("$PATH", self.env["PATH"])

    def _workdir(self, rest: str) -> None:
        self._cwd = Path(self._placed(rest))
        self._cwd.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        origin, words = self._context, shlex.split(rest)
        copy: Callable[..., object] = shutil.copy2
        if words[0].startswith("--from="):
            origin = self._stages[words.pop(0).removeprefix("--from=")]
            copy = os.link  # a gigabyte
        *sources, target = words
        into = self._cwd / self._placed(target)
        for source in sources:
            found = origin / source.lstrip("/")
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.mo")
                shutil.copytree(
                    found, into, symlinks=True, ignore=ignored, copy_function=copy,
                    dirs_exist_ok=True,
                )  # fmt: skip
            else:
                shutil.copy(found, into)

    def _run(self, rest: str) -> None:
        kept = [part for part in rest.split("&&") if not part.strip().startswith(_OURS)]
        done = subprocess.run(
            ["sh", "-ec", self._placed("&&".join(kept) or ":")],
            cwd=self._cwd, env=self._environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def _entrypoint(self, rest: str) -> None:
        self.entrypoint = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def _environment(self) -> dict[str, str]:
        """The step's own, and what leads to the registry of packages."""
        led = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return {"HOME": str(self._root), **led, **self.env}

    def _placed(self, text: str) -> str:
        places = "|".join(_PLACES)
        return re.sub(rf"(?<![\w./])(?={places}\b)", str(self._root), text)
