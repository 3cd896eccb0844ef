"""Carrying bytes: photos to the trainer before a training, weights into our store after it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from core.avatars.models import AvatarPhoto, PhotoValidationStatus, RunStatus, TrainingRun
from core.avatars.platform_port import KEY_REFUSED
from core.avatars.ports import Failure, Handle, ObjectStore, Standing, Trainer, Unreachable
from core.avatars.privacy.disposal import doomed, prefix_of
from core.avatars.training import arrivals
from core.avatars.training.outcome import Weights
from core.avatars.training.recording import Recorder
from core.avatars.training.rows import handle_of, keep, moved, postpone, wanted
from core.avatars.training.submitting import Submitter
from core.base.db import transaction
from core.base.errors import ObjectMissing, StorageUnavailable
from core.conversation.statements import lock_person

log = structlog.get_logger()

LONGEST_CONFIG = 1024 * 1024
"""Bytes of a result's configuration that are kept with the avatar; it has a few hundred."""
MANY_SEEN = 100
"""So many results are kept in mind at most, each for a second."""

GONE_TRIES = 20
"""So many tries in a row, each with a fresh result, found no model: about half an hour. One more
would find none either, and its person waits."""
NO_MODEL = ("http_403", "http_404", "http_410", "not_weights")
"""What is at the result's address is no model, or nothing: it may be there at a fresh one."""
RESULT_GONE = "result_gone"
"""The error of a run that was made, and whose model can't be had."""

_DAMAGED = Failure("weights_damaged", "retry", "the weights did not arrive whole")
_STORAGE = Failure("storage_unavailable", "retry", "our object store can't be used")
_PHOTO_GONE = Failure("photo_missing", "operator", "a photo is gone from our object store")
_DOOMED = Failure("being_deleted", "retry", "the place of the weights is being deleted")


