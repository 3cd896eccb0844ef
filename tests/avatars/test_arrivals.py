"""What has arrived is looked at before anybody is told of it."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.training.arrivals import NotWhatWasOrdered, check
from core.services.fal.simulation.model import made
from tests.weights import safetensors


def weights(data: bytes) -> None:
    check("weights", io.BytesIO(data), len(data))


def written(header: Any, body: bytes = b"") -> bytes:
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + body


def tensor(begin: int, end: int, shape: list[int] | None = None, dtype: str = "U8") -> Any:
    return {
        "dtype": dtype,
        "shape": [end - begin] if shape is None else shape,
        "data_offsets": [begin, end],
    }


GOOD = {
    "the simulated model": made("weights.safetensors", "sim-1"),
    "one tensor": safetensors(256),
    "a large one": safetensors(3_000_000),
    "two, in any order": written({"b": tensor(4, 8), "a": tensor(0, 4)}, bytes(8)),
    "with words beside them": written({"__metadata__": {"a": "b"}, "a": tensor(0, 4)}, bytes(4)),
    "an empty one beside another": written({"a": tensor(0, 0), "b": tensor(0, 4)}, bytes(4)),
    "half numbers": written({"a": tensor(0, 24, [3, 4], "BF16")}, bytes(24)),
    "one number": written({"a": tensor(0, 4, [], "F32")}, bytes(4)),
    "a type of tomorrow": written({"a": tensor(0, 3, [5], "F4_X")}, bytes(3)),
}
BAD = {
    "an HTML page of 26 bytes": b"<html>404 Not Found</html>",
    "JSON of 17 bytes": b'{"detail": "no!"}',
    "half a file": safetensors(1000)[:500],
    "a file without its last byte": safetensors(1000)[:-1],
    "one byte more": safetensors(1000) + b"\0",
    "one byte": b"\x08",
    "nothing": b"",
    "eight bytes": struct.pack("<Q", 2),
    "no tensors": written({}),
    "words alone": written({"__metadata__": {"format": "pt"}}),
    "an empty tensor alone": written({"a": tensor(0, 0)}),
    "a header that is a list": written([tensor(0, 4)], bytes(4)),
    "a header of nothing but brackets": struct.pack("<Q", 10**5) + b"[" * 10**5,
    "a tensor that is a number": written({"a": 5}, bytes(4)),
    "a tensor without a place": written({"a": {"dtype": "U8", "shape": [4]}}, bytes(4)),
    "a place before the beginning": written({"a": tensor(-4, 0)}, bytes(4)),
    "a shape that doesn't fit": written({"a": tensor(0, 4, [3])}, bytes(4)),
    "a hole": written({"a": tensor(0, 4), "b": tensor(6, 8)}, bytes(8)),
    "an overlap": written({"a": tensor(0, 6), "b": tensor(4, 8)}, bytes(8)),
    "a zip": b"PK\x03\x04" + bytes(500),
    "a picture": b"\xff\xd8\xff\xe0" + bytes(500),
    "zeros": bytes(5000),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_model_is_one(name: str) -> None:
    weights(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_model_is_told_apart_in_a_sentence(name: str) -> None:
    with pytest.raises(NotWhatWasOrdered) as refused:
        weights(BAD[name])
    assert refused.value.why.startswith(("it ", "its ", "a tensor "))


@given(st.binary(max_size=400))
def test_random_bytes_are_no_model(data: bytes) -> None:
    with pytest.raises(NotWhatWasOrdered):
        weights(data)


@given(st.integers(0, 255), st.integers(1, 40))
def test_a_model_that_was_cut_anywhere_is_none(where: int, lost: int) -> None:
    whole = safetensors(256)
    with pytest.raises(NotWhatWasOrdered):
        weights(whole[:where] + whole[where + lost :])
