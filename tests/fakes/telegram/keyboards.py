"""Keyboards below a message."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram.refusals import Json, bad

CALLBACK_DATA_LIMIT = 64  # bytes
BUTTONS_LIMIT = 100
ROW_LIMIT = 8  # the rest of a longer row is not shown; Telegram says nothing
MARKUP_LIMIT = 10_000  # bytes of JSON: github.com/tginfo/Telegram-Limits/issues/187
OTHER_BUTTONS = (
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
)


def reply_markup(raw: str, *, inline_only: bool = False) -> Json | None:
    """The markup as it is kept; None where there is none, an empty one included."""
    if not raw:
        return None
    try:
        markup = json.loads(raw)
    except ValueError:
        raise bad("can't parse reply keyboard markup JSON object") from None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup and not markup.get("keyboard"):
        return inline_keyboard(markup["inline_keyboard"])
    if inline_only and markup:
        raise bad("inline keyboard expected")
    return markup or None


def inline_keyboard(rows: Any) -> Json | None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        what = 'field "inline_keyboard" of the InlineKeyboardMarkup'
        raise bad(f"{what} must be an Array of Arrays")
    kept = [[checked_button(button) for button in row][:ROW_LIMIT] for row in rows]
    kept = [row for row in kept if row]
    markup = {"inline_keyboard": kept}
    size = len(json.dumps(markup, ensure_ascii=False, separators=(",", ":")).encode())
    if sum(map(len, kept)) > BUTTONS_LIMIT or size > MARKUP_LIMIT:
        raise bad("reply markup is too long")
    return markup if kept else None


def checked_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad("can't parse inline keyboard button: Can't find field \"text\"")
    if not button["text"].strip():
        # Telegram drops such a button without a word; nobody wants that, so the fake is louder.
        raise bad("inline keyboard button text must be non-empty")
    if button.get("style") not in (None, "danger", "success", "primary"):
        raise bad("can't parse inline keyboard button: unknown style")
    if button.get("url"):
        if problem := link_problem(button["url"]):
            raise bad(f"inline keyboard button URL '{button['url']}' is invalid: {problem}")
    elif data := button.get("callback_data"):
        if len(data.encode()) > CALLBACK_DATA_LIMIT:
            raise bad("BUTTON_DATA_INVALID")
    elif not any(kind in button for kind in OTHER_BUTTONS):
        what = "Text buttons are unallowed in the inline keyboard"
        raise bad(f"can't parse inline keyboard button: {what}")
    return button


def link_problem(link: str) -> str | None:
    if re.match(r"(tg|ton|tonsite):", link, re.IGNORECASE):
        return None
    parts = urlsplit(link if "://" in link else f"http://{link}")
    if parts.scheme.lower() not in ("http", "https"):
        return "Unsupported URL protocol"
    if re.search(r"\s", link) or "." not in (parts.hostname or ""):
        return "Wrong HTTP URL"
    return None
