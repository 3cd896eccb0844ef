"""fal's own client talks to the simulated fal: what we simulate is the protocol that it speaks."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import fal_client
import pytest
from fal_client import client as library

from core.avatars.ports import TrainingOrder
from core.services.fal import FalTrainer
from core.services.fal.simulation import FalServer
from tests.patience import LONG

ENDPOINT = "fal-ai/flux-lora-portrait-trainer"
ARGUMENTS = {"images_data_url": "https://files.invalid/photos.zip"}


@pytest.fixture
def theirs(fal: FalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[fal_client.SyncClient]:
    """fal's client, with the simulated fal in the place of its own hosts."""
    monkeypatch.setattr(library, "QUEUE_URL_FORMAT", f"{fal.base}/queue/")
    monkeypatch.setattr(library, "REST_URL", f"{fal.base}/rest")
    monkeypatch.setattr(library, "CDN_URL", f"{fal.base}/cdn")
    made = fal_client.SyncClient(key="theirs", default_timeout=LONG)
    yield made
    made._client.close()


def test_it_orders_asks_and_gets_the_result(fal: FalServer, theirs: fal_client.SyncClient) -> None:
    handle = theirs.submit(ENDPOINT, ARGUMENTS)
    status = handle.status(with_logs=True)
    assert isinstance(status, fal_client.Completed)
    assert status.metrics["inference_time"] == 0.0
    assert "diffusers_lora_file" in theirs.result(ENDPOINT, handle.request_id)


def test_its_status_and_ours_are_the_same(
    theirs: fal_client.SyncClient, trainer: FalTrainer, order: Callable[..., TrainingOrder]
) -> None:
    handle = trainer.submit(order(), ARGUMENTS["images_data_url"], "")
    assert isinstance(theirs.status(ENDPOINT, handle.request_id), fal_client.Completed)
    weights = theirs.result(ENDPOINT, handle.request_id)["diffusers_lora_file"]["url"]
    assert trainer.check(handle).result["weights_url"] == weights


def test_a_failure_is_an_error_of_its_own(fal: FalServer, theirs: fal_client.SyncClient) -> None:
    fal.plan.add("training", "face_detection_error")
    handle = theirs.submit(ENDPOINT, ARGUMENTS)
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.status_code == 422


def test_it_cancels(fal: FalServer, theirs: fal_client.SyncClient) -> None:
    handle = theirs.submit(ENDPOINT, ARGUMENTS)
    with pytest.raises(fal_client.FalClientHTTPError, match="ALREADY_COMPLETED"):
        handle.cancel()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it closes no connection to the CDN
def test_it_uploads_whole_and_in_parts(
    fal: FalServer,
    theirs: fal_client.SyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "photos.zip"
    file.write_bytes(b"z" * 1000)
    assert theirs.upload_file(file).startswith(f"{fal.base}/cdn/")
    monkeypatch.setattr(library, "MULTIPART_THRESHOLD", 100)
    assert theirs.upload_file(file).startswith(f"{fal.base}/cdn/")
    assert theirs.upload(b"z" * 1000, "application/zip", repository="fal").startswith(fal.base)
    assert fal.ledger.uploaded_bytes == 3000
    gc.collect()


def test_its_submission_pays_more_than_once_and_ours_does_not(
    fal: FalServer,
    theirs: fal_client.SyncClient,
    trainer: FalTrainer,
    order: Callable[..., TrainingOrder],
) -> None:
    """Why we send the order ourselves."""
    fal.plan.add("submit", "reset", times=2)
    theirs.submit(ENDPOINT, ARGUMENTS)
    assert len(fal.ledger.posts) == 3
    assert sum(map(len, fal.ledger.taken.values())) == 3
    fal.plan.add("submit", "reset")
    placed = order()
    with pytest.raises(Exception, match="connection_broken"):
        trainer.submit(placed, ARGUMENTS["images_data_url"], "")
    assert fal.ledger.posts_of(placed.run_id) == 1
