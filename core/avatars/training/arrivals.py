"""Whether what has arrived is what was ordered: a code of 200 and a size say nothing of that.

Whatever is fetched from a trainer is looked at here before anybody is told of it, by its kind.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import IO, Any, Literal

from core.base.errors import LikenessError

Kind = Literal["weights"]
LONGEST_HEADER = 100_000_000
"""Bytes; the format allows no more."""
_LENGTH = 8
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16,
    "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64,
}  # fmt: skip
"""Of one number of a type; a type that is newer than this list is believed."""


class NotWhatWasOrdered(LikenessError):
    """What has arrived is something else; `why` is a sentence without anything of its content."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def check(kind: Kind, file: IO[bytes], size: int) -> None:
    """Look at a whole file of so many bytes; raises NotWhatWasOrdered. Its position is moved."""
    _CHECKS[kind](file, size)


def _weights(file: IO[bytes], size: int) -> None:
    """A safetensors file: a header's length, a header in JSON, and the numbers that it names."""
    if size <= _LENGTH:
        raise NotWhatWasOrdered("it is too short for a model")
    file.seek(0)
    length = int.from_bytes(file.read(_LENGTH), "little")
    room = size - _LENGTH - length
    if not 2 <= length <= LONGEST_HEADER or room < 0:
        raise NotWhatWasOrdered("it doesn't begin as a model does")
    places = sorted(_places(_header(file.read(length))))
    if not places or places[-1][1] == 0:
        raise NotWhatWasOrdered("it is a model without a number in it")
    apart = [before[1] != after[0] for before, after in pairwise(places)]
    if places[0][0] != 0 or any(apart) or places[-1][1] != room:
        raise NotWhatWasOrdered("it has another size than it says itself")


def _header(written: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotWhatWasOrdered("its header can't be read")
    return {name: value for name, value in found.items() if name != "__metadata__"}


def _places(header: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """From where to where each tensor is, in bytes after the header."""
    for tensor in header.values():
        shape, place = _numbers(tensor, "shape"), _numbers(tensor, "data_offsets")
        if shape is None or place is None or len(place) != 2 or place[0] > place[1]:
            raise NotWhatWasOrdered("its header names no tensors")
        bits = _BITS.get(str(tensor.get("dtype")))
        if bits is not None and math.prod(shape) * bits != (place[1] - place[0]) * 8:
            raise NotWhatWasOrdered("a tensor has another size than its shape")
        yield place[0], place[1]


def _numbers(tensor: object, name: str) -> list[int] | None:
    found = tensor.get(name) if isinstance(tensor, dict) else None
    if not isinstance(found, list):
        return None
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in found)
    return found if whole else None


_CHECKS: Mapping[Kind, Callable[[IO[bytes], int], None]] = {"weights": _weights}
