"""The command `likeness`: checks that it would run Likeness's own packages, then runs them.

Our packages have short names, and another distribution may install one of the same name, as
Django Channels does with `channels`. Python imports whichever it finds first.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PACKAGES = ("core", "channels", "dashboard")
_FIRST_WORDS = '"""Likeness: '


def main() -> int:
    """Run the command line; 2 where a package is missing or somebody else's."""
    problems = [problem for name in _PACKAGES if (problem := _problem(name))]
    if problems:
        sys.stderr.write("\n".join((*problems, "")))
        return 2
    from core.app.cli import app  # only now: it may be somebody else's

    app()
    return 0


def _problem(name: str) -> str:
    """What is wrong with an installed package, and the remedy; "" for one of ours."""
    found = importlib.util.find_spec(name)
    if found is None:
        return f"Likeness's package {name!r} is missing. Install likeness-bot again."
    if found.origin and Path(found.origin).read_text("utf-8").startswith(_FIRST_WORDS):
        return ""
    where = found.origin or next(iter(found.submodule_search_locations or ()), "an unknown place")
    return (
        f"The package {name!r} at {where} is not Likeness's, which has one of the same name. "
        "Install likeness-bot into an environment of its own, or take that folder off PYTHONPATH."
    )


if __name__ == "__main__":
    sys.exit(main())
