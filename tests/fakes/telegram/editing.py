"""The methods that change what is in a chat, or answer what was pressed there."""

import time

from tests.fakes.telegram import texts
from tests.fakes.telegram.keyboards import reply_markup
from tests.fakes.telegram.markup import Formatted
from tests.fakes.telegram.params import Params, editable, found
from tests.fakes.telegram.refusals import NOT_MODIFIED, Json, bad
from tests.fakes.telegram.sending import caption, input_media, media
from tests.fakes.telegram.world import Answer, Media, Message, World

CALLBACK_TEXT_LIMIT = 200
REACTIONS = """
    👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌
    🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘
    🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""


def edit_message_text(world: World, params: Params) -> Json:
    words = params.text("text"), params.text("parse_mode")
    said = texts.message_text(*words, params.json("entities"), editing=True)
    markup = reply_markup(params.text("reply_markup"), inline_only=True)
    message = editable(world, params)
    if message.kind != "text":
        raise bad("there is no text in the message to edit")
    return edited(world, message, said, None, markup)


def edit_message_caption(world: World, params: Params) -> Json:
    markup = reply_markup(params.text("reply_markup"), inline_only=True)
    said = caption(params, editing=True)
    message = editable(world, params)
    if message.media is None:
        raise bad("there is no caption in the message to edit")
    return edited(world, message, said, message.media, markup)


def edit_message_media(world: World, params: Params) -> Json:
    """A text may become a photo; nothing becomes a text again."""
    markup = reply_markup(params.text("reply_markup"), inline_only=True)
    item = params.json("media", "input media")
    if item is None:
        raise bad('parameter "media" is required')
    said = input_media(item)
    message = editable(world, params)
    file = media(world, params, item["type"], item["media"])
    return edited(world, message, said, file, markup)


def edit_message_reply_markup(world: World, params: Params) -> Json:
    markup = reply_markup(params.text("reply_markup"), inline_only=True)
    message = editable(world, params)
    said = Formatted(message.text, message.entities)
    return edited(world, message, said, message.media, markup)


def edited(
    world: World, message: Message, said: Formatted, file: Media | None, markup: Json | None
) -> Json:
    """An edit without a keyboard takes the keyboard away, as Telegram does."""
    if (said.text, said.entities, file, markup) == (
        message.text,
        message.entities,
        message.media,
        message.markup,
    ):
        raise bad(NOT_MODIFIED)
    if said.text != message.text:
        message.history.append(said.text)
    message.past_buttons |= {button for row in message.buttons for button in row}
    message.text, message.entities = said
    message.media, message.markup = file, markup
    message.edits += 1
    message.edited_at = time.time()
    world.lock.notify_all()
    return message.json


def delete_message(world: World, params: Params) -> bool:
    if not params.text("chat_id"):
        raise bad("chat identifier is not specified")
    if not params.number("message_id"):
        raise bad("message identifier is not specified")
    chat, message = found(world, params, "message to delete")
    if not (chat.private or message.from_bot):
        raise bad("message can't be deleted")
    del chat.messages[message.id]
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    callback = world.callbacks.get(params.text("callback_query_id"))
    if callback is None or time.time() - callback.pressed_at >= world.callback_seconds:
        if callback is not None:
            callback.too_late = True
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(params.text("text")) > CALLBACK_TEXT_LIMIT:
        raise bad("MESSAGE_TOO_LONG")
    callback.answer = Answer(params.text("text"), params.flag("show_alert"))
    return True


def set_message_reaction(world: World, params: Params) -> bool:
    wanted = params.json("reaction", "reaction types") or []
    if not all(isinstance(item, dict) and "type" in item for item in wanted):
        raise bad("can't parse ReactionType: Can't find field \"type\"")
    _, message = found(world, params, "message to react")
    emoji = [item.get("emoji", "") for item in wanted]
    if len(emoji) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if not set(REACTIONS.split()).issuperset(emoji):
        raise bad("REACTION_INVALID")
    message.reactions = emoji
    return True
