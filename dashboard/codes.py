"""Codes in words: statuses, reasons, errors, states and actions, as a reader says them.

What is not in here is shown as it is written: fal may have a new word tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from core.base.texts import Translator, mark

Words = Mapping[str, str]

NONE: Words = MappingProxyType({})
"""Of what is no code."""

STATUS: Words = {
    "ready": mark("ready"), "preparing": mark("preparing"), "submitting": mark("submitting"),
    "queued": mark("queued"), "training": mark("training"), "saving": mark("saving"),
    "uncertain": mark("uncertain"), "cancelling": mark("cancelling"),
    "completed": mark("completed"), "failed": mark("failed"), "cancelled": mark("cancelled"),
}  # fmt: skip
"""How far an order has come."""
FATE: Words = {
    **STATUS, "sending": mark("being sent"), "refused": mark("refused"),
    "taken": mark("taken by fal"), "abandoned": mark("given up by us"),
    "not_sent": mark("never sent"),
}  # fmt: skip
"""What became of an order that was sent."""
TYPE: Words = {"portrait": mark("portrait"), "style": mark("style"), "avatars": mark("avatars")}
AVATAR: Words = {
    "draft": mark("a draft"), "uploading": mark("photos are coming"),
    "ready": mark("ready to train"), "training": mark("training"),
    "completed": mark("completed"), "error": mark("failed"), "cancelled": mark("cancelled"),
    "character": mark("a person"), "style": mark("style"), "custom": mark("something else"),
    "male": mark("male"), "female": mark("female"), "other": mark("neither"),
}  # fmt: skip
"""How far an avatar has come, and what it is."""
TURN: Words = {
    "person": mark("the person’s: other photos"), "retry": mark("nobody’s: it is tried again"),
    "operator": mark("yours"), "": mark("nobody’s"),
}  # fmt: skip
"""Who can do something about a failure."""
PHASE: Words = {
    "upload": mark("sending the photos"), "submit": mark("ordering"),
    "status": mark("asking how far it is"), "result": mark("fetching the result"),
    "cancel": mark("cancelling"), "webhook": mark("fal’s own message"),
    "download": mark("downloading"), "requests": mark("listing the requests"),
    "prices": mark("asking for prices"), "delete": mark("deleting there"),
    "meta": mark("asking about the account"),
}  # fmt: skip
"""What was asked of fal."""
HEARD: Words = {"webhook": mark("fal told us"), "poll": mark("we asked"), "": ""}
"""How we learned of an end."""
OURS: Words = {
    "deadline": mark("did not end in time"), "cancelled": mark("cancelled"),
    "storage_unavailable": mark("our photo store was away"),
    "photo_missing": mark("a photo is gone from our store"),
    "weights_damaged": mark("the model arrived damaged"),
    "not_weights": mark("what arrived is no model"),
    "weights_missing": mark("the model is gone from our store"),
    "not_pictures": mark("what arrived is no picture"),
    "result_too_large": mark("the result is too large"),
    "unexpected_result": mark("the result is not what was ordered"),
    "not_kept": mark("the result could not be kept"),
    "being_deleted": mark("its place is being deleted"),
    "budget": mark("the day’s budget is used up"), "stopped": mark("fal refuses our orders"),
    "closed": mark("it is switched off"), "paused": mark("paused by hand"),
    "endpoint_gone": mark("fal no longer has this trainer"),
    "no_delivery": mark("no trainer delivers"), "unknown_price": mark("the price is not known"),
    "dearer": mark("it costs more than was agreed to"), "lost": mark("the order may be lost"),
    "mode_changed": mark("real and simulated were switched"),
    "pack_missing": mark("the style is gone"), "unknown": mark("no reason was given"),
    "not_sent": mark("never sent"), "unknown_status": mark("a status that nobody knows"),
    "files_kept": mark("fal keeps the files"),
}  # fmt: skip
"""Why something failed, or what it waits for, that is in our own hands."""
ERROR: Words = {
    **OURS, "": mark("no reason was given"), "forgotten": mark("of forgotten people"),
    "result_gone": mark("fal no longer has the result"),
    # of the way to fal
    "connection_failed": mark("no connection to fal"),
    "connection_broken": mark("the connection to fal broke"), "timeout": mark("no answer in time"),
    "bad_answer": mark("an answer that makes no sense"), "bad_address": mark("a wrong address"),
    "no_keys": mark("there is no key"), "key_refused": mark("the key is refused"),
    "balance_exhausted": mark("the balance at fal is used up"),
    # fal's own
    "request_timeout": mark("the request took too long"),
    "startup_timeout": mark("fal’s machine did not start in time"),
    "runner_scheduling_failure": mark("fal has no machine free"),
    "runner_connection_timeout": mark("fal can’t reach its machine"),
    "runner_connection_refused": mark("fal can’t reach its machine"),
    "runner_connection_error": mark("fal can’t reach its machine"),
    "runner_disconnected": mark("fal lost its machine"),
    "runner_incomplete_response": mark("fal’s machine broke off"),
    "runner_server_error": mark("fal’s machine failed"),
    "internal_error": mark("an error inside fal"),
    "internal_server_error": mark("an error inside fal"),
    "client_disconnected": mark("the connection to fal broke"),
    "client_cancelled": mark("cancelled"), "bad_request": mark("fal calls the order wrong"),
    "archive_file_count_below_minimum": mark("too few photos for fal"),
    "archive_file_count_exceeds_maximum": mark("too many photos for fal"),
    "invalid_archive": mark("fal can’t open our archive"),
    "file_too_large": mark("a file is too large for fal"),
    "image_load_error": mark("fal can’t open a photo"),
    "image_too_small": mark("a photo is too small for fal"),
    "image_too_large": mark("a photo is too large for fal"),
    "unsupported_image_format": mark("a photo in a format that fal can’t read"),
    "face_detection_error": mark("fal finds no face"),
    "content_policy_violation": mark("held back by fal’s safety check"),
    "file_download_error": mark("fal can’t fetch the photos"),
    "downstream_service_error": mark("a service behind fal failed"),
    "downstream_service_unavailable": mark("a service behind fal is away"),
    "generation_timeout": mark("fal took too long"),
}  # fmt: skip
"""Why something failed, or what it waits for."""
REASON: Words = {**ERROR, "": ""}
"""The same beside what need not have failed."""
SIDE: Words = {"ours": mark("ours"), "fal": mark("fal"), "nobody": mark("not known")}
"""Where a failure has its cause."""
PHOTO: Words = {
    "pending": mark("being looked at"), "valid": mark("accepted"), "invalid": mark("refused"),
    "duplicate": mark("already there"), "empty": mark("nothing arrived"),
    "too_big": mark("too large a file"), "not_a_picture": mark("not a picture"),
    "wrong_format": mark("a format that can’t be opened"), "broken": mark("damaged on its way"),
    "too_many_pixels": mark("too many pixels"), "too_complex": mark("saved in an unusual way"),
    "too_laborious": mark("takes too long to open"), "animated": mark("an animation"),
    "too_small": mark("too few pixels"), "no_face": mark("no face visible"),
    "too_blurred": mark("too blurred"), "too_dark": mark("too dark"),
    "too_bright": mark("too bright"), "indecent": mark("maybe too revealing"),
    "gone": mark("can’t be fetched any more"), "no_room": mark("no room left"),
    "too_many_at_once": mark("too many at once"),
    "repeated": mark("the same picture as another one"),
}  # fmt: skip
"""What became of a photo, and why."""
VERDICT: Words = {"valid": mark("accepted"), "invalid": mark("refused")}
STATE: Words = {
    "main_menu": mark("main menu"), "avatar_menu": mark("avatar menu"),
    "selecting_training_type": mark("choosing the type"),
    "confirming_training_type": mark("confirming the type"),
    "viewing_training_comparison": mark("comparing the types"),
    "selecting_avatar_type": mark("choosing what it is"),
    "selecting_gender": mark("choosing the gender"), "entering_name": mark("giving a name"),
    "consent": mark("consent"), "uploading_photos": mark("sending photos"),
    "viewing_photo_gallery": mark("looking at the photos"),
    "photo_validation_error": mark("a photo was refused"),
    "insufficient_photos": mark("too few photos"),
    "confirming_photos": mark("confirming the photos"),
    "confirming_training": mark("confirming the training"),
    "training_in_progress": mark("in training"), "training_completed": mark("trained"),
    "training_error": mark("the training failed"),
    "training_cancelled": mark("the training was cancelled"),
    "avatar_gallery": mark("avatar gallery"), "avatar_details": mark("an avatar’s details"),
    "editing_avatar": mark("editing an avatar"), "deleting_avatar": mark("deleting an avatar"),
    "choosing_style": mark("choosing a style"), "typing_wish": mark("describing a picture"),
    "confirming_pictures": mark("confirming an order of pictures"),
    "pictures_in_progress": mark("pictures are made"), "pictures_ready": mark("pictures are there"),
    "pictures_error": mark("pictures failed"), "picture_gallery": mark("picture gallery"),
    "viewing_picture": mark("looking at a picture"), "help": mark("help"),
    "photo_tips": mark("photo tips"), "choosing_language": mark("choosing the language"),
    "privacy": mark("privacy"), "writing_to_support": mark("writing to support"),
    "linking": mark("linking another chat"), "confirming_link": mark("confirming a link"),
    "unlinking": mark("unlinking the chat"),
}  # fmt: skip
"""Where somebody is in the dialogue."""
STAGE: Words = {
    "came": mark("came"), "began": mark("began an avatar"), "photos": mark("sent photos"),
    "enough": mark("had enough photos"), "ordered": mark("ordered a training"),
    "trained": mark("have a trained avatar"),
}  # fmt: skip
"""How far somebody got."""
ACTION: Words = {
    "cancel": mark("cancelled a training"), "retry": mark("trained again"),
    "sent": mark("said that an order had arrived"),
    "not sent": mark("said that an order had not arrived"),
    "pause": mark("paused trainings"), "resume": mark("turned a switch off"),
    "replay": mark("tried an event again"), "erase": mark("ordered an erasure"),
    "block": mark("blocked a person"), "unblock": mark("unblocked a person"),
    "grant": mark("granted a training"), "write": mark("wrote to a person"),
    "look": mark("looked at photos"), "deleted at fal": mark("deleted at fal by hand"),
    "silence": mark("silenced an alert"), "log in": mark("logged in"),
    "log out": mark("logged out"), "log in failed": mark("failed to log in"),
    "end session": mark("ended a session"), "answer": mark("answered a message"),
    "adopt": mark("adopted a photo folder"), "restore": mark("settled a restored backup"),
}  # fmt: skip
"""What somebody did by hand."""
MOMENT: Words = {
    "turn": mark("a step of the dialogue"), "run": mark("a training"),
    "call": mark("a call of fal"),
    "notice": mark("a message"), "avatar": mark("an avatar"), "photo": mark("a photo"),
    "action": mark("done by hand"), "pictures": mark("an order of pictures"),
    "created": mark("begun"), "started": mark("ordered"), "alert": mark("an alert"),
    "audit": mark("done by hand"), "copy": mark("a copy at fal"), "event": mark("an event"),
    "export": mark("an export"), "submission": mark("an order"), "switch": mark("a switch"),
    "support": mark("a message to support"), "written": mark("written"),
    "answered": mark("answered"), "command": mark("a command"),
    "press": mark("a press of a button"), "text": mark("a text"),
    "signal": mark("a signal"), "file": mark("a file"), "other": mark("something else"),
}  # fmt: skip
"""What kind of thing happened."""
NOTICE: Words = {
    "training_finished": mark("the avatar is ready"),
    "training_failed": mark("the training failed"),
    "operator_message": mark("a message of yours"), "alert": mark("an alert"),
    "export_ready": mark("the export is ready"), "export_model": mark("an exported model"),
    "pictures_came": mark("pictures are there"), "pictures_failed": mark("pictures failed"),
    "picture_file": mark("a picture as a file"), "support_message": mark("a message to support"),
    "support_answer": mark("an answer of yours"),
    "pending": mark("waits"), "sending": mark("being sent"), "sent": mark("sent"),
    "uncertain": mark("uncertain"), "blocked": mark("the bot is blocked"),
    "failed": mark("failed"),
}  # fmt: skip
"""A message beside the screen, and what became of it."""
WAITS: Words = {"event": mark("an event to apply"), "screen": mark("a screen to show")}
SWITCH: Words = {
    "trainings_paused": mark("paused by hand"), "stop_submitting": mark("fal refuses our orders"),
    "daily_budget": mark("the day’s budget is used up"),
    "endpoint_gone": mark("fal no longer has this trainer"),
    "breaker": mark("the trainer delivers nothing"),
}  # fmt: skip
CHANNEL: Words = {"telegram": "Telegram", "web": mark("web page"), "console": mark("terminal")}
PART: Words = {
    "worker": mark("worker"), "telegram": "Telegram", "web": mark("web page"),
    "console": mark("terminal"), "dashboard": mark("dashboard"), "http": mark("webhooks"),
}  # fmt: skip
"""The parts of a running Likeness."""
ROLE: Words = {"admin": mark("admin"), "viewer": mark("viewer")}
PURPOSE: Words = {"preview": mark("first pictures"), "asked": mark("asked for")}


def side(error_type: str) -> str:
    """Where an error has its cause."""
    if error_type in ("", "forgotten", "unknown"):
        return "nobody"
    return "ours" if error_type in OURS else "fal"


def word(t: Translator, family: Words, code: str | None) -> str:
    """A code in words; one that nobody knows stays as it is."""
    code = code or ""
    if code in family:
        return t(said) if (said := family[code]) else ""
    name, colon, about = code.partition(":")
    if colon and name in family:
        return f"{t(family[name])}: {about.strip()}"
    if family is ERROR and (found := re.fullmatch(r"http_(\d{3})", code)):
        return http(t, int(found[1]))
    return code


def http(t: Translator, status: int) -> str:
    """An HTTP code in words."""
    known = {
        401: t("the key is refused"), 402: t("the balance at fal is used up"),
        403: t("fal forbids it"), 404: t("fal does not know it"), 408: t("no answer in time"),
        422: t("fal calls the order wrong"), 429: t("too many requests"),
        500: t("an error inside fal"), 502: t("fal is away"), 503: t("fal is away"),
        504: t("no answer in time"),
    }  # fmt: skip
    return f"{known[status]} (HTTP {status})" if status in known else f"HTTP {status}"
