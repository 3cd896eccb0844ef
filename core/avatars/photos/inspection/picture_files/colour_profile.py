"""What an embedded ICC profile says of colours, without what it says of anything else."""

import struct

LARGEST = 128 * 1024
"""Bytes: profiles of cameras and screens have 0.5 to 60 kB."""
_MATRIX = {b"RGB ": (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"wtpt")}
_CURVE = {b"GRAY": (b"kTRC", b"wtpt")}
_NEEDED = _MATRIX | _CURVE
_ADAPTATION = b"chad"
_HEADER = 128
_ENTRY = struct.Struct(">4sII")


def essential(profile: bytes) -> bytes:
    """The profile with its curves and primaries alone; empty where it is of no use.

    A screenshot's profile names the screen, its serial number and when it was
    calibrated; without any profile a phone's wide colours turn pale.
    """
    space = profile[16:20]
    if len(profile) > LARGEST or profile[36:40] != b"acsp" or space not in _NEEDED:
        return b""
    tags = _tags(profile)
    wanted = [*_NEEDED[space], _ADAPTATION]
    kept = {name: tags[name] for name in wanted if tags.get(name)}
    if not kept.keys() >= set(_NEEDED[space]):
        return b""
    return _written(_header(profile), kept)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack(">I", profile[_HEADER : _HEADER + 4].ljust(4, b"\0"))
    table = profile[_HEADER + 4 : _HEADER + 4 + min(count, 100) * _ENTRY.size]
    whole = len(table) // _ENTRY.size * _ENTRY.size
    entries = _ENTRY.iter_unpack(table[:whole])
    return {name: profile[at : at + size] for name, at, size in entries}


def _header(profile: bytes) -> bytes:
    """Version, class, colour spaces and white point; no date, maker, device or author."""
    return b"".join(
        (bytes(8), profile[8:24], bytes(12), b"acsp", bytes(24), profile[64:80], bytes(48))
    )


def _written(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    place = _HEADER + 4 + len(tags) * _ENTRY.size
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += _ENTRY.pack(name, place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return struct.pack(">I", place + len(body)) + header[4:] + table + body
