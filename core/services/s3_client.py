"""How any S3 server is talked to: with little patience, and one error for all that goes wrong.

minio's own patience is 5 minutes and 5 retries. Ours, at worst: a host that doesn't answer is given
up after 7 seconds, one that refuses at once, one that hangs after 10; a put after half a minute.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

import certifi
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, MaxRetryError

from core.base.errors import ConfigurationError, ObjectMissing, StorageUnavailable

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
SEND_SECONDS = 10.0
"""For a whole request: 10 MB at 8 Mbit/s."""
CONNECTIONS = 32
"""Kept open; more threads than these only connect anew."""

_KEYS = (
    "The object store refuses storage.access_key or storage.secret_key, or they may not use "
    "the bucket storage.bucket"
)
_REGION = "The bucket storage.bucket is in another region than storage.region"
_REFUSALS = {
    "AccessDenied": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "InvalidToken": _KEYS,
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "RequestTimeTooSkewed": "This machine's clock and the object store's differ too much",
    "NoSuchBucket": "The bucket storage.bucket is gone",
    "BucketAlreadyExists": "The bucket storage.bucket is somebody else's: choose another name",
    "InvalidBucketName": "The object store doesn't take the name storage.bucket",
}
_FAILURES = (MinioException, HTTPError, OSError, ParseError, ValueError)
"""What minio lets out; the last two where somebody else than an S3 server answers."""


def connect(
    endpoint: str, access_key: str, secret_key: str, *, secure: bool, region: str = ""
) -> tuple[Minio, PoolManager]:
    """A client, and the connections that it uses; nothing is sent yet.

    Raises ConfigurationError.
    """
    if not access_key or not secret_key:  # minio would ask as anybody
        raise ConfigurationError(
            "An S3 store wants credentials. Set LIKENESS_STORAGE__ACCESS_KEY and "
            "LIKENESS_STORAGE__SECRET_KEY in the environment."
        )
    pool = _connections()
    try:
        client = Minio(
            endpoint,
            access_key,
            secret_key,
            secure=secure,
            region=region or None,
            http_client=pool,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"storage.endpoint or storage.region is wrong: {error}. Write an endpoint as "
            "host:port, without http:// (storage.secure says that), and a region as eu-west-1."
        ) from error
    return client, pool


@contextmanager
def s3_errors(about: str) -> Iterator[None]:
    """Tell an absent object as ObjectMissing, all else that fails as StorageUnavailable.

    Their words name settings and never hold their values: no address, no credentials.
    """
    try:
        yield
    except S3Error as error:
        if error.code == "NoSuchKey":
            raise ObjectMissing(about) from error
        told = _REFUSALS.get(str(error.code), "The object store failed")
        raise StorageUnavailable(f"{told} ({error.code}, {about}).") from error
    except _FAILURES as error:
        # urllib3's last error has the address in it, and for its reason what happened
        cause = (error.reason if isinstance(error, MaxRetryError) else None) or error
        raise StorageUnavailable(
            f"The object store at storage.endpoint can't be used ({type(cause).__name__}, {about})."
        ) from cause


def _connections() -> PoolManager:
    pool = PoolManager(
        timeout=Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        maxsize=CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        retries=Retry(
            total=2,
            read=1,
            redirect=0,
            allowed_methods=None,  # whatever we send may be sent twice
            status_forcelist=(429, 500, 502, 503, 504),
            backoff_factor=0.2,
            respect_retry_after_header=False,  # it may say an hour
        ),
    )
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


class _Connection(HTTPConnection):
    """Gives sending a time of its own: urllib3 lets all of it take as long as connecting."""

    def send(self, data: Any) -> None:
        _allow_sending(self)
        super().send(data)


class _SecureConnection(HTTPSConnection):
    """The same, encrypted."""

    def send(self, data: Any) -> None:
        _allow_sending(self)
        super().send(data)


def _allow_sending(connection: HTTPConnection) -> None:
    if connection.sock is None:
        connection.connect()
    connection.sock.settimeout(SEND_SECONDS)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
