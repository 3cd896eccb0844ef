"""The methods a bot may call. Each is given the world, locked, and the parameters."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.telegram.editing import (
    answer_callback_query,
    delete_message,
    edit_message_caption,
    edit_message_media,
    edit_message_reply_markup,
    edit_message_text,
    set_message_reaction,
)
from tests.fakes.telegram.hooks import delete_webhook, get_webhook_info, set_webhook
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.refusals import ApiError, Json, bad
from tests.fakes.telegram.sending import (
    send_chat_action,
    send_document,
    send_media_group,
    send_message,
    send_photo,
)
from tests.fakes.telegram.world import World

DOWNLOAD_BYTES = 20 * 2**20
COMMANDS_LIMIT = 100
LACKING = (
    "can_read_all_group_messages",
    "supports_inline_queries",
    "can_connect_to_business",
    "has_main_web_app",
)


def get_file(world: World, params: Params) -> Json:
    if not params.text("file_id"):
        raise bad("file_id not specified")
    if params.text("file_id") not in world.files:
        raise bad("invalid file_id")
    file, media = world.files[params.text("file_id")]
    answer = {key: value for key, value in file.json.items() if key.startswith("file_")}
    path = file.path
    if world.keeps_names:
        path = f"documents/{json.loads(media.details)['file_name']}"
    if world.local_folder is not None:  # --local: no limit, and nothing by HTTP
        return answer | {"file_path": str(kept(world.local_folder / path, file.data))}
    if file.size > DOWNLOAD_BYTES:
        raise bad("file is too big")
    world.downloadable[path] = file
    return answer | {"file_path": path}


def kept(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def get_me(world: World, params: Params) -> Json:
    return world.bot | {"can_join_groups": True} | dict.fromkeys(LACKING, False)


def set_my_commands(world: World, params: Params) -> bool:
    items = params.json("commands", "commands") or []
    if len(items) > COMMANDS_LIMIT:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    scope = (params.json("scope") or {}).get("type", "default")
    world.commands[scope, params.text("language_code")] = [checked_command(it) for it in items]
    return True


def checked_command(item: Any) -> tuple[str, str]:
    for name in ("command", "description"):
        if name not in item:
            raise bad(f"can't parse BotCommand: Can't find field \"{name}\"")
    command, description = item["command"].strip().removeprefix("/"), item["description"].strip()
    if not command:
        raise bad("command must be non-empty")
    if not description:
        raise bad("command description must be non-empty")
    if len(command) > 32:
        raise bad("command length must not exceed 32")
    if len(description) > 256:
        raise bad("command description length must not exceed 256")
    if not re.fullmatch("[a-z0-9_]+", command):
        raise bad("BOT_COMMAND_INVALID")
    return command, description


def get_my_commands(world: World, params: Params) -> list[Json]:
    scope = (params.json("scope") or {}).get("type", "default")
    known = world.commands.get((scope, params.text("language_code")), [])
    return [{"command": command, "description": text} for command, text in known]


def set_my_description(world: World, params: Params) -> bool:
    return describe(world.descriptions, params, "description", 512)


def set_my_short_description(world: World, params: Params) -> bool:
    return describe(world.short_descriptions, params, "short_description", 120)


def describe(known: dict[str, str], params: Params, name: str, limit: int) -> bool:
    if len(params.text(name)) > limit:
        # The limits are documented; these words are a guess, no source shows them.
        raise bad(f"{name.upper()}_TOO_LONG")
    known[params.text("language_code")] = params.text(name)
    return True


def get_updates(world: World, params: Params) -> list[Json]:
    """What is there now; the server does the waiting."""
    if world.webhook["url"]:
        what = "can't use getUpdates method while webhook is active"
        raise ApiError(409, f"Conflict: {what}; use deleteWebhook to delete the webhook first")
    allowed = params.json("allowed_updates")
    if isinstance(allowed, list):
        world.updates.allowed = frozenset(allowed)
    limit = min(max(params.number("limit", 100), 1), 100)
    return world.updates.take(params.number("offset"), limit)


Method = Callable[[World, Params], Any]

METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "setMyDescription": set_my_description,
    "setMyShortDescription": set_my_short_description,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "setMessageReaction": set_message_reaction,
    "getFile": get_file,
}
BY_LOWER_NAME = {name.lower(): name for name in METHODS}


def messages_in(method: str, params: Params) -> int:
    """How much of the rate limits a call takes."""
    if method == "sendMediaGroup":
        items = params.json("media")
        return max(len(items), 1) if isinstance(items, list) else 1
    counted = method.startswith(("send", "editMessage")) and method != "sendChatAction"
    return 1 if counted else 0
