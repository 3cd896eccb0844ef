"""A model's weights on their way to fal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from core.avatars.ports import (
    Observation,
    Unreachable,
)
from core.base.errors import StorageUnavailable
from core.services.fal import FalPainter
from core.services.fal.simulation import FalServer


def test_weights_are_uploaded_whole_and_expire(fal: FalServer, painter: FalPainter) -> None:
    fal.ledger.keeps_uploads = True
    alive: list[int] = []
    url = painter.upload_weights(
        "run", lambda: iter([b"a" * 10, b"b" * 10]), lambda: alive.append(1)
    )
    name = url.rpartition("/")[2]
    assert name.endswith(".safetensors")
    assert fal.ledger.uploads[name] == b"a" * 10 + b"b" * 10
    (headers,) = fal.ledger.upload_headers
    assert headers["x-fal-file-name"] == "weights.safetensors"
    assert headers["content-type"] == "application/octet-stream"
    expiry = json.loads(headers["x-fal-object-lifecycle-preference"])
    assert expiry == {"expiration_duration_seconds": 24 * 3600}
    assert len(alive) >= 3


def test_large_weights_go_in_parts(fal: FalServer, painter: FalPainter) -> None:
    piece = bytes(2**20)
    painter.upload_weights("run", lambda: iter([piece] * 101), lambda: None)
    assert fal.ledger.uploaded_bytes == 101 * 2**20


def test_weights_that_cannot_be_read_are_the_storages_matter(
    painter: FalPainter, observed: list[Observation]
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise StorageUnavailable("the disk failed")

    with pytest.raises(StorageUnavailable):
        painter.upload_weights("run", broken, lambda: None)
    assert observed == []


def test_weights_that_fal_does_not_take_are_sent_later(
    fal: FalServer, painter: FalPainter, observed: list[Observation]
) -> None:
    fal.plan.add("token", "503_html")
    fal.plan.add("initiate", "500")
    with pytest.raises(Unreachable):
        painter.upload_weights("run", lambda: iter([b"a"]), lambda: None)
    assert [(seen.phase, seen.ok) for seen in observed] == [("upload", False)]
    assert painter.upload_weights("run", lambda: iter([b"a"]), lambda: None)
