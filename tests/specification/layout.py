"""The files and lists of the specification's report, each where it says that it is."""

from __future__ import annotations

from pathlib import Path

from tests.specification.line import Check, Line

ROOT = Path(__file__).parents[2]
FILES = (
    "app/handlers/avatar/__init__.py", "app/handlers/avatar/main.py",
    "app/handlers/avatar/create.py", "app/handlers/avatar/training_type_selection.py",
    "app/handlers/avatar/photo_upload.py", "app/handlers/avatar/training_production.py",
    "app/keyboards/avatar_clean.py", "app/keyboards/avatar.py", "app/keyboards/photo_upload.py",
    "app/services/avatar_db.py", "app/services/photo_upload_service.py",
    "app/services/avatar/training_service.py", "app/services/avatar/fal_training_service.py",
    "app/database/models.py", "app/database/repositories/avatar.py", "app/texts/avatar.py",
    "alembic/versions/20250523_2053_87a45a23ec85_add_training_type_to_avatar.py",
    "test_avatar_components.py", "alembic.ini",
)  # fmt: skip


def _is_there(name: str) -> Check:
    def check(_product: object) -> None:
        assert (ROOT / name).exists(), name

    return check


LAYOUT = tuple(Line(name, _is_there(name)) for name in FILES)
