"""The chat or the message that a call speaks of, if the bot may touch it."""

from tests.fakes.telegram.params import Params
from tests.fakes.telegram.refusals import ApiError, bad, migrated
from tests.fakes.telegram.world import Chat, Message, World


def known_chat(world: World, params: Params) -> Chat:
    if not params.text("chat_id"):
        raise bad("chat_id is empty")
    chat = world.chats.get(params.number("chat_id"))
    if chat is not None and chat.id in world.upgraded:
        raise migrated(world.upgraded[chat.id])
    if chat is None or not chat.met:
        raise bad("chat not found")
    return chat


def writable_chat(world: World, params: Params) -> Chat:
    chat = known_chat(world, params)
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if not chat.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def found(world: World, params: Params, purpose: str) -> tuple[Chat, Message]:
    if not params.text("chat_id") and not params.number("message_id"):
        raise bad("message identifier is not specified")
    chat = known_chat(world, params)
    message = chat.messages.get(params.number("message_id"))
    if message is None:
        raise bad(f"{purpose} not found")
    return chat, message


def editable(world: World, params: Params) -> Message:
    _, message = found(world, params, "message to edit")
    if not message.from_bot or (message.markup and "inline_keyboard" not in message.markup):
        raise bad("message can't be edited")
    return message
