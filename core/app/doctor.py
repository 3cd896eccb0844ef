"""What `likeness doctor` looks at: what processes refuse to start by, and what they find out later.

The start-up checks are the same functions: see `opening`.
"""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from core import __version__
from core.app import extras, opening, photo_folder, services, surroundings
from core.base import db
from core.base.checkup import Check, Doubt
from core.base.db import run
from core.base.errors import (
    ConfigurationError,
    DatabaseUnavailable,
    ObjectMissing,
    SchemaMismatch,
    StorageUnavailable,
)
from core.base.migrations import runner
from core.base.settings import Settings
from core.base.settings.addresses import LOCAL
from core.base.settings.installed import channel_names, made_channel
from core.conversation.delivery.channel import Checked

OLDEST_POSTGRESQL = 130_000
"""The oldest server that is maintained somewhere."""


def checks(settings: Settings, offline: bool = False) -> list[Check]:
    """Every check that fits these settings; `offline` leaves out what asks another machine."""
    db.connect(settings.database_url, settings.database.synchronous)  # opens nothing yet
    embedded = db.is_sqlite()
    found = [
        Check("versions", _versions),
        Check("packages", lambda: _packages(settings)),
        Check("addresses", lambda: _addresses(settings)),
        Check("data folder", lambda: _data_folder(settings)),
        Check("disk", lambda: surroundings.disk(settings)),
        Check("database", lambda: _database(settings), not embedded),
        Check("photo folder", lambda: _with_schema(settings, _photo_folder), not embedded),
        Check("clock", lambda: _with_schema(settings, surroundings.clocks), not embedded),
        Check("storage", lambda: _storage(settings), settings.storage.backend != "folder"),
        Check("fal.ai", lambda: _fal(settings), bool(settings.fal.key.get_secret_value())),
        *_of_channels(settings),
    ]
    return [_released(check) for check in found if not (offline and check.remote)]


def _released(check: Check) -> Check:
    """The check, which leaves no connection to its thread."""

    def look() -> str:
        try:
            return check.look()
        finally:
            db.release()

    return replace(check, look=look)


def _versions() -> str:
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    return f"Likeness {__version__}, Python {python}, SQLite {sqlite}"


def _packages(settings: Settings) -> str:
    """Of every process that may be meant to run here; nobody knows which do."""
    channels = [name for name in channel_names() if made_channel(settings, name).configured]
    try:
        extras.require("worker", "dashboard", *channels)
    except ConfigurationError as error:
        raise Doubt(f"{error} Processes that run elsewhere don't need them here.") from None
    return "those of every process are installed"


def _addresses(settings: Settings) -> str:
    """Whatever strangers reach is encrypted on its way."""
    sections = ("", *(name for name in type(settings).model_fields))
    plain, known = [], []
    for name in sections:
        section = getattr(settings, name) if name else settings
        address = str(getattr(section, "public_url", "") or "")
        key = f"{name}.public_url".lstrip(".")
        if address:
            known.append(f"{key} = {address}")
            here = urlsplit(address).hostname in LOCAL
            plain += [] if address.startswith("https://") or here else [key]
    if plain:
        raise ConfigurationError(
            f"{', '.join(plain)}: an http:// address sends photos, passwords and cookies for "
            "anybody to read. Put a proxy with a certificate in front, and write https://."
        )
    if settings.environment == "production" and not settings.public_url:
        raise Doubt(
            "public_url is not set: fal.ai's results are found by polling alone, and large "
            "exports have no link. Set it to the https:// address of `likeness http`."
        )
    return ", ".join(known) or "none is public"


def _data_folder(settings: Settings) -> str:
    opening.refuse_half_restored(settings)
    folder = settings.data_dir.absolute()
    if not folder.exists():
        return f"{folder} is made at the first start"
    if folder.stat().st_mode & 0o077:
        raise Doubt(f"Other accounts may look into {folder}: run `chmod 700 {folder}`.")
    return str(folder)


# the database


def _database(settings: Settings) -> str:
    """Reached, in UTF-8, with this version's schema."""
    if not _there(settings):
        return "an SQLite file is made at the first start"
    fits = "its schema is this version's" if runner.look(db.database) else "empty so far"
    if db.is_sqlite():
        return f"SQLite; {fits}"
    server = db.database.connection().info
    version = server.server_version
    through = " through a pooler" if _pooled(server.backend_pid) else ""
    said = f"PostgreSQL {version // 10_000}.{version % 10_000}{through}, in UTF-8; {fits}"
    if version < OLDEST_POSTGRESQL:
        raise Doubt(f"{said}. That version is no longer maintained: upgrade the server.")
    return said


def _pooled(process: int) -> bool:
    """Whether somebody stands between us and the server, whose process is not what we were told."""
    return bool(run("SELECT pg_backend_pid()").fetchone()[0] != process)


def _there(settings: Settings) -> bool:
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    return not db.is_sqlite() or file.exists()


def _with_schema(settings: Settings, look: Callable[[Settings], str]) -> str:
    """A look at rows; where there are none yet, nothing is amiss."""
    if not _there(settings):
        return "nothing is there yet"
    try:
        with_rows = runner.look(db.database)
    except (ConfigurationError, DatabaseUnavailable, SchemaMismatch):
        raise Doubt("not known: the database can't be used, see above.") from None
    return look(settings) if with_rows else "nothing is there yet"


def _photo_folder(settings: Settings) -> str:
    photo_folder.refuse_another(settings)
    return surroundings.one_place(settings)


# what is outside


def _storage(settings: Settings) -> str:
    """One object is put, read and deleted."""
    if settings.storage.backend == "folder" and not settings.objects_dir.exists():
        return f"{settings.objects_dir.absolute()} is made at the first start"
    store, key, data = services.store(settings), f"health/health/{uuid4().hex}", uuid4().bytes
    store.put(key, data)
    try:
        if store.get(key) != data:
            raise StorageUnavailable(
                "The object store gives back something else than it was given: it can't be used."
            )
    except ObjectMissing:
        raise StorageUnavailable(
            "The object store does not have what it has just taken. It must show what is put at "
            "once: check caches and replicas in front of it."
        ) from None
    finally:
        store.delete(key)
    if store.exists(key):
        raise StorageUnavailable(
            "The object store keeps what is deleted, so that nothing could be erased. Let the key "
            "delete objects, and switch versions off."
        )
    return "an object was put, read and deleted"


def _fal(settings: Settings) -> str:
    if not settings.fal.key.get_secret_value():
        if settings.environment == "production":
            raise Doubt("There is no FAL_KEY: trainings are simulated. Set it for real ones.")
        return "simulated: there is no FAL_KEY"
    from core.services.fal import checking

    with checking.opened(settings.fal) as place:
        fact = checking.key_fact(place)
    if not fact.ok:
        raise ConfigurationError(
            f"fal.ai doesn't take the key: it answered {fact.got}. Check FAL_KEY and the account's "
            "balance, and fal.proxy; `likeness fal check` compares more."
        )
    return "it takes the key"


def _of_channels(settings: Settings) -> Iterator[Check]:
    """What channels want to have looked at, those that are configured."""
    for name in channel_names():
        channel = made_channel(settings, name)
        if channel.configured and isinstance(channel, Checked) and not any(extras.missing(name)):
            yield from channel.checks()
