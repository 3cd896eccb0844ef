"""What the bot is called and looks like, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.brand import Brand
from core.base.texts import overlay, translator
from core.conversation.messages import Introduction

KINDS = (".svg", ".png", ".webp", ".jpg", ".jpeg", ".ico")
HEAVIEST = 200 * 1024
"""Bytes of a picture: it is loaded with the chat page."""


def put_on(brand: Brand) -> None:
    """Wear the brand in this process; raises ConfigurationError where a file of it doesn't fit."""
    _check_picture(brand.picture)
    overlay.lay(Path(brand.texts) if brand.texts else None)


def introduction(settings: Settings, language: str) -> Introduction:
    """What the bot says of itself before anybody has written to it."""
    t, brand, asked = translator(language), settings.brand, settings.training
    least, most = asked.min_photos, asked.max_photos
    description = (
        getattr(brand.greeting, language) or t("I make a personal AI avatar from your photos."),
        "",
        t("📸 You send {least} to {most} photos of yourself", least=least, most=most),
        t("⏳ Training takes 3 to 30 minutes; you can close the chat meanwhile"),
        t("🎭 I’ll write to you when your avatar is ready"),
        "",
        t("Press Start to begin."),
    )
    about = t(
        "A personal AI avatar from {least} to {most} of your photos, in 3 to 30 minutes.",
        least=least, most=most,
    )  # fmt: skip
    commands = {
        "start": t("Start"),
        "menu": t("Main menu"),
        "help": t("How it works"),
        "cancel": t("Cancel what I’m doing"),
        "language": t("Language"),
        "privacy": t("My data"),
        "link": t("Link another chat"),
        "support": t("Write to us"),
    }
    if len(brand.languages) == 1:
        del commands["language"]
    return Introduction("\n".join(description), about, commands, brand.name, brand.picture)


def _check_picture(picture: str) -> None:
    if not picture:
        return
    file = Path(picture)
    if not file.is_file():
        trouble = "is no file that can be read. Correct the path"
    elif file.suffix.lower() not in KINDS:
        trouble = f"is none of {', '.join(KINDS)}. Convert it"
    elif file.stat().st_size > HEAVIEST:
        trouble = f"is larger than {HEAVIEST // 1024} kB. Make it smaller; 128 pixels are enough"
    else:
        return
    raise ConfigurationError(f"brand.picture = {picture!r} {trouble}, or remove the line.")
