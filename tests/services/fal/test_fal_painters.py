"""What each painter is told, what it gives, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.avatars.ports import (
    Handle,
    Painter,
)
from core.base.settings import Settings
from core.base.settings.product.fal import Fal, Painting, ProPainting
from core.services.fal import FalPainter
from core.services.fal.profiles import UnexpectedResult, painters
from core.services.fal.simulation import FalServer
from tests.services.fal.picture_orders import (
    PHRASE,
    PROFILES,
    WEIGHTS,
    fetched,
    order,
    ordered,
)

# What is told


def test_it_is_a_painter_and_the_base_model_decides_who_paints(painter: FalPainter) -> None:
    port: Painter = painter
    assert not port.test_mode
    assert port.upload_seconds == 12 * 3600
    found = {model: port.profiles(model) for model in ("flux-1", "flux-2", "flux-pro", "sdxl")}
    assert found == {
        "flux-1": ("flux-lora",),
        "flux-2": ("flux-2-lora",),
        "flux-pro": ("flux-pro-finetuned",),
        "sdxl": (),
    }
    assert [port.takes_weights(name) for name in PROFILES] == [True, True, False]
    assert [port.endpoint(name) for name in PROFILES] == [
        "fal-ai/flux-lora",
        "fal-ai/flux-2/lora",
        "fal-ai/flux-pro/v1.1-ultra-finetuned",
    ]


@pytest.mark.parametrize(("profile", "guidance"), [("flux-lora", 3.5), ("flux-2-lora", 2.5)])
def test_a_lora_is_sent_by_its_address_with_the_checker_on(
    painter: FalPainter, profile: str, guidance: float
) -> None:
    assert painter.arguments(order(profile), WEIGHTS) == {
        "prompt": PHRASE,
        "loras": [{"path": WEIGHTS, "scale": 1.0}],
        "image_size": {"width": 864, "height": 1152},
        "num_inference_steps": 28,
        "guidance_scale": guidance,
        "num_images": 4,
        "output_format": "jpeg",
        "enable_safety_checker": True,
        "seed": 7,
    }


def test_a_finetune_is_named_by_its_id_with_a_tolerance_and_a_ratio(painter: FalPainter) -> None:
    placed = order("flux-pro-finetuned", seed=None, count=1)
    assert painter.arguments(placed, "") == {
        "prompt": PHRASE,
        "finetune_id": "ft-anna",
        "finetune_strength": 1.2,
        "aspect_ratio": "3:4",
        "num_images": 1,
        "output_format": "jpeg",
        "safety_tolerance": "2",
    }


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(1000, 1000, "1:1"), (1152, 864, "4:3"), (864, 1152, "3:4"), (1330, 750, "16:9"),
     (400, 2500, "9:21")],
)  # fmt: skip
def test_the_nearest_ratio_is_asked_for(width: int, height: int, ratio: str) -> None:
    assert painters.aspect_ratio(width, height) == ratio


def test_what_the_configuration_says_is_what_is_sent() -> None:
    fal = Fal(
        flux_lora=Painting(steps=8, guidance=1.5, lora_scale=0.8, output_format="png"),
        flux_pro_finetuned=ProPainting(finetune_strength=0.9, safety_tolerance=1),
    )
    painter = FalPainter(Settings(fal=fal), lambda _: None)
    lora, pro = (painter.arguments(order(name), WEIGHTS) for name in (PROFILES[0], PROFILES[2]))
    assert (lora["num_inference_steps"], lora["guidance_scale"]) == (8, 1.5)
    assert (lora["loras"], lora["output_format"]) == ([{"path": WEIGHTS, "scale": 0.8}], "png")
    assert (pro["finetune_strength"], pro["safety_tolerance"]) == (0.9, "1")
    painter.close()


@pytest.mark.parametrize("profile", PROFILES)
def test_an_order_is_one_request_to_its_own_endpoint_with_the_phrase_once(
    fal: FalServer, painter: FalPainter, profile: str
) -> None:
    placed = order(profile)
    handle = painter.submit(placed, WEIGHTS, "https://bot.invalid/fal/webhook/t")
    (post,) = fal.ledger.posts
    assert post.endpoint == painter.endpoint(profile)
    assert post.arguments == painter.arguments(placed, WEIGHTS)
    assert str(post.arguments["prompt"]).count("lk7qz woman") == 1
    assert post.webhook_url == "https://bot.invalid/fal/webhook/t"
    assert fal.ledger.taken[post.run] == [handle.request_id]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_request_is_asked_after_below_the_first_two_parts_of_its_endpoint(
    fal: FalServer, painter: FalPainter, profile: str
) -> None:
    fal.plan.add("submit", "foreign_urls")
    handle = painter.submit(order(profile), WEIGHTS, "")
    owner, alias = painter.endpoint(profile).split("/")[:2]
    base = f"{fal.base}/queue/{owner}/{alias}/requests/{handle.request_id}"
    assert (handle.response_url, handle.status_url) == (base, f"{base}/status")
    bare = Handle(handle.run_id, profile, handle.request_id)
    assert painter.check(bare) == painter.check(handle)


# What it costs


def test_a_price_is_one_pictures_and_not_rounded(painter: FalPainter) -> None:
    assert [painter.price_usd(name) for name in PROFILES] == [0.035, 0.021, 0.07]
    unknown = Settings(fal=Fal(flux_lora=Painting(usd_per_megapixel=None)))
    assert FalPainter(unknown, lambda _: None).price_usd("flux-lora") is None


@pytest.mark.parametrize(
    ("usd", "unit", "price"),
    [
        (0.021, "megapixel", 0.021),
        (0.021, "Megapixels", 0.021),
        (21.0, "1000 megapixels", 0.021),
        (0.06, "image", 0.06),
        (0.06, "images", 0.06),
        (0.06, "request", 0.06),
        (0.06, "second", None),
        (0.06, "step", None),
        (0.06, "", None),
    ],
)
def test_fals_own_price_of_a_unit_is_used_where_it_tells_what_a_picture_costs(
    painter: FalPainter, usd: float, unit: str, price: float | None
) -> None:
    assert painter.priced("flux-2-lora", usd, unit) == price


# What it gives


@pytest.mark.parametrize("profile", PROFILES)
def test_pictures_are_their_addresses_and_the_seed_and_nothing_else(
    painter: FalPainter, profile: str
) -> None:
    handle = ordered(painter, profile=profile)
    standing = painter.check(handle)
    assert standing.status == "completed"
    assert set(standing.result) == {"images", "seed"}
    assert standing.result["seed"] == 7
    images: Any = standing.result["images"]
    assert [set(image) for image in images] == [{"url", "flagged"}] * 4
    assert not any(image["flagged"] for image in images)
    assert Image.open(BytesIO(fetched(painter, handle))).format == "JPEG"


@pytest.mark.parametrize("result", [
    {}, {"images": None}, {"images": []}, {"images": [{"url": ""}]}, {"images": ["https://a.b"]},
    {"images": [{"url": "file:///etc/passwd"}], "seed": 3},
])  # fmt: skip
def test_a_result_without_pictures_is_unexpected(result: Mapping[str, object]) -> None:
    with pytest.raises(UnexpectedResult):
        painters.pictures(result)


def test_a_flag_stays_with_its_picture_and_an_odd_seed_is_none() -> None:
    images = [{"url": "https://a.b/1"}, {"url": None}, {"url": "https://a.b/3"}]
    odd: list[object] = [None, "7", 7.0, True, -1, 2**63]
    for seed in odd:
        result = {"images": images, "has_nsfw_concepts": [False, False, True], "seed": seed}
        assert painters.pictures(result) == {
            "images": [
                {"url": "https://a.b/1", "flagged": False},
                {"url": "https://a.b/3", "flagged": True},
            ],
            "seed": None,
        }
    assert painters.pictures({"images": images, "has_nsfw_concepts": "yes"})["seed"] is None


def test_a_painters_logs_are_not_asked_for(painter: FalPainter) -> None:
    asked: list[str] = []
    with FalServer(picture_seconds=60) as fal:
        slow = FalPainter(fal.settings(Settings()), lambda _: None)
        slow._wire.api.event_hooks["request"].append(lambda request: asked.append(str(request.url)))
        handle = ordered(slow)
        standing = slow.check(handle)
        slow.close()
    assert (standing.status, standing.percent) == ("training", None)
    assert [url for url in asked if "logs=1" in url or "logs=true" in url.lower()] == []
    assert any("/status" in url for url in asked)
