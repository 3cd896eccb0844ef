"""Everything that belongs to a person as zip files: their rows, their photos, and a page on both.

An order is a row that the worker finds. A file is written to disk and stored; nearly always there
is one, more where a channel could not carry it. Memory holds one photo, or one file being stored.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.models.pictures import ORDERED, Picture
from core.avatars.ports import ObjectStore
from core.avatars.privacy import export_readme, filenames
from core.avatars.privacy.erasure import drop_exports, waste_of
from core.avatars.privacy.models_made import made
from core.avatars.privacy.personal_data import OF_CONVERSATION, OF_PERSON, OF_RUN
from core.avatars.privacy.retained import KEPT_SECONDS, Export
from core.base.db import snapshot, transaction
from core.base.errors import ObjectMissing
from core.base.work import Piece, Pool, Wait, Work, owned
from core.conversation.inbox import Inbox
from core.conversation.models import Conversation, User
from core.conversation.statements import erased, lock_person

log = structlog.get_logger()

PART_BYTES = 45 * 1024 * 1024
"""The largest file: Telegram takes 50 MB of a bot."""
CLAIM_SECONDS = 300.0
LONGEST_WAIT = 600.0
WAITS = (Wait("exports", "next_check_at", LONGEST_WAIT),)

_SECRET = {"token_key", "shown_buttons", "memory", "shown", "told", "who", "code_hash"}
_SUFFIXES = {b"\xff\xd8": "jpg", b"\x89P": "png", b"RI": "webp"}


class Exports:
    """Makes what was ordered; `clock` gives seconds since 1970.

    A zip file is written in `folder`, without a name: a kill leaves nothing of it.
    """

    def __init__(
        self,
        store: ObjectStore,
        folder: Path,
        inbox: Inbox,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._folder = folder
        self._inbox = inbox
        self._clock = clock

    def due(self, now: float, limit: int = 10) -> list[str]:
        """Orders that want to be made, the longest waiting first."""
        query = Export.select(Export.id).where(
            Export.made_at.is_null(), Export.next_check_at <= now
        )
        return [str(row.id) for row in query.order_by(Export.next_check_at).limit(limit)]

    def make(self, export_id: str) -> int | None:
        """Make an order's files and tell its person; the conversation that was told.

        What the store or the disk raises comes through; the order is tried again later.
        """
        export = self._claim(export_id)
        if export is None:
            return None
        sizes = [self._keep(export, n, file) for n, file in self._parts(export)]
        return self._told(export, sizes)

    def sweep(self, now: float) -> int:
        """Forget the files that could be downloaded for long enough; how many orders."""
        query = Export.select().where(Export.made_at < now - KEPT_SECONDS)
        old = list(query.limit(100))
        for export in old:
            with transaction():
                lock_person(export.conversation_id, export.user_id)
                drop_exports(Export.id == export.id).doom(now)
        return len(old)

    def _claim(self, export_id: str) -> Export | None:
        now = self._clock()
        with transaction():
            export = Export.get_or_none(
                Export.id == export_id, Export.made_at.is_null(), Export.next_check_at <= now
            )
            if export is None:
                return None
            export.attempts += 1
            wait = min(LONGEST_WAIT, CLAIM_SECONDS * export.attempts)
            Export.update(attempts=export.attempts, next_check_at=now + wait).where(
                Export.id == export.id
            ).execute()
            return export

    def _parts(self, export: Export) -> Iterator[tuple[int, BinaryIO]]:
        """Write one file after the other, and give each with its number while it is there."""
        files = _files(export.user_id)
        number = 0
        while files or not number:
            number += 1
            with tempfile.TemporaryFile(dir=self._folder) as file:
                with zipfile.ZipFile(file, "w") as archive:
                    if number == 1:
                        self._write_rows(export, archive)
                    while files and self._write_file(archive, file, *files[0]):
                        files.pop(0)
                yield number, file

    def _write_rows(self, export: Export, archive: zipfile.ZipFile) -> None:
        language = User.get_by_id(export.user_id).language
        models = made(export.user_id)
        files = [model.file for model in models if model.key]
        elsewhere = [(model.avatar, model.number) for model in models if not model.key]
        name, text = export_readme.about(language, files, elsewhere)
        archive.writestr(name, text, zipfile.ZIP_DEFLATED)
        with archive.open(_deflated("data.json"), "w") as target, snapshot():
            target.write(b"{")
            for number, (table, rows) in enumerate(_tables(export.user_id)):
                target.write(f"{',' * bool(number)}\n{json.dumps(table)}: [".encode())
                for index, row in enumerate(rows):
                    line = json.dumps(_readable(row), ensure_ascii=False, default=str)
                    target.write(f"{',' * bool(index)}\n  {line}".encode())
                target.write(b"]")
            target.write(b"\n}\n")

    def _write_file(self, archive: zipfile.ZipFile, file: BinaryIO, key: str, name: str) -> bool:
        """Add a photo or a picture, unless the file is full; one that is gone is passed over."""
        try:
            data = self._store.get(key)
        except ObjectMissing:
            return True
        if archive.namelist() and file.tell() + len(data) > PART_BYTES:
            return False
        archive.writestr(f"{name}.{_SUFFIXES.get(data[:2], 'bin')}", data)
        return True

    def _keep(self, export: Export, number: int, file: BinaryIO) -> int:
        self._store.put_file(key_of(export, number), file)
        return file.seek(0, os.SEEK_END)

    def _told(self, export: Export, sizes: list[int]) -> int | None:
        """Say that it is ready, unless the person has asked meanwhile to be forgotten."""
        with transaction():
            lock_person(export.conversation_id, export.user_id)
            still = Export.get_or_none(Export.id == export.id)
            if still is None or erased(export.user_id, export.ordered_at):
                waste_of(export).doom(self._clock())
                return None
            made = Export.update(made_at=self._clock(), parts=len(sizes), size=sum(sizes))
            made.where(Export.id == export.id).execute()
            key = f"export:{export.id}"
            self._inbox.signal(export.conversation_id, "export_ready", str(export.id), key)
            return int(export.conversation_id)


def key_of(export: Export, number: int) -> str:
    """Where the nth file of an order is stored."""
    return f"{export.user_id.hex}/{export.id.hex}/{number}"


def _folders(user_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """What the folder of each avatar is called, by its id."""
    query = Avatar.select().where(Avatar.user == user_id)
    avatars = list(query.order_by(Avatar.created_at, Avatar.id))
    names = filenames.unique(avatar.name for avatar in avatars)
    return {avatar.id: name for avatar, name in zip(avatars, names, strict=True)}


def _apart(photo: AvatarPhoto) -> str:
    """The folder within it of a photo that the avatar doesn't use."""
    if photo.removed_at is not None:
        return "removed/"
    refused = photo.validation_status in queries.REFUSED
    return "refused/" if refused else ""


