"""Objects on an S3 server, whichever it is: the store of many machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from minio import Minio, S3Error
from minio.datatypes import Object
from minio.deleteobjects import DeleteObject
from minio.helpers import MIN_PART_SIZE

from core.base.errors import ConfigurationError, ObjectMissing, StorageUnavailable, kind_of
from core.services.s3_client import connect, s3_errors
from core.services.storage import PIECE, checked_key, checked_prefix, length_of

log = structlog.get_logger()

LONGEST_URL_SECONDS = 300
LONGEST_LINK_SECONDS = 7 * 86_400
"""S3 signs none for longer."""
FILE_PART = 16 * 1024 * 1024
"""Bytes of a large file that are in memory and in one request: slow lines have time for them."""
AT_ONCE = 1000
"""Objects deleted by one request: S3 takes no more."""
_UNKNOWN_THERE = ("NotImplemented", "MethodNotAllowed")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class MinioStore:
    """An ObjectStore in a bucket: the object `a/b/c` is `<prefix>a/b/c` there.

    Nothing is asked of the server until the first use, so an app can start without it. Then the
    bucket is made where there is none, and refused where anybody could read it or where it keeps
    what is deleted. A bucket that disappears later has lost its objects: it is not made again.
    `public_endpoint` is the URL of the server as the internet sees it, in the same `region`.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        secure: bool,
        region: str = "",
        prefix: str = "",
        public_endpoint: str = "",
    ) -> None:
        if not _BUCKET.fullmatch(bucket):
            raise ConfigurationError(
                f"storage.bucket = {bucket!r} is no bucket's name. Write 3 to 63 small letters, "
                "digits and hyphens."
            )
        self._client, self._connections = connect(
            endpoint, access_key, secret_key, secure=secure, region=region
        )
        self._public = _signer(public_endpoint, access_key, secret_key, region)
        self._bucket = bucket
        self._prefix = checked_prefix(prefix)
        self._ready = False

    def prepare(self) -> None:
        """Make the bucket and look whether it is private; the first use does it otherwise."""
        with s3_errors("the bucket"):
            if not self._client.bucket_exists(self._bucket):
                self._make_bucket()
            self._refuse_versions()
            self._refuse_public()
        self._ready = True

    def ping(self) -> bool:
        """Whether the store can be used now; why not is logged."""
        try:
            with self._using("the bucket"):
                self._look_for_bucket()
        except StorageUnavailable as error:
            log.warning("object store out of reach", reason=kind_of(error))
            return False
        return True

    def close(self) -> None:
        """Close the idle connections; a later use opens others."""
        self._connections.clear()

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes; never skipped for an object that is there already.

        Its size would not prove its bytes, because keys name the hash of what was sent and not of
        what we made of it; and asking costs every first put what it would save a rare second one.
        """
        name = self._name(key)
        part = max(len(data), MIN_PART_SIZE)  # one request: killed uploads in parts leave parts
        with self._using(key):
            self._client.put_object(
                self._bucket, name, BytesIO(data), len(data), content_type(data), part_size=part
            )

    def put_file(self, key: str, file: BinaryIO) -> None:
        """Keep a file, in parts of 16 MB; a process killed meanwhile leaves parts to the server."""
        name = self._name(key)
        with self._using(key):
            self._client.put_object(self._bucket, name, file, length_of(file), part_size=FILE_PART)

    def stream(self, key: str) -> Iterator[bytes]:
        name = self._name(key)
        with self._using(key):
            response = self._client.get_object(self._bucket, name)
            try:
                yield from response.stream(PIECE)
            finally:
                response.close()
                response.release_conn()

    def get(self, key: str) -> bytes:
        name = self._name(key)
        with self._using(key):
            response = self._client.get_object(self._bucket, name)
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def exists(self, key: str) -> bool:
        try:
            self._stat(key)
        except ObjectMissing:
            return False
        return True

    def modified(self, key: str) -> float:
        """When an object was last put: seconds since 1970, by the server's clock."""
        changed = self._stat(key).last_modified
        if changed is None:
            raise StorageUnavailable(f"The object store doesn't say when {key} was put.")
        return changed.timestamp()

    def delete(self, key: str) -> None:
        name = self._name(key)
        with suppress(ObjectMissing), self._using(key):
            self._client.remove_object(self._bucket, name)

    def delete_prefix(self, prefix: str) -> int:
        """Remove all below a prefix until nothing is listed there any more."""
        if not checked_prefix(prefix):
            raise ValueError("An empty prefix would delete every object.")
        removed = 0
        before: list[str] = []
        while names := list(islice(self._names(prefix), AT_ONCE)):
            if names == before:
                raise StorageUnavailable(f"The object store keeps what it deleted below {prefix}.")
            self._remove(names, prefix)
            removed += len(names)
            before = names
        return removed

    def keys(self, prefix: str) -> Iterator[str]:
        checked_prefix(prefix)
        for name in self._names(prefix):
            with suppress(ValueError):  # a bucket may hold what others put there
                yield printable_key(name.removeprefix(self._prefix))

    def presigned(self, key: str, seconds: int) -> str:
        """An address at which anybody can get the object for so many seconds, at most 300."""
        if not 1 <= seconds <= LONGEST_URL_SECONDS:
            raise ValueError(f"An address lasts 1 to {LONGEST_URL_SECONDS} seconds: {seconds}")
        name = self._name(key)
        with self._using(key):
            return self._address(name, seconds)

    def public_link(self, key: str, seconds: int) -> str:
        """See the port. It is signed here for the public host; no server is asked."""
        if not 1 <= seconds <= LONGEST_LINK_SECONDS:
            raise ValueError(f"A link lasts 1 to {LONGEST_LINK_SECONDS} seconds: {seconds}")
        if self._public is None:
            return ""
        name, lasting = self._name(key), timedelta(seconds=seconds)
        return self._public.presigned_get_object(self._bucket, name, lasting)

    def _name(self, key: str) -> str:
        return checked_key(self._prefix + printable_key(key))

    def _stat(self, key: str) -> Object:
        """What the server knows of an object. Of a lost bucket it says nothing else, so we ask."""
        name = self._name(key)
        with self._using(key):
            try:
                return self._client.stat_object(self._bucket, name)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    self._look_for_bucket()
                raise

    def _names(self, prefix: str) -> Iterator[str]:
        with self._using(prefix or "all objects"):
            for found in self._client.list_objects(
                self._bucket, prefix=self._prefix + prefix, recursive=True
            ):
                yield str(found.object_name)

    def _remove(self, names: Sequence[str], about: str) -> None:
        with self._using(about):
            wanted = [DeleteObject(name) for name in names]
            try:
                for refused in self._client.remove_objects(self._bucket, wanted):
                    raise StorageUnavailable(f"Deleting below {about} is refused ({refused.code}).")
            except S3Error as error:
                if error.code not in _UNKNOWN_THERE:
                    raise
                for name in names:
                    self._client.remove_object(self._bucket, name)

    def _address(self, name: str, seconds: int) -> str:
        return self._client.presigned_get_object(self._bucket, name, timedelta(seconds=seconds))

    # the bucket

    @contextmanager
    def _using(self, about: str) -> Iterator[None]:
        if not self._ready:
            self.prepare()
        with s3_errors(about):
            yield

    def _look_for_bucket(self) -> None:
        if not self._client.bucket_exists(self._bucket):
            raise StorageUnavailable("The bucket storage.bucket is gone.")

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":  # another process was faster
                raise
        else:
            log.info("bucket made", bucket=self._bucket)

    def _refuse_versions(self) -> None:
        """Nothing could be erased from a bucket that keeps old versions."""
        try:
            status = self._client.get_bucket_versioning(self._bucket).status
        except S3Error as error:  # not every server has versions, nor every key the right to ask
            log.info("bucket's versions unknown", code=error.code)
            return
        if status == "Enabled":
            raise StorageUnavailable(
                "The bucket storage.bucket keeps old versions, so that nothing could be erased. "
                "Use one without versioning."
            )

    def _refuse_public(self) -> None:
        """A new bucket is private by S3's rules; whether it is, only a stranger can tell."""
        name = f"{self._prefix}.private-{uuid4().hex}"
        self._client.put_object(self._bucket, name, BytesIO(b"private"), 7)
        try:
            address = self._address(name, 1).partition("?")[0]
            answer = self._connections.request("GET", address)
        finally:
            self._client.remove_object(self._bucket, name)
        if answer.status == 200:
            raise StorageUnavailable(
                "Anybody can read the bucket storage.bucket. Take its public policy away."
            )


def _signer(url: str, access_key: str, secret_key: str, region: str) -> Minio | None:
    """A client that signs for the public host, which is part of the signature."""
    if not url:
        return None
    place = urlsplit(url)
    signer, _ = connect(
        place.netloc, access_key, secret_key, secure=place.scheme == "https", region=region
    )
    return signer


def printable_key(key: str) -> str:
    """The key itself, where S3 can delete it: by XML, which can't spell control characters."""
    if not checked_key(key).isprintable() or key.isspace():
        raise ValueError(f"An object key can't have unprintable characters: {key!r}")
    return key


def content_type(data: bytes) -> str:
    """What its first bytes say."""
    found = (kind for start, kind in _SIGNATURES.items() if data.startswith(start))
    return next(found, "application/octet-stream")
