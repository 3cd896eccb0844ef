"""The files of a simulated training: a small safetensors file of bytes that mean nothing."""

from __future__ import annotations

import json
import struct

WEIGHTS_BYTES = 256 * 1024
CONFIG = b'{"simulated": true}'
_HEADER_BYTES = 256


def size_of(name: str) -> int:
    """The bytes of a trained file."""
    return len(CONFIG) if name == "config.json" else WEIGHTS_BYTES


def made(name: str, request_id: str) -> bytes:
    """A trained file: always the same one for the same training."""
    if name == "config.json":
        return CONFIG
    count = WEIGHTS_BYTES - 8 - _HEADER_BYTES
    tensor = {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "simulated": tensor}).encode()
    line = request_id.encode() + b"\n"
    body = (line * (count // len(line) + 1))[:count]
    return struct.pack("<Q", _HEADER_BYTES) + header.ljust(_HEADER_BYTES) + body
