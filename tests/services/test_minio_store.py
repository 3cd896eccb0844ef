"""The S3 store where a folder has no counterpart: buckets, credentials, addresses."""

import json
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from uuid import uuid4

import pytest
import urllib3
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from core.avatars.ports import ObjectStore
from core.base.errors import ConfigurationError, StorageUnavailable
from core.services.minio_store import MinioStore
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.services.store_contract import KEY, operations

JPEG = b"\xff\xd8\xff\xe0 and so on"
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def store(minio_store: MinioStore) -> MinioStore:
    return minio_store


@pytest.fixture
def bucket(s3: S3Server) -> Iterator[str]:
    """A bucket's name that nobody else uses, and no bucket of that name afterwards."""
    name = uuid4().hex
    yield name
    client = s3.client
    if client.bucket_exists(name):
        for found in client.list_objects(name, recursive=True, include_version=True):
            client.remove_object(name, found.object_name, version_id=found.version_id)
        client.remove_bucket(name)


def test_it_is_an_object_store(store: MinioStore) -> None:
    port: ObjectStore = store
    port.put(KEY, b"face")
    assert port.get(KEY) == b"face"


# the bucket


def test_nothing_is_asked_of_the_server_before_the_first_use() -> None:
    store = MinioStore("127.0.0.1:9", "photos", "anybody", "secret", secure=False)
    assert not store.ping()


def test_the_bucket_is_made_once_even_by_many_at_a_time(s3: S3Server, bucket: str) -> None:
    stores = [s3.store(bucket) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(MinioStore.prepare, stores))
    assert all(store.ping() for store in stores)
    assert list(s3.client.list_objects(bucket, recursive=True)) == []


def test_two_prefixes_of_one_bucket_know_nothing_of_each_other(s3: S3Server, bucket: str) -> None:
    one, other = s3.store(bucket, prefix="one/"), s3.store(bucket, prefix="two/")
    one.put(KEY, b"1")
    other.put(KEY, b"2")
    assert (one.get(KEY), other.get(KEY)) == (b"1", b"2")
    assert list(one.keys("")) == [KEY]
    assert one.delete_prefix("7/") == 1
    assert other.exists(KEY)


def test_what_others_keep_in_the_bucket_is_not_listed(s3: S3Server, store: MinioStore) -> None:
    store.put(KEY, b"x")
    for name in ("7/.private", "7/", "7/a\x01b"):
        s3.client.put_object("photos", store._prefix + name, BytesIO(b"x"), 1)
    assert list(store.keys("")) == [KEY]


@pytest.mark.parametrize("key", ["7/a\x01b", "7/a\nb", "7/a\x7fb", " ", "\ufffe"])
def test_a_key_that_could_not_be_deleted_is_refused(store: MinioStore, key: str) -> None:
    with pytest.raises(ValueError, match="unprintable"):
        store.put(key, b"x")


def test_a_lost_bucket_is_a_failing_store_and_not_an_empty_one(s3: S3Server, bucket: str) -> None:
    store = s3.store(bucket, region="us-east-1")  # or it would have to ask for that
    store.prepare()
    s3.client.remove_bucket(bucket)
    for act in operations(store):
        with pytest.raises(StorageUnavailable, match=r"storage\.bucket is gone"):
            act()
    assert not store.ping()
    assert not s3.client.bucket_exists(bucket)


def test_a_bucket_that_anybody_can_read_is_refused(s3: S3Server, bucket: str) -> None:
    everybody = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    client = s3.client
    client.make_bucket(bucket)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    client.set_bucket_policy(bucket, policy)
    store = s3.store(bucket)
    with pytest.raises(StorageUnavailable, match="Anybody can read"):
        store.put(KEY, b"face")
    client.delete_bucket_policy(bucket)
    store.put(KEY, b"face")
    assert store.get(KEY) == b"face"


def test_a_bucket_that_keeps_what_is_deleted_is_refused(s3: S3Server, bucket: str) -> None:
    client = s3.client
    client.make_bucket(bucket)
    client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    with pytest.raises(StorageUnavailable, match="old versions"):
        s3.store(bucket).put(KEY, b"face")


def test_a_listing_is_asked_for_page_by_page(s3: S3Server, store: MinioStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.put(f"7/anna/{n}", b""), range(1100)))
    line = store._connections.connection_from_url(f"http://{s3.endpoint}")
    before = line.num_requests
    listed = store.keys("7/")
    next(listed)
    assert line.num_requests == before + 1
    assert len(list(listed)) == 1099
    assert line.num_requests == before + 2
    assert store.delete_prefix("7/") == 1100


