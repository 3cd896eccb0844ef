"""What has arrived of an order of pictures: fetched, looked at, and kept in our store.

A code of 200 and a size say nothing: a picture is one once it has been decoded and is not black.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from core.avatars.disposal import doomed, place_of
from core.avatars.models import Avatar
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.orders.kind import Alive
from core.avatars.orders.order import Status, handle_of, moved
from core.avatars.pictures.darkroom import Darkroom, Finished, Scored, ranked
from core.avatars.pictures.owned import forget_pictures
from core.avatars.ports import Failure, ObjectStore, Painter, Standing, Unreachable
from core.base.db import release, transaction
from core.conversation.statements import lock_person

GONE = ("http_403", "http_404", "http_410", "not_pictures", "result_too_large")
"""What is at a picture's address is none, or nothing: it may be there at a fresh one."""
LARGEST = 30 * 2**20
"""Bytes of one picture; a megapixel has some hundred thousand."""
AT_ONCE = 4
AFRESH = 2
"""So often all pictures wait while one of them is looked for at a fresh address: 15 seconds."""
ALIVE_SECONDS = 5.0

_DOOMED = Failure("being_deleted", "retry", "the place of the pictures is being deleted")
_NOTHING = Failure("not_pictures", "retry", "what has arrived is no picture")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of an order, and what was not."""

    pictures: int
    blocked: int
    spoilt: int


@dataclass(frozen=True, slots=True)
class Room:
    """Where pictures come from, and where they go."""

    painter: Painter
    store: ObjectStore
    darkroom: Darkroom
    wanted: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Shot:
    """One of an order: what is kept of it, whether it is blocked, or why it can't be had now."""

    made: Finished | None = None
    blocked: bool = False
    away: Unreachable | None = None


def keep_pictures(
    room: Room, run: PictureRun, made: Standing, alive: Alive, now: float
) -> Kept | Failure:
    """Copy what was painted into our store; a Failure while its place is being deleted.

    Raises Unreachable, also while one of them is no picture and may be one yet, and where none is;
    StorageUnavailable.
    """
    images = made.result.get("images")
    if made.status != "completed" or not isinstance(images, list):
        raise Unreachable(made.failure or _NOTHING)
    shots = _shots(room, run, images[: run.count], alive)
    good = [shot.made for shot in shots if shot.made]
    blocked = sum(shot.blocked for shot in shots)
    away = next((shot.away for shot in shots if shot.away), None)
    looked = run.failures if run.error_type in GONE else 0  # a cut connection says nothing of it
    if away and (looked < AFRESH or not (good or blocked)):
        raise away
    found = ranked(room.darkroom, room.store, run.avatar_id, good)
    keys = _reserve(room, run, found, now)
    if keys is None:
        return _DOOMED
    for key, (_, one) in zip(keys, found, strict=True):
        alive()
        room.store.put(key, one.data)
    return Kept(len(good), blocked, len(shots) - len(good) - blocked)


def _shots(
    room: Room, run: PictureRun, images: list[Mapping[str, object]], alive: Alive
) -> list[_Shot]:
    """All of them at once: each is fetched from far away."""
    with ThreadPoolExecutor(AT_ONCE, "pictures") as pool:
        coming = [pool.submit(_shot, room, run, image) for image in images]
        while wait(coming, ALIVE_SECONDS).not_done:
            alive()
    return [one.result() for one in coming]


def _shot(room: Room, run: PictureRun, image: Mapping[str, object]) -> _Shot:
    if image.get("flagged"):
        return _Shot(blocked=True)
    try:
        with room.painter.download(handle_of(run), str(image.get("url"))) as coming:
            data = b"".join(_bounded(coming.chunks))
    except Unreachable as away:
        if away.failure.error_type in GONE:
            return _Shot(away=Unreachable(replace(away.failure, error_class="retry")))
        raise
    finally:
        release()  # a call is written down on this thread, which ends here
    finished = room.darkroom.finish(data)
    if finished is None:
        return _Shot(away=Unreachable(_NOTHING))
    return _Shot(blocked=True) if room.darkroom.indecent(data) else _Shot(finished)


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST:
            raise Unreachable(_NOTHING)
        yield chunk


def _reserve(room: Room, run: PictureRun, found: list[Scored], now: float) -> list[str] | None:
    """Name what is about to be stored, so that it is no orphan; None where it can't be now.

    Each key has a row, of a picture that is nobody's yet.
    """
    avatar = Avatar.get_or_none(Avatar.id == run.avatar_id)
    if avatar is None:
        return None
    keys = [f"{place_of(avatar)}picture-{one.sha256}" for _, one in found]
    rows = [
        {
            "run": run.id, "avatar": run.avatar_id, "user": run.user_id, "place": place,
            "key": key, "sha256": one.sha256, "size": len(one.data), "width": one.width,
            "height": one.height, "likeness": score,
        }
        for place, (key, (score, one)) in enumerate(zip(keys, found, strict=True))
    ]  # fmt: skip
    with transaction():
        lock_person(run.conversation_id, run.user_id)
        if any(map(doomed, keys)) or not room.wanted():
            return None
        if not moved(run, Status.SAVING, Status.CANCELLING, position=None):
            return None
        forget_pictures(run, now, set(keys))
        if rows:
            Picture.insert_many(rows).execute()
    return keys
