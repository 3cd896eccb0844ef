"""Telegram's HTML, with its own complaints and their byte offsets."""

import html
import re
from typing import NamedTuple

from tests.fakes.telegram.keyboards import link_problem
from tests.fakes.telegram.refusals import ApiError, Json, bad


class Formatted(NamedTuple):
    text: str
    entities: list[Json]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
TAG_NAME = re.compile(r"<(/?)([^\s>]*)")
TAG_REST = re.compile(r"""((?:"[^"]*"|'[^']*'|[^>"'])*)>""")
ATTRIBUTE = re.compile(r"""([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?""")
# Telegram knows these four names and the numbers; any other is text.
CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-fA-F]+);")


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str]
    start: int  # in the text without tags


def parsed_html(source: str) -> Formatted:
    text, position = "", 0
    entities: list[Json] = []
    tags: list[Tag] = []
    while (found := TAG_NAME.search(source, position)) is not None:
        text += unescaped(source[position : found.start()])
        if found[1]:
            position = read_end_tag(source, found, tags)
            close(tags.pop(), text, entities)
        else:
            attributes, position = read_start_tag(source, found)
            tags.append(Tag(found[2].lower(), attributes, len(text)))
    if tags:
        raise unparsed(f'Can\'t find end tag corresponding to start tag "{tags[-1].name}"')
    return Formatted(text + unescaped(source[position:]), [without_language(e) for e in entities])


def unparsed(why: str) -> ApiError:
    return bad(f"can't parse entities: {why}")


def unescaped(text: str) -> str:
    return CHARACTER.sub(lambda found: html.unescape(found[0]), text)


def read_start_tag(source: str, found: re.Match[str]) -> tuple[dict[str, str], int]:
    where = f"at byte offset {len(source[: found.start()].encode())}"
    name = found[2].lower()
    if found.end() == len(source):
        raise unparsed(f"Unclosed start tag {where}")
    if name not in TAGS:
        raise unparsed(f'Unsupported start tag "{name}" {where}')
    rest = TAG_REST.match(source, found.end())
    if rest is None:
        raise unparsed(f'Unclosed start tag "{name}" {where}')
    attributes = {
        key.lower(): unescaped(double or single or bare)
        for key, double, single, bare in ATTRIBUTE.findall(rest[1])
    }
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise unparsed(f'Tag "span" must have class "tg-spoiler" {where}')
    return attributes, rest.end()


def read_end_tag(source: str, found: re.Match[str], tags: list[Tag]) -> int:
    where = f"at byte offset {len(source[: found.start()].encode())}"
    if not tags:
        raise unparsed(f"Unexpected end tag {where}")
    rest = re.compile(r"\s*>").match(source, found.end())
    if rest is None:
        raise unparsed(f"Unclosed end tag {where}")
    wanted, name = tags[-1].name, found[2].lower()
    if name not in ("", wanted):
        raise unparsed(f'Unmatched end tag {where}, expected "</{wanted}>", found "</{name}>"')
    return rest.end()


def close(tag: Tag, text: str, entities: list[Json]) -> None:
    content = text[tag.start :]
    if not content:
        return
    entity: Json = {"type": TAGS[tag.name], "offset": utf16(text[: tag.start])}
    entity["length"] = utf16(content)
    if tag.name == "a":
        entity["url"] = tag.attributes.get("href") or content
        if link_problem(entity["url"]):
            return  # a link to nowhere is plain text
    elif tag.name == "tg-emoji":
        entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
        if not entity["custom_emoji_id"].isdigit():
            raise unparsed("Invalid custom emoji identifier specified")
    elif tag.name == "code" and tag.attributes.get("class", "").startswith("language-"):
        entity["language"] = tag.attributes["class"].removeprefix("language-")
    elif tag.name == "blockquote" and "expandable" in tag.attributes:
        entity["type"] = "expandable_blockquote"
    elif (
        tag.name == "pre"
        and entities
        and entities[-1]
        == {
            **entity,
            "type": "code",
            "language": entities[-1].get("language"),
        }
    ):
        entity["language"] = entities.pop()["language"]
    entities.append(entity)


def without_language(entity: Json) -> Json:
    if entity["type"] == "code":
        return {key: value for key, value in entity.items() if key != "language"}
    return entity