# credentials and privacy


@pytest.mark.parametrize(
    "wrong", [{"secret_key": "of somebody else"}, {"access_key": "nobody"}], ids=str
)
def test_wrong_credentials_are_told_by_the_settings_that_hold_them(
    s3: S3Server, wrong: dict[str, str]
) -> None:
    store = s3.store("photos", **wrong)
    for act in operations(store):
        with pytest.raises(StorageUnavailable, match=r"storage\.access_key.*storage\.secret_key"):
            act()


def test_errors_name_neither_credentials_nor_addresses(
    s3: S3Server, capfd: pytest.CaptureFixture[str]
) -> None:
    stores = [
        s3.store("photos", secret_key="c2VjcmV0LW9mLW90aGVycw"),
        MinioStore("127.0.0.1:9", "photos", ACCESS_KEY, SECRET_KEY, secure=False),
        MinioStore(s3.endpoint, "photos", ACCESS_KEY, SECRET_KEY, secure=True),
    ]
    told = ""
    for store in stores:
        for act in operations(store):
            with pytest.raises(StorageUnavailable) as caught:
                act()
            assert caught.value.__cause__ is not None
            told += "".join(traceback.format_exception(caught.value))
        assert not store.ping()
    told += "".join(capfd.readouterr())
    for hidden in (SECRET_KEY, ACCESS_KEY, "c2VjcmV0LW9mLW90aGVycw", "X-Amz", "url:", "://"):
        assert hidden not in told


def test_nobody_can_get_an_object_without_an_address_made_for_it(
    s3: S3Server, store: MinioStore
) -> None:
    store.put(KEY, JPEG)
    plain = store.presigned(KEY, 60).partition("?")[0]
    for address in (plain, f"http://{s3.endpoint}/photos", f"http://{s3.endpoint}/"):
        assert urllib3.request("GET", address).status == 403


def test_an_address_gets_its_object_until_it_expires(store: MinioStore) -> None:
    store.put(KEY, JPEG)
    store.put(KEY + "0", PNG)
    address = store.presigned(KEY, 6)
    until = time.time() + 6
    answer = urllib3.request("GET", address)
    assert (answer.status, answer.data) == (200, JPEG)
    assert urllib3.request("GET", address.replace(KEY, KEY + "0")).status == 403
    assert urllib3.request("PUT", address, body=b"other").status == 403
    assert urllib3.request("DELETE", address).status == 403
    time.sleep(max(0, until + 2 - time.time()))
    assert urllib3.request("GET", address).status == 403
    assert store.get(KEY) == JPEG


@pytest.mark.parametrize("seconds", [-1, 0, 301, 604_800])
def test_an_address_lasts_five_minutes_at_most(store: MinioStore, seconds: int) -> None:
    with pytest.raises(ValueError, match="1 to 300 seconds"):
        store.presigned(KEY, seconds)


def test_an_address_in_a_store_that_cannot_be_reached_is_refused_like_all_else() -> None:
    store = MinioStore("127.0.0.1:9", "photos", ACCESS_KEY, SECRET_KEY, secure=False)
    with pytest.raises(StorageUnavailable):
        store.presigned(KEY, 60)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(JPEG, "image/jpeg"), (PNG, "image/png"), (b"<html>", "application/octet-stream")],
)
def test_a_picture_is_served_as_what_its_first_bytes_say(
    store: MinioStore, data: bytes, kind: str
) -> None:
    store.put(KEY, data)
    assert urllib3.request("GET", store.presigned(KEY, 60)).headers["content-type"] == kind


# settings


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"endpoint": "http://127.0.0.1:9000"}, "storage.endpoint"),
        ({"endpoint": "127.0.0.1:9000/photos"}, "storage.endpoint"),
        ({"bucket": "Photos of Anna"}, "storage.bucket"),
        ({"bucket": "ab"}, "storage.bucket"),
        ({"region": "eu west"}, "storage.region"),
        ({"access_key": ""}, "LIKENESS_STORAGE__ACCESS_KEY"),
        ({"secret_key": ""}, "LIKENESS_STORAGE__SECRET_KEY"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_told_at_once(changes: dict[str, str], told: str) -> None:
    right = {"endpoint": "127.0.0.1:9", "bucket": "photos", "access_key": "a", "secret_key": "b"}
    with pytest.raises(ConfigurationError, match=told):
        MinioStore(**{**right, **changes}, secure=False)
