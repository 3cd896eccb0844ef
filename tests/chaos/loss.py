"""Packets that are lost on their way to and from a port of this machine, by nftables.

It needs root and `nft`. The kernel forgets a port when its time is over, whatever becomes of us.
"""

from __future__ import annotations

import functools
import subprocess

ALL, SOME = "lost", "lossy"
"""Every packet, as where a cable is drawn; or one in four."""

_TABLE = "likeness_chaos"
_SETS = {ALL: "drop", SOME: "numgen random mod 4 < 1 drop"}


@functools.cache
def possible() -> bool:
    """Whether this machine lets us."""
    try:
        _nft(*_made())
    except (OSError, subprocess.CalledProcessError):
        return False
    end()
    return True


def begin(port: int, how: str, seconds: float) -> None:
    """Lose packets of a port for so long."""
    _nft(*_made(), f"add element inet {_TABLE} {how} {{ {port} timeout {seconds:.0f}s }}")


def end() -> None:
    """Lose none any more."""
    _nft(f"add table inet {_TABLE}", f"delete table inet {_TABLE}")


def _made() -> list[str]:
    """The rules, made where they are not there; what is in their sets stays."""
    chain = f"inet {_TABLE} arriving"
    made = [f"add table inet {_TABLE}"]
    made += [
        f"add set inet {_TABLE} {how} {{ type inet_service; flags timeout; }}" for how in _SETS
    ]
    made += [f"add chain {chain} {{ type filter hook input priority 0; }}", f"flush chain {chain}"]
    return made + [
        f"add rule {chain} tcp {end} @{how} {what}"
        for how, what in _SETS.items()
        for end in ("dport", "sport")
    ]


def _nft(*commands: str) -> None:
    subprocess.run(
        ("nft", "-f", "-"), input="\n".join(commands), text=True, capture_output=True, check=True
    )
