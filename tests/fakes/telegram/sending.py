"""The methods that put something into a chat."""

import io
import re
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.fakes.telegram import texts
from tests.fakes.telegram.keyboards import reply_markup
from tests.fakes.telegram.markup import Formatted
from tests.fakes.telegram.params import Params, writable_chat
from tests.fakes.telegram.refusals import ApiError, Json, bad
from tests.fakes.telegram.world import Chat, Media, Message, World

PHOTO_BYTES = 10 * 2**20
ALBUM_LIMIT = 10
ACTIONS = """
    typing upload_photo record_video upload_video record_voice upload_voice upload_document
    choose_sticker find_location record_video_note upload_video_note cancel
"""


def send_message(world: World, params: Params) -> Json:
    said = texts.message_text(
        params.text("text"), params.text("parse_mode"), params.json("entities")
    )
    return post(world, params, said)


def send_photo(world: World, params: Params) -> Json:
    return send_media(world, params, "photo")


def send_document(world: World, params: Params) -> Json:
    return send_media(world, params, "document")


def send_media(world: World, params: Params, kind: str) -> Json:
    said = caption(params)
    given = params.text(kind) or f"attach://{kind}"
    return post(world, params, said, lambda: media(world, params, kind, given))


def post(
    world: World, params: Params, said: Formatted, load: Callable[[], Media] | None = None
) -> Json:
    markup = reply_markup(params.text("reply_markup"))
    chat = writable_chat(world, params)
    check_reply(chat, params)
    thread = topic(chat, params)
    message = Message(world.next_id(), chat.json, world.bot, said.text, said.entities)
    message.thread = thread
    message.media, message.markup = load() if load else None, markup
    return world.add(chat, message).json


def topic(chat: Chat, params: Params) -> int | None:
    thread = params.number("message_thread_id")
    if thread and thread not in chat.topics:
        raise bad("message thread not found")
    return thread or None


def send_chat_action(world: World, params: Params) -> bool:
    if params.text("action").lower() not in ACTIONS.split():
        raise bad("wrong parameter action in request")
    topic(writable_chat(world, params), params)
    return True


def send_media_group(world: World, params: Params) -> list[Json]:
    """An album. Telegram ignores `reply_markup` here: albums carry no buttons."""
    items = params.json("media", "media")
    if not isinstance(items, list):
        raise bad("expected an Array of InputMedia")
    captions = [input_media(item) for item in items]
    if len(items) > ALBUM_LIMIT:
        raise bad("too many messages to send as an album")
    if not items:
        raise bad("there are no messages to send")
    if len({item["type"] for item in items}) > 1:
        raise bad("document can't be mixed with other media types")
    chat = writable_chat(world, params)
    check_reply(chat, params)
    thread = topic(chat, params)
    # All files are judged before the first is shown: an album is sent whole or not at all.
    loaded = [in_album(world, params, item, number) for number, item in enumerate(items, 1)]
    group = str(13_000_000_000_000_000 + world.next_id()) if len(items) > 1 else None
    sent = []
    for said, file in zip(captions, loaded, strict=True):
        message = Message(world.next_id(), chat.json, world.bot, said.text, said.entities, file)
        message.media_group_id, message.thread = group, thread
        sent.append(world.add(chat, message).json)
    return sent


def in_album(world: World, params: Params, item: Json, number: int) -> Media:
    """One file of an album. What is wrong with the file itself is told with its number."""
    try:
        return media(world, params, item["type"], item["media"])
    except ApiError as error:
        code = error.description.removeprefix("Bad Request: ")
        if not code.isupper():
            raise
        raise bad(f'failed to send message #{number} with the error message "{code}"') from None


def input_media(item: Any) -> Formatted:
    if not isinstance(item, dict):
        raise bad("can't parse InputMedia: expected an Object")
    if "type" not in item:
        raise bad("can't parse InputMedia: Can't find field \"type\"")
    if item["type"] not in ("photo", "document"):
        raise bad(f'can\'t parse InputMedia: type "{item["type"]}" is unsupported')
    if not item.get("media"):
        raise bad("can't parse InputMedia: media not found")
    words = item.get("caption", ""), item.get("parse_mode", "")
    return texts.caption(*words, item.get("caption_entities"))


def caption(params: Params, *, editing: bool = False) -> Formatted:
    words = params.text("caption"), params.text("parse_mode")
    return texts.caption(*words, params.json("caption_entities"), editing=editing)


def check_reply(chat: Chat, params: Params) -> None:
    reply = params.json("reply_parameters", "reply parameters") or {}
    wanted = reply.get("message_id") or params.number("reply_to_message_id")
    may_miss = reply.get("allow_sending_without_reply")
    may_miss = may_miss or params.flag("allow_sending_without_reply")
    if wanted and wanted not in chat.messages and not may_miss:
        raise bad("message to be replied not found")


def media(world: World, params: Params, kind: str, given: str) -> Media:
    if given.startswith("attach://"):
        name = given.removeprefix("attach://")
        if name not in params.files:
            raise bad(f"there is no {kind} in the request")
        return uploaded(world, kind, *params.files[name])
    if re.match("https?:", given):
        raise bad("failed to get HTTP URL content")  # the fake never goes out
    if given not in world.files:
        raise bad("wrong remote file identifier specified: can't unserialize it")
    _, known = world.files[given]
    if known.kind != kind:
        kinds = f"{known.kind.capitalize()} as {kind.capitalize()}"
        raise bad(f"can't use file of type {kinds}")
    return known


def uploaded(world: World, kind: str, name: str, data: bytes) -> Media:
    if not data:
        raise bad("file must be non-empty")
    if kind == "photo":
        check_photo(data)
        return world.photo(data)
    return world.media(kind, data, {"file_name": name, "mime_type": "application/octet-stream"})


def check_photo(data: bytes) -> None:
    if len(data) > PHOTO_BYTES:
        size = f"file of size {len(data)} bytes is too big for a photo"
        raise bad(f"{size}; the maximum size is {PHOTO_BYTES} bytes")
    try:
        width, height = Image.open(io.BytesIO(data)).size
    except OSError:
        raise bad("IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")
