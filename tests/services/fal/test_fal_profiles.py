"""What each trainer is told, what it gives, and what it costs."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.avatars.ports import Trainer, TrainingOrder
from core.base.settings import Settings
from core.base.settings.product.fal import Fal, Flux2Trainer, PortraitTrainer
from core.services.fal import FalTrainer, answers
from core.services.fal.profiles import UnexpectedResult, trainers

DATA = "https://files.invalid/photos.zip"
Order = Callable[..., TrainingOrder]


def test_it_is_a_trainer(trainer: FalTrainer) -> None:
    port: Trainer = trainer
    assert not port.test_mode
    assert port.upload_seconds == 12 * 3600


def test_each_type_has_its_trainers_a_deprecated_one_last(trainer: FalTrainer) -> None:
    assert [trainer.endpoint(name) for name in trainer.profiles("portrait")] == [
        "fal-ai/flux-lora-portrait-trainer",
        "fal-ai/flux-lora-fast-training",
    ]
    assert [trainer.endpoint(name) for name in trainer.profiles("style")] == [
        "fal-ai/flux-2-trainer",
        "fal-ai/flux-pro-trainer",
    ]


def test_a_portrait_is_cropped_and_masked(trainer: FalTrainer, order: Order) -> None:
    assert trainer.arguments(order(), DATA) == {
        "images_data_url": DATA,
        "trigger_phrase": "lk7qz",
        "steps": 2500,
        "learning_rate": 0.00009,
        "subject_crop": True,
        "create_masks": True,
        "multiresolution_training": True,
    }


@pytest.mark.parametrize(
    ("avatar_type", "mode"), [("character", "character"), ("style", "style"), ("custom", "general")]
)
def test_the_kind_of_avatar_is_the_pro_trainers_mode(
    trainer: FalTrainer, order: Order, avatar_type: str, mode: str
) -> None:
    placed = order("flux-pro-trainer", avatar_type=avatar_type)
    assert trainer.arguments(placed, DATA) == {
        "data_url": DATA,
        "finetune_comment": f"likeness {placed.run_id}",
        "mode": mode,
        "iterations": 300,
        "priority": "quality",
        "captioning": True,
        "trigger_word": "lk7qz",
        "lora_rank": 32,
        "finetune_type": "full",
    }


@pytest.mark.parametrize(
    ("avatar_type", "is_style"), [("character", False), ("style", True), ("custom", False)]
)
def test_a_style_is_not_masked(
    trainer: FalTrainer, order: Order, avatar_type: str, is_style: bool
) -> None:
    placed = order("flux-lora-fast-training", avatar_type=avatar_type)
    assert trainer.arguments(placed, DATA) == {
        "images_data_url": DATA,
        "trigger_word": "lk7qz",
        "steps": 1000,
        "is_style": is_style,
        "create_masks": not is_style,
    }


def test_flux_2_takes_the_trigger_word_as_a_caption(trainer: FalTrainer, order: Order) -> None:
    placed = order("flux-2-trainer")
    assert trainer.arguments(placed, DATA) == {
        "image_data_url": DATA,
        "steps": 1000,
        "default_caption": "lk7qz",
    }


def test_a_price_is_the_steps_times_what_one_costs(trainer: FalTrainer) -> None:
    assert trainer.price_usd("flux-lora-portrait-trainer") == 6.0
    assert trainer.price_usd("flux-lora-fast-training") == 2.0
    assert trainer.price_usd("flux-2-trainer") == 6.4
    assert trainer.price_usd("flux-pro-trainer") is None, "unknown is not free"


@pytest.mark.parametrize(
    ("usd", "unit", "price"),
    [
        (0.003, "step", 7.5),
        (0.003, "steps", 7.5),
        (3.0, "1000 steps", 7.5),
        (0.003, "training step", 7.5),
        (7.0, "request", 7.0),
        (7.0, "training", 7.0),
        (7.0, "megapixels", None),
        (7.0, "", None),
        (7.0, "second", None),
    ],
)
def test_fals_own_price_of_a_unit_is_used_where_it_tells_what_a_training_costs(
    trainer: FalTrainer, usd: float, unit: str, price: float | None
) -> None:
    assert trainer.priced("flux-lora-portrait-trainer", usd, unit) == price


def test_what_the_configuration_says_wins(connect: Callable[..., FalTrainer], order: Order) -> None:
    fal = Fal(
        flux_lora_portrait_trainer=PortraitTrainer(steps=1000, usd_per_step=0.003),
        flux_2_trainer=Flux2Trainer(usd_per_step=0.008),
    )
    trainer = connect(Settings(fal=fal))
    assert trainer.price_usd("flux-lora-portrait-trainer") == 3.0
    assert trainer.price_usd("flux-2-trainer") == 8.0
    assert trainer.arguments(order(), DATA)["steps"] == 1000


def test_the_pro_trainer_takes_twenty_photos(trainer: FalTrainer) -> None:
    assert trainer.max_photos("flux-pro-trainer") == 20
    assert trainer.max_photos("flux-lora-portrait-trainer") == 50


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"diffusers_lora_file": None},
        {"diffusers_lora_file": {"url": ""}},
        {"diffusers_lora_file": {"url": "file:///etc/passwd"}},
        {"diffusers_lora_file": ["https://a.invalid"]},
    ],
)
def test_a_result_without_weights_is_unexpected(result: Mapping[str, Any]) -> None:
    with pytest.raises(UnexpectedResult):
        trainers.weights(result)


@pytest.mark.parametrize(
    "result", [{}, {"finetune_id": ""}, {"finetune_id": 7}, {"finetune_id": "a\0"}]
)
def test_a_result_without_a_finetune_id_is_unexpected(result: Mapping[str, Any]) -> None:
    with pytest.raises(UnexpectedResult):
        trainers.finetune(result)


@pytest.mark.parametrize(
    ("lines", "percent"),
    [
        ([], None),
        (["Loading"], None),
        ([" 45%|████▌     | 1125/2500 [03:00<03:40]"], 45),
        (["Steps: 100%|██████████| 2500/2500 [06:00<00:00]"], 99),
        (["Fetching 23 files: 100%|██████████| 23/23 [00:01<00:00]"], None),
        (["Fetching 23 files: 100%|██████████| 23/23 [00:01<00:00]", "Training: 12%"], 12),
        (["  3%|▎  | 75/2500 [..]\r 10%|█  | 250/2500 [..]"], 10),
        (["10%|█| 250/2500", "Captioning: 50%|█████     | 6/12"], 10),
        (["the loss fell by 30%"], None),
    ],
)
def test_a_percentage_is_read_from_the_trainings_own_bar(
    lines: list[str], percent: int | None
) -> None:
    logs = [{"message": line, "level": "INFO"} for line in lines]
    assert answers.percent(logs, 2500) == percent


@pytest.mark.parametrize("logs", [None, "10%", [None, 5, {}], [{"message": 3}]])
def test_odd_logs_have_no_percentage(logs: object) -> None:
    assert answers.percent(logs, 2500) is None


@pytest.mark.parametrize(
    ("given", "place"),
    [(0, 1), (2, 3), (None, None), ("4", None), (True, None), (-1, None), (2**31, None)],
)
def test_a_place_counts_from_one(given: object, place: int | None) -> None:
    assert answers.position(given) == place


@pytest.mark.parametrize(
    ("told", "seconds"), [(0, 0.0), (1.5, 1.5), ("1", None), (-1, None), (10**400, None)]
)
def test_no_training_took_longer_than_can_be_written_down(
    told: object, seconds: float | None
) -> None:
    assert answers.training_seconds({"inference_time": told}) == seconds


@pytest.mark.parametrize(
    ("usd", "unit", "price"),
    [(0.000001, "step", 0.01), (0.0001, "training", 0.01), (0.0024004, "steps", 6.01)],
)
def test_a_part_of_a_cent_is_never_free(
    trainer: FalTrainer, usd: float, unit: str, price: float
) -> None:
    assert trainer.priced("flux-lora-portrait-trainer", usd, unit) == price
