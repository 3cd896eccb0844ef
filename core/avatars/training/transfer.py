"""Transferring bytes: photos to the trainer before a training, weights into our store after it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from peewee import ModelSelect

from core.avatars.disposal import doomed, place_of
from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus, RunStatus, TrainingRun
from core.avatars.orders.kind import Alive, Impossible
from core.avatars.orders.order import handle_of, moved
from core.avatars.ports import Failure, Handle, ObjectStore, Standing, Trainer, Unreachable
from core.avatars.training import arrivals
from core.avatars.training.outcome import Weights
from core.base.db import transaction
from core.base.errors import ObjectMissing
from core.conversation.statements import lock_person

LONGEST_CONFIG = 1024 * 1024
"""Bytes of a result's configuration that are kept with the avatar; it has a few hundred."""
NO_MODEL = ("http_403", "http_404", "http_410", "not_weights")
"""What is at the result's address is no model, or nothing: it may be there at a fresh one."""

_DAMAGED = Failure("weights_damaged", "retry", "the weights did not arrive whole")
_PHOTO_GONE = Failure("photo_missing", "operator", "a photo is gone from our object store")
_DOOMED = Failure("being_deleted", "retry", "the place of the weights is being deleted")


@dataclass(frozen=True, slots=True)
class Room:
    """Where weights come from, and where they go; `folder` is for files that are on their way."""

    trainer: Trainer
    store: ObjectStore
    folder: Path
    wanted: Callable[[], bool]


def send_photos(
    trainer: Trainer, store: ObjectStore, run: TrainingRun, alive: Alive
) -> tuple[str, int]:
    """Upload a run's best photos: their URL, and how many there are.

    Raises Unreachable, StorageUnavailable, or Impossible where a photo is gone.
    """
    chosen = list(best_photos(run.avatar_id, trainer.max_photos(run.profile)))
    photos = [(_name(n, photo), _reader(store, photo, alive)) for n, photo in enumerate(chosen, 1)]
    try:
        return trainer.upload(str(run.id), photos, alive), len(chosen)
    except ObjectMissing as missing:
        raise Impossible(_PHOTO_GONE) from missing


def keep_weights(room: Room, run: TrainingRun, made: Standing, alive: Alive) -> Weights | Failure:
    """Copy a result into our store; a Failure while its place there is being deleted.

    Raises Unreachable, also where what has come is not what was ordered; StorageUnavailable.
    """
    handle, address = handle_of(run), made.result.get("weights_url")
    if made.status != "completed" or not address:
        raise Unreachable(made.failure or _DAMAGED)
    config = _config(room.trainer, handle, made.result.get("config_url"))
    with tempfile.TemporaryFile(dir=room.folder) as file:  # without a name: a kill leaves nothing
        size, sha256 = _download(room.trainer, handle, str(address), file, alive)
        key = _named(room, run, sha256)
        if key is None:
            return _DOOMED
        room.store.put_file(key, file)
    if digest(_each(alive, room.store.stream(key))) != (size, sha256):
        raise Unreachable(_DAMAGED)
    return Weights(key, sha256, size, config)


def _reader(store: ObjectStore, photo: AvatarPhoto, alive: Alive) -> Callable[[], bytes]:
    key = photo.minio_key or ""

    def read() -> bytes:
        alive()
        return store.get(key)

    return read


def _download(
    trainer: Trainer, handle: Handle, address: str, file: IO[bytes], alive: Alive
) -> tuple[int, str]:
    """Bytes into a file: how many, and their hash; raises Unreachable unless all have come."""
    with trainer.download(handle, address) as coming:
        size, sha256 = digest(_each(alive, coming.chunks), file.write)
    file.flush()
    if coming.size not in (None, size):
        raise Unreachable(_DAMAGED)
    try:
        arrivals.check("weights", file, size)
    except arrivals.NotWhatWasOrdered as other:
        raise Unreachable(Failure("not_weights", "retry", other.why)) from other
    return size, sha256


def _config(trainer: Trainer, handle: Handle, address: object) -> dict[str, object]:
    """What the trainer says of its model; a model is as good where that is gone."""
    if not address:
        return {}
    kept = bytearray()
    try:
        with trainer.download(handle, str(address)) as coming:
            for chunk in coming.chunks:
                kept += chunk
                if len(kept) > LONGEST_CONFIG:
                    return {}
    except Unreachable as away:
        if away.failure.error_type not in NO_MODEL:
            raise
        return {}
    return keepable(kept)


def _named(room: Room, run: TrainingRun, sha256: str) -> str | None:
    """Name the weights in the run before they are stored, so that they are no orphan.

    None while that place is being deleted, or where the run has moved on.
    """
    found = Avatar.get_or_none(Avatar.id == run.avatar_id)
    if found is None:
        return None
    key = f"{place_of(found)}weights-{sha256}"
    with transaction():
        lock_person(run.conversation_id, run.user_id)
        if doomed(key) or not room.wanted():
            return None
        saving = (RunStatus.SAVING, RunStatus.CANCELLING)
        return key if moved(run, *saving, weights_key=key) else None


def _each(alive: Alive, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        alive()
        yield chunk


def keepable(said: bytes | bytearray) -> dict[str, object]:
    """A JSON object as every database can keep it, empty where it is none.

    What is no number (NaN) becomes null; an infinite one, NUL or half a letter can't be kept.
    """
    try:
        found = json.loads(said, parse_constant=lambda _: None)
        written = json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and b"\\u0000" not in written else {}


def best_photos(avatar_id: uuid.UUID | None, count: int) -> ModelSelect[AvatarPhoto]:
    """The photos that a training takes: the best ones, the earlier where two are as good."""
    return (
        AvatarPhoto.select()
        .where(
            AvatarPhoto.avatar == avatar_id,
            AvatarPhoto.removed_at.is_null(),
            AvatarPhoto.validation_status == PhotoValidationStatus.VALID,
        )
        .order_by(AvatarPhoto.quality_score.desc(nulls="LAST"), AvatarPhoto.number)
        .limit(count)
    )


def digest(chunks: Iterator[bytes], write: Callable[[bytes], object] = len) -> tuple[int, str]:
    """How many bytes there are and their SHA-256, in hex; each chunk is written on the way."""
    size, known = 0, hashlib.sha256()
    for chunk in chunks:
        known.update(chunk)
        size += len(chunk)
        write(chunk)
    return size, known.hexdigest()


def _name(n: int, photo: AvatarPhoto) -> str:
    """A file name that says nothing: photos are sent in JPEG or PNG."""
    kind = str(photo.photo_metadata.get("format", "jpeg")).lower()
    return f"{n:02}.{'png' if kind == 'png' else 'jpg'}"