class Carrier:
    """Takes the steps that carry bytes; `folder` is for files that are on their way."""

    def __init__(
        self,
        trainer: Trainer,
        store: ObjectStore,
        folder: Path,
        submitter: Submitter,
        recorder: Recorder,
        clock: Callable[[], float],
    ) -> None:
        self._trainer = trainer
        self._store = store
        self._folder = folder
        self._submitter = submitter
        self._recorder = recorder
        self._clock = clock
        self._seen: dict[str, Standing] = {}

    def expect(self, run: TrainingRun, standing: Standing) -> None:
        """Keep a result that was just seen for the next saving, which asks for it no more."""
        if standing.result.get("weights_url"):
            if len(self._seen) >= MANY_SEEN:  # somebody else has saved them
                self._seen.clear()
            self._seen[str(run.id)] = standing

    def send(self, run: TrainingRun) -> None:
        """Upload a run's photos, unless that has been done, and order its training."""
        if run.avatar_id is None:
            self._recorder.cancelled(run)
            return
        if not self._submitter.uploaded(run) and not self._upload(run):
            return
        self._submitter.submit(run)

    def save(self, run: TrainingRun) -> None:
        """Copy a result into our store and end the run; a result nobody wants is only booked."""
        seen = self._seen.pop(str(run.id), None)
        if wanted(run) is None:
            self._recorder.finish(run, {}, None)
            return
        try:
            self._save(run, seen)
        except Unreachable as away:
            self._later(run, away.failure)
        except (StorageUnavailable, ObjectMissing, OSError):
            self._later(run, _STORAGE)

    def _upload(self, run: TrainingRun) -> bool:
        profile = run.profile
        chosen = list(best_photos(run.avatar_id, self._trainer.max_photos(profile)))
        photos = [(_name(n, photo), self._reader(run, photo)) for n, photo in enumerate(chosen, 1)]
        try:
            url = self._trainer.upload(str(run.id), photos, lambda: keep(run, self._clock()))
        except Unreachable as away:
            self._submitter.wait(run, away.failure)
        except StorageUnavailable:
            self._submitter.wait(run, _STORAGE)
        except ObjectMissing:
            self._recorder.fail(run, _PHOTO_GONE)
        else:
            return self._sent(run, url, len(chosen))
        return False

    def _sent(self, run: TrainingRun, url: str, count: int) -> bool:
        sent: dict[str, Any] = {
            "data_url": url,
            "uploaded_at": self._clock(),
            "photos_count": count,
        }
        with transaction():
            if not moved(run, **sent):
                return False
        for name, value in sent.items():
            setattr(run, name, value)
        return True

    def _reader(self, run: TrainingRun, photo: AvatarPhoto) -> Callable[[], bytes]:
        key = photo.minio_key or ""

        def read() -> bytes:
            keep(run, self._clock())
            return self._store.get(key)

        return read

    def _later(self, run: TrainingRun, failure: Failure) -> None:
        """Try again to copy the result, for it is paid: a day long, or until it is surely gone.

        The person is told at once that it can't be had now, and may stop waiting.
        """
        if failure.error_type in NO_MODEL and run.error_type not in NO_MODEL:
            run.failures = 0  # what went wrong before was of another kind
        gone = failure.error_type in NO_MODEL and run.failures + 1 >= GONE_TRIES
        if gone or (run.deadline_at is not None and self._clock() >= run.deadline_at):
            log.error("a model that is paid for can't be had", run=str(run.id),
                      endpoint=run.endpoint, error=failure.error_type)  # fmt: skip
            why = f"{failure.error_type}: {failure.message}"
            lost = Failure(RESULT_GONE, "operator", why, failure.http_status)
            self._recorder.fail(run, lost, charged=True)
        elif postpone(run, failure, self._clock()):
            self._recorder.waits(run)
            if failure is not _STORAGE:
                self._recorder.unread(run, failure)

    def _save(self, run: TrainingRun, seen: Standing | None) -> None:
        handle = handle_of(run)
        standing = seen or self._standing(handle)
        address = standing.result.get("weights_url")
        if standing.status != "completed" or not address:
            raise Unreachable(standing.failure or _DAMAGED)
        config = self._config(handle, standing.result.get("config_url"))
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".weights-") as file:
            size, sha256 = self._download(run, handle, str(address), file)
            key = self._named(run, sha256)
            if key is None:
                postpone(run, _DOOMED, self._clock())
                return
            self._store.put_file(key, Path(file.name))
        if digest(self._kept(run, self._store.stream(key))) != (size, sha256):
            self._later(run, _DAMAGED)
            return
        self._recorder.finish(run, standing.result, Weights(key, sha256, size, config))

    def _standing(self, handle: Handle) -> Standing:
        """How the training stands; a key that is refused says nothing of its model."""
        try:
            return self._trainer.check(handle)
        except Unreachable as away:
            if away.failure.stop_submitting:
                raise Unreachable(replace(away.failure, error_type=KEY_REFUSED)) from away
            raise

    def _download(
        self, run: TrainingRun, handle: Handle, address: str, file: Any
    ) -> tuple[int, str]:
        """Bytes into a file: how many, and their hash; raises Unreachable unless all have come."""
        with self._trainer.download(handle, address) as coming:
            size, sha256 = digest(self._kept(run, coming.chunks), file.write)
        file.flush()
        if coming.size not in (None, size):
            raise Unreachable(_DAMAGED)
        try:
            arrivals.check("weights", file, size)
        except arrivals.NotWhatWasOrdered as other:
            raise Unreachable(Failure("not_weights", "retry", other.why)) from other
        return size, sha256

    def _config(self, handle: Handle, address: object) -> dict[str, Any]:
        """What the trainer says of its model; a model is as good where that is gone."""
        if not address:
            return {}
        kept = bytearray()
        try:
            with self._trainer.download(handle, str(address)) as coming:
                for chunk in coming.chunks:
                    kept += chunk
                    if len(kept) > LONGEST_CONFIG:
                        return {}
        except Unreachable as away:
            if away.failure.error_type not in NO_MODEL:
                raise
            return {}
        return keepable(kept)

    def _named(self, run: TrainingRun, sha256: str) -> str | None:
        """Name the weights in the run before they are stored, so that they are no orphan.

        None while that place is being deleted, or where the run has moved on.
        """
        assert run.user_id is not None, "whoever has an avatar is there"
        assert run.avatar_id is not None, "whoever calls has looked"
        key = f"{prefix_of(run.user_id, run.avatar_id)}weights-{sha256}"
        with transaction():
            lock_person(run.conversation_id, run.user_id)
            if doomed(key) or wanted(run) is None:
                return None
            saving = (RunStatus.SAVING, RunStatus.CANCELLING)
            return key if moved(run, *saving, weights_key=key) else None

    def _kept(self, run: TrainingRun, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            keep(run, self._clock())
            yield chunk


def keepable(said: bytes | bytearray) -> dict[str, Any]:
    """A JSON object as every database can keep it, empty where it is none.

    What is no number (NaN) becomes null; an infinite one, NUL or half a letter can't be kept.
    """
    try:
        found = json.loads(said, parse_constant=lambda _: None)
        written = json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and b"\\u0000" not in written else {}


def best_photos(avatar_id: uuid.UUID | None, count: int) -> Any:
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
