"""Private parts of libraries that this product overrides: checked before they are relied upon."""

from __future__ import annotations

from importlib.metadata import version

from core.base.errors import ConfigurationError


def check(package: str, owner: type[object], *names: str) -> None:
    """Raise ConfigurationError where the installed release of a package lacks one of the names."""
    lacking = [name for name in names if not hasattr(owner, name)]
    if lacking:
        raise ConfigurationError(
            f"{package} {version(package)} doesn't fit this version of Likeness: its "
            f"{owner.__name__} has no {', '.join(lacking)}. Install the release that "
            f"constraints.txt names: pip install -c constraints.txt {package}"
        )
