"""Texts and their entities, measured in UTF-16 units as Telegram measures them."""

import re
from typing import Any

from tests.fakes.telegram.markup import Formatted, parsed_html, utf16
from tests.fakes.telegram.refusals import ApiError, Json, bad

TEXT_LIMIT = 4096  # UTF-16 units, after the markup is taken out
CAPTION_LIMIT = 1024

SETTABLE = {
    "bold": "",
    "italic": "",
    "underline": "",
    "strikethrough": "",
    "spoiler": "",
    "blockquote": "",
    "expandable_blockquote": "",
    "code": "",
    "pre": "",
    "text_link": "url",
    "text_mention": "user",
    "custom_emoji": "custom_emoji_id",
}
COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w+)?(?![\w/])")
CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")


def message_text(text: str, parse_mode: str, entities: Any, *, editing: bool = False) -> Formatted:
    if not text:
        raise bad("message text is empty")
    result = formatted(text, parse_mode, entities)
    if not result.text:
        raise bad("text must be non-empty")
    if utf16(result.text) > TEXT_LIMIT:
        # A new text is measured by TDLib, an edited one by the server, which has other words.
        raise bad("MESSAGE_TOO_LONG" if editing else "message is too long")
    return result


def caption(text: str, parse_mode: str, entities: Any, *, editing: bool = False) -> Formatted:
    result = formatted(text, parse_mode, entities)
    if utf16(result.text) > CAPTION_LIMIT:
        raise bad("MEDIA_CAPTION_TOO_LONG" if editing else "message caption is too long")
    return result


def formatted(text: str, parse_mode: str, entities: Any) -> Formatted:
    mode = parse_mode.lower()
    if len(text.encode()) > 1 << 15:
        raise bad("text is too long")
    if not text or mode in ("", "none"):
        return trimmed(text, checked_entities(text, entities))
    if mode == "html":
        return trimmed(*parsed_html(text))
    if mode in ("markdown", "markdownv2"):
        raise ApiError(501, "The fake speaks HTML and entities, not Markdown: teach it first")
    raise bad("unsupported parse_mode")


def trimmed(text: str, entities: list[Json]) -> Formatted:
    """Without the blanks around it, as Telegram stores it: they never make a message differ."""
    body = CONTROL.sub(" ", text).rstrip(" \n")
    blanks = len(body) - len(body.lstrip(" \n"))
    lead = min([blanks, *(entity["offset"] for entity in entities)])
    body = body[lead:]
    moved = [{**entity, "offset": entity["offset"] - lead} for entity in entities]
    for entity in moved:
        entity["length"] = min(entity["length"], utf16(body) - entity["offset"])
    kept = [entity for entity in moved if entity["length"] > 0] + commands(body)
    return Formatted(body, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"])))


def commands(text: str) -> list[Json]:
    return [
        {"type": "bot_command", "offset": utf16(text[: found.start()]), "length": utf16(found[0])}
        for found in COMMAND.finditer(text)
    ]


def checked_entities(text: str, entities: Any) -> list[Json]:
    if not isinstance(entities, list):
        return []  # Telegram ignores what it can't read as a list
    checked = [checked_entity(text, entity) for entity in entities]
    # Links, mentions, hashtags and commands are found by the server: given ones are ignored.
    return [entity for entity in checked if entity["type"] in SETTABLE and entity["length"]]


def checked_entity(text: str, entity: Any) -> Json:
    if not isinstance(entity, dict):
        raise bad("can't parse MessageEntity: expected an Object")
    for field in ("offset", "length", "type", SETTABLE.get(entity.get("type", ""), "")):
        if field and field not in entity:
            raise bad(f"can't parse MessageEntity: Can't find field \"{field}\"")
    for field in ("offset", "length"):
        if not 0 <= entity[field] <= 1_000_000:
            raise bad(f"receive an entity with incorrect {field} {entity[field]}")
    if entity["length"]:
        check_bounds(text, entity["offset"], entity["offset"] + entity["length"])
    return entity


def check_bounds(text: str, start: int, end: int) -> None:
    units = utf16(text)
    if start > units:
        raise bad(f"entity begins after the end of the text at UTF-16 offset {start}")
    if splits_symbol(text, start):
        where = byte_offset(text, start + 1)
        raise bad(f"entity begins in a middle of a UTF-16 symbol at byte offset {where}")
    if end > units:
        what = f"entity beginning at UTF-16 offset {start} ends after the end of the text"
        raise bad(f"{what} at UTF-16 offset {end}")
    if splits_symbol(text, end):
        what = f"entity beginning at UTF-16 offset {start} ends in a middle of a UTF-16 symbol"
        raise bad(f"{what} at byte offset {byte_offset(text, end + 1)}")


def splits_symbol(text: str, offset: int) -> bool:
    unit = text.encode("utf-16-le")[2 * offset : 2 * offset + 2]
    return len(unit) == 2 and 0xDC <= unit[1] <= 0xDF


def byte_offset(text: str, offset: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * offset].decode("utf-16-le").encode())
