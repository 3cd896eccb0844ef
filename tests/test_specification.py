"""The specification as a test: a test for each of its lines, the Russian ones to the letter.

The lines are quoted in `tests/specification/`, beside how one sees that each holds; a line that
does not, deviates by a decision that EXCEPT names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.specification import trials, walk
from tests.specification.flow import FLOW
from tests.specification.layout import FILES, LAYOUT
from tests.specification.limits import LIMITS
from tests.specification.line import Line
from tests.specification.models import MODELS
from tests.specification.page import tiles
from tests.specification.product import Product, opened
from tests.specification.screens import SCREENS
from tests.specification.service import SERVICE

LINES = (*MODELS, *FLOW, *SCREENS, *LIMITS, *SERVICE, *LAYOUT)
DECISIONS = Path(__file__).parents[1] / "docs" / "decisions"

_UNKNOWN = "decision 0028"
_OTHERWISE = "decision 0029"
EXCEPT = {
    "не null: Avatar.gender: AvatarGender # male, female, other": _UNKNOWN,
    "не null: Avatar.avatar_type: AvatarType # character, style, custom": _UNKNOWN,
    "не null: Avatar.finetune_id: str # ID обучения в FAL": _UNKNOWN,
    'не null: Avatar.fal_mode: str # "portrait" или "style"': _UNKNOWN,
    "не null: AvatarPhoto.minio_key: str # Путь в MinIO": _UNKNOWN,
    "не null: AvatarPhoto.file_hash: str # Для дедупликации": _UNKNOWN,
    "не null: AvatarPhoto.file_size: int": _UNKNOWN,
    "не null: AvatarPhoto.has_face: bool": _UNKNOWN,
    "не null: AvatarPhoto.quality_score: float": _UNKNOWN,
    "не null: AvatarPhoto.width: int": _UNKNOWN,
    "не null: AvatarPhoto.height: int": _UNKNOWN,
    "Создание enum типа avatartrainingtype": _OTHERWISE,
    "FALTrainingService": _OTHERWISE,
    "_train_general_model(...)": _OTHERWISE,
    "class AvatarTrainingService(BaseService)": _OTHERWISE,
    "start_training(self, avatar_id: UUID) -> bool": _OTHERWISE,
    "_train_portrait_model(self, avatar)": _OTHERWISE,
    "_train_style_model(self, avatar)": _OTHERWISE,
    **dict.fromkeys(FILES, "decision 0001"),
}
"""The lines from which Likeness deviates, and the decision that says why."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product after everything that the lines ask about has happened in it, once."""
    folder = tmp_path_factory.mktemp("product")
    before, after, row = trials.migrated(folder)
    quick = {"LIKENESS_TRAINING__SIMULATED_QUEUE_SECONDS": "0",
             "LIKENESS_TRAINING__SIMULATED_SECONDS": "0"}  # fmt: skip
    with opened(folder / "simulated", real=False, **quick) as made:
        simulated = walk.simulate(made)
    with opened(folder / "real", LIKENESS_PUBLIC_URL="https://bot.example",
                LIKENESS_CONVERSATION__ATTEMPTS="1") as made:  # fmt: skip
        made.simulated, made.migration, made.migrated_row = simulated, (before, after), row
        everything(made)
        made.tiles = tiles(folder)
        yield made
    structlog.reset_defaults()


def everything(product: Product) -> None:
    """All that people do here, one after the other."""
    chat = walk.walk(product)
    walk.walk_style(product, chat)
    trials.avatars(product)
    trials.photos(product)
    trials.trainings(product)
    trials.fal_away(product)
    trials.break_a_turn(product)


@pytest.mark.parametrize("line", LINES, ids=[line.name for line in LINES])
def test_the_specification_holds_to_the_line(product: Product, line: Line) -> None:
    if line.text in EXCEPT:
        with pytest.raises(AssertionError):
            line.check(product)
    else:
        line.check(product)


def test_every_deviation_names_a_line_and_a_decision_that_there_is() -> None:
    assert set(EXCEPT) <= {line.text for line in LINES}
    for decision in set(EXCEPT.values()):
        number = re.fullmatch(r"decision (\d{4})", decision)
        assert number, decision
        assert list(DECISIONS.glob(f"{number[1]}-*.md")), decision


def test_no_line_stands_there_twice() -> None:
    assert [text for text, n in Counter(line.text for line in LINES).items() if n > 1] == []
