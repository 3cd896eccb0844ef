"""Whether the packages of a process are installed: each has an extra in `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires

from core.base.errors import ConfigurationError

PACKAGE = "likeness-bot"


def require(*processes: str) -> None:
    """Raise ConfigurationError where a package of a process is missing.

    A process without an extra, as that of somebody else's channel, needs nothing.
    """
    lacking = {name: lacks for name in processes if (lacks := list(missing(name)))}
    if lacking:
        packages = ", ".join(sorted({package for lacks in lacking.values() for package in lacks}))
        names = sorted(lacking)
        raise ConfigurationError(
            f"Packages of {', '.join(names)} are missing: {packages}. Install them: "
            f"pip install '{PACKAGE}[{','.join(names)}]'."
        )


def missing(process: str) -> Iterator[str]:
    """The packages of a process that are not installed."""
    for package in _packages(process):
        try:
            distribution(package)
        except PackageNotFoundError:
            yield package


def _packages(extra: str) -> Iterator[str]:
    for line in requires(PACKAGE) or ():
        requirement, _, marker = line.partition(";")
        if marker.strip() == f'extra == "{extra}"':
            yield re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
