"""`likeness fal check`: what is as the code takes it to be, and every fact that is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from typer.testing import CliRunner

from core.app import bootstrap as _bootstrap  # noqa: F401  # before stderr is the runner's
from core.app.cli import app
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import checking
from core.services.fal.checking import Fact
from core.services.fal.checking.transcript import shape
from core.services.fal.simulation import FalServer
from tests.fakes.foreign_fal import ForeignFal, Liberties
from tests.fakes.tampering import Passing, Tampering

KEY = "stranger:5ecret"
ENDPOINTS = [
    "fal-ai/flux-lora-portrait-trainer", "fal-ai/flux-pro-trainer",
    "fal-ai/flux-lora-fast-training", "fal-ai/flux-2-trainer",
    "fal-ai/flux-lora", "fal-ai/flux-2/lora", "fal-ai/flux-pro/v1.1-ultra-finetuned",
]  # fmt: skip
Change = Callable[[Passing], Passing]


@pytest.fixture
def stranger() -> Iterator[ForeignFal]:
    fal = ForeignFal(Liberties(), seconds=0.0, key=KEY)
    fal.prices = dict.fromkeys(ENDPOINTS, 0.002)
    fal.start()
    yield fal
    fal.stop()


@pytest.fixture
def door(stranger: ForeignFal) -> Iterator[Tampering]:
    with Tampering(stranger.queue).open() as opened:
        yield opened


def looked(door: Tampering) -> dict[str, Fact]:
    with checking.opened(Fal(key=SecretStr(KEY), queue_url=door.base)) as place:
        return {fact.name: fact for fact in checking.free_facts(place)}


def paid(door: Tampering) -> dict[str, Fact]:
    with checking.opened(Fal(key=SecretStr(KEY), queue_url=door.base)) as place:
        chosen = checking.cheapest(place)
        assert chosen is not None
        quick = checking.paid_facts(place, chosen, lambda _: time.sleep(0.02))
        return {fact.name: fact for fact in quick}


def differing(facts: dict[str, Fact]) -> list[str]:
    return [name for name, fact in facts.items() if fact.ok is False]


def order_one(stranger: ForeignFal) -> None:
    stranger.take(ENDPOINTS[0], {"trigger_phrase": "lk1"}, {}, "")


def told(status: int, body: Any) -> Change:
    return lambda passing: passing._replace(status=status, body=json.dumps(body).encode())


def without(*names: str) -> Change:
    def leave_out(passing: Passing) -> Passing:
        said = json.loads(passing.body)
        for item in [said, *said.get("items", [])]:
            for name in names:
                item.pop(name, None)
        return passing._replace(body=json.dumps(said).encode())

    return leave_out


def replaced(old: bytes, new: bytes) -> Change:
    return lambda passing: passing._replace(body=passing.body.replace(old, new))


def alter(method: str, path: str, change: Change) -> Change:
    def altered(passing: Passing) -> Passing:
        mine = passing.method == method and path in passing.path
        return change(passing) if mine else passing

    return altered


def test_a_fal_by_the_book_is_as_expected_and_nothing_is_ordered(
    stranger: ForeignFal, door: Tampering
) -> None:
    order_one(stranger)
    facts = looked(door)
    assert [fact for fact in facts.values() if not fact.ok] == []
    assert len(facts) == 18
    assert len(stranger.orders) == 1, "which was there before"
    posted = [path for method, path in door.asked if method == "POST"]
    assert posted == ["/storage/auth/token", "/files/upload"]
    (headers,) = stranger.file_headers.values()
    expiry = json.loads(headers["X-Fal-Object-Lifecycle-Preference"])
    assert expiry == {"expiration_duration_seconds": 3600}


def test_the_simulated_fal_differs_only_in_what_it_does_not_care_for() -> None:
    with FalServer() as server:
        server.prices.update(dict.fromkeys(ENDPOINTS, 0.002))
        with checking.opened(server.settings(Settings()).fal) as place:
            facts = {fact.name: fact for fact in checking.free_facts(place)}
            assert differing(facts) == ["a key that is none", "the upload, fetched without a key"]
            assert facts["a listed request"].ok is None
            chosen = checking.cheapest(place)
            assert chosen is not None
            ordered = checking.paid_facts(place, chosen, lambda _: None)
            assert [fact for fact in ordered if not fact.ok] == []


WRONG: dict[str, tuple[str, str, Change]] = {
    "the status of a made-up request": ("GET", "/status", told(200, {"status": "IN_QUEUE"})),
    "a key that is none": ("GET", "/status", told(200, {"status": "IN_QUEUE"})),
    "the cancellation of a made-up request": ("PUT", "/cancel", told(202, {"status": "x"})),
    "the keys that sign webhooks": ("GET", "/jwks.json", told(200, {"keys": [{"x": "AA"}]})),
    "a token for uploads": ("POST", "/token", without("token")),
    "an upload that expires": ("POST", "/files/upload", without("access_url")),
    "the upload, fetched without a key": ("GET", "/in/", told(403, {})),
    "the list of requests": ("GET", "/by-endpoint", told(403, {"detail": "Admin key required"})),
    "a listed request": ("GET", "/by-endpoint", without("sent_at")),
    f"the price of {ENDPOINTS[3]}": ("GET", "/pricing", replaced(b"USD", b"EUR")),
    "the deletion of a made-up request's data": ("DELETE", "/payloads", told(404, {"detail": "?"})),
    "the networks of webhooks": ("GET", "/meta", told(200, {})),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_fact_made_wrong_is_seen_to_differ(
    name: str, stranger: ForeignFal, door: Tampering
) -> None:
    order_one(stranger)
    door.alter = alter(*WRONG[name])
    facts = looked(door)
    assert facts[name].ok is False
    assert facts[name].line().startswith(f"DIFFERS  {name}: expected ")


def test_a_page_with_200_is_no_answer_to_a_deletion(door: Tampering) -> None:
    def page(passing: Passing) -> Passing:
        return passing._replace(status=200, body=b"<html>")

    door.alter = alter("DELETE", "/payloads", page)
    assert differing(looked(door)) == ["the deletion of a made-up request's data"]


def test_every_free_fact_is_made_wrong_above(stranger: ForeignFal, door: Tampering) -> None:
    order_one(stranger)
    prices = {f"the price of {endpoint}" for endpoint in ENDPOINTS}
    assert set(looked(door)) - prices == set(WRONG) - prices


def test_what_no_order_shows_is_unknown_and_not_wrong(door: Tampering) -> None:
    facts = looked(door)
    assert facts["a listed request"].ok is None
    assert differing(facts) == []


def test_a_fal_that_is_away_is_as_expected_in_nothing() -> None:
    with checking.opened(Fal(key=SecretStr(KEY), queue_url="http://127.0.0.1:9")) as place:
        facts = {fact.name: fact for fact in checking.free_facts(place)}
    assert "connection_failed" in facts["the status of a made-up request"].got
    assert not any(fact.ok for fact in facts.values())


def test_the_cheapest_training_goes_all_the_way_and_is_deleted(
    stranger: ForeignFal, door: Tampering
) -> None:
    stranger.seconds = 0.6
    facts = paid(door)
    assert [fact for fact in facts.values() if not fact.ok] == []
    (order,) = stranger.orders
    assert order.endpoint == ENDPOINTS[2]
    assert order.arguments["steps"] == checking.STEPS
    assert stranger.deleted == [order.id]


PAID_WRONG: dict[str, tuple[str, str, Change]] = {
    "the answer to an order": ("POST", "-training", without("cancel_url")),
    "its addresses": ("POST", "-training", replaced(b"http://127.0.0.1", b"http://elsewhere")),
    "its statuses": ("GET", "/status", lambda passing: passing._replace(status=206)),
    "the order in the list of requests": ("GET", "/by-endpoint", without("json_input")),
    "its result": ("GET", "-training/requests", without("diffusers_lora_file")),
    "the trained file": ("GET", ".safetensors", told(200, {"detail": "not found"})),
    "the deletion of its data": ("DELETE", "/payloads", told(403, {})),
    "the trained file after that": ("GET", ".safetensors", lambda passing: (
        passing._replace(status=200) if passing.status == 404 else passing
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", PAID_WRONG)
def test_each_fact_of_an_order_made_wrong_is_seen_to_differ(
    name: str, stranger: ForeignFal, door: Tampering
) -> None:
    door.alter = alter(*PAID_WRONG[name])
    facts = paid(door)
    assert facts[name].ok is False
    assert len(stranger.orders) == 1, "one order, whatever comes of it"


def test_an_order_that_is_answered_with_an_error_is_not_repeated(
    stranger: ForeignFal, door: Tampering
) -> None:
    door.alter = alter("POST", "-training", told(500, {"detail": "Internal Server Error"}))
    assert differing(paid(door)) == ["the answer to an order"]
    assert len(stranger.orders) == 1


# the command


@pytest.fixture
def likeness(door: Tampering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("LIKENESS_FAL__QUEUE_URL", door.base)
    monkeypatch.setenv("FAL_KEY", KEY)
    monkeypatch.chdir(tmp_path)

    def type_(*words: str, typed: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words), input=typed)
        return done.exit_code, done.output

    yield type_
    structlog.reset_defaults()


def test_the_command_says_each_fact_and_keeps_a_transcript_without_secrets(
    likeness: Any, stranger: ForeignFal, door: Tampering, tmp_path: Path
) -> None:
    code, said = likeness("fal", "check", "--transcript", "fal.txt")
    assert code == 0
    assert "ok       the status of a made-up request: expected 404, got 404" in said
    assert "All as expected." in said
    kept = (tmp_path / "fal.txt").read_text()
    assert "POST {cdn}/files/upload -> 201" in kept
    for secret in (KEY, "5ecret", "cdn-word", door.base, stranger.queue, *stranger.files):
        assert secret not in kept
        assert secret not in said


def test_one_difference_is_an_exit_code(likeness: Any, door: Tampering) -> None:
    door.alter = alter("GET", "/meta", told(200, {}))
    code, said = likeness("fal", "check")
    assert code == 1
    assert "DIFFERS  the networks of webhooks: expected webhook_ip_ranges, got 200" in said
    assert said.rstrip().endswith("1 of 18 facts differ.")


def test_paying_says_its_price_and_wants_it_typed(likeness: Any, stranger: ForeignFal) -> None:
    code, said = likeness("fal", "check", "--pay", typed="yes\n")
    assert (code, stranger.orders) == (0, [])
    assert "100 steps of fal-ai/flux-lora-fast-training cost about $0.20" in said
    assert "Nothing was ordered." in said
    code, said = likeness("fal", "check", "--pay", "--transcript", "fal.txt", typed="0.20\n")
    assert (code, len(stranger.orders)) == (0, 1)
    assert "ok       the trained file: expected a safetensors file" in said
    kept = Path("fal.txt").read_text()
    assert stranger.orders[0].id not in kept
    assert stranger.orders[0].arguments["trigger_word"] not in kept


def test_without_a_key_there_is_nothing_to_check(
    likeness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAL_KEY")
    done = CliRunner().invoke(app, ["fal", "check"])
    assert isinstance(done.exception, ConfigurationError)
    assert "Set FAL_KEY" in str(done.exception)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ({"status": "IN_QUEUE", "queue_position": 3}, "{status: 'IN_QUEUE', queue_position: 3}"),
        ({"url": "https://a/b?sig=1"}, "{url: text}"),
        ({"detail": "see https://a/b?sig=1"}, "{detail: 'see (address)'}"),
        ({"https://a/secret": 1}, "{(name): number}"),
        ([1, 2, 3, 4], "[number, number, number, … 4 in all]"),
        ({"endpoint_id": "fal-ai/flux-2-trainer"}, "{endpoint_id: fal-ai/flux-2-trainer}"),
        ({"endpoint_id": "https://me:pw@a"}, "{endpoint_id: text}"),
        (None, "null"),
    ],
)
def test_an_answer_is_kept_as_its_shape(body: Any, written: str) -> None:
    assert shape(body) == written


def test_a_key_that_a_transcript_would_show_by_its_gaps_is_refused() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"has 3 letters.*Correct FAL_KEY"),
        checking.opened(Fal(key=SecretStr("key"))),
    ):
        pass