def _files(user_id: uuid.UUID) -> list[tuple[str, str]]:
    """The keys of all photos and pictures, each with its name in the export."""
    folders = _folders(user_id)
    photos = AvatarPhoto.select().where(
        AvatarPhoto.user == user_id, AvatarPhoto.minio_key.is_null(False)
    )
    pictures = Picture.select().where(Picture.user == user_id, Picture.made_at.is_null(False))
    return [
        *(
            (str(p.minio_key), f"photos/{folders[p.avatar_id]}/{_apart(p)}{p.number:03}")
            for p in photos.order_by(AvatarPhoto.avatar, AvatarPhoto.number)
        ),
        *(
            (
                p.key,
                f"pictures/{folders[p.avatar_id]}/{'removed/' * bool(p.removed_at)}{p.number:03}",
            )
            for p in pictures.order_by(Picture.avatar, Picture.number)
        ),
    ]


def _tables(user_id: uuid.UUID) -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
    they = (User.id == user_id) | (User.joined_id == user_id)
    yield "users", User.select().where(they).order_by(User.created_at).dicts().iterator()
    mine = Conversation.select().where(Conversation.user == user_id)
    yield "conversations", mine.dicts().iterator()
    for model in OF_PERSON:
        yield model._meta.table_name, model.select().where(model.user == user_id).dicts().iterator()
    tables: tuple[Any, ...] = ORDERED
    orders = [order.select(order.id).where(order.user == user_id) for order in tables]
    for model in OF_RUN:
        ordered = reduce(or_, (model.run_id.in_(mine) for mine in orders))
        yield model._meta.table_name, model.select().where(ordered).dicts().iterator()
    ids = [conversation.id for conversation in mine]
    for model in OF_CONVERSATION:
        rows = model.select().where(model.conversation.in_(ids))
        yield model._meta.table_name, rows.dicts().iterator()


def _readable(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in _SECRET}


def _deflated(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, time.gmtime()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def work(exports: Exports, pool: Pool) -> Work:
    """Making exports."""

    def make(export_id: str) -> list[Piece]:
        conversation_id = exports.make(export_id)
        return [] if conversation_id is None else [("turn", str(conversation_id))]

    owners = owned(Export.select(Export.id, Export.user))
    return Work("export", pool, make, exports.due, owners, woken=True, waits=WAITS)
