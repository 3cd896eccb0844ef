"""The avatar dialogue as a table: pure data. What the names do stands in
`dialogue.names`.

Rows are tried from the top; the first whose guards hold is taken. SAME draws the state's screen
again, QUIET leaves no trace, RETURN leads back to where the person came from, PLACE to the place
of the avatar that they resume.
"""

from __future__ import annotations

from core.conversation.flow import QUIET, SAME, Table, row

RETURN = "↩"
PLACE = "➜"

SIDE = ("help", "photo_tips", "choosing_language", "privacy")
COLLECT = (
    "uploading_photos", "viewing_photo_gallery", "photo_validation_error", "insufficient_photos",
)  # fmt: skip
TELLING = ("uploading_photos", "photo_validation_error", "insufficient_photos")
"""Their screens tell what has become of the photos that came last."""
SET = (*COLLECT, "confirming_photos", "confirming_training")
ENDED = ("training_completed", "training_error", "training_cancelled")
MENUS = ("main_menu", "avatar_menu", "avatar_gallery")
CHOOSING = ("selecting_training_type", "confirming_training_type", "viewing_training_comparison")

STATES = (
    "main_menu", "avatar_menu", *CHOOSING,
    "selecting_avatar_type", "selecting_gender", "entering_name", "consent",
    *SET, "training_in_progress", *ENDED,
    "avatar_gallery", "avatar_details", "editing_avatar", "deleting_avatar", *SIDE,
)  # fmt: skip

PLACES = (
    "selecting_training_type", "selecting_avatar_type", "selecting_gender", "entering_name",
    "consent", "photo_validation_error", "uploading_photos", "training_in_progress", *ENDED,
)  # fmt: skip
"""Where an avatar's owner goes on with it: `rules.place_of` names one of these."""

_RETURNS = tuple(state for state in STATES if state not in (*SIDE, "avatar_menu"))

ROWS = (
    row("start", "ANY", "main_menu", then="read_link"),
    row("help", "ANY", "help", then="remember_return"),
    row("language", "ANY", "choosing_language", then="remember_return"),
    row("privacy", "ANY", "privacy", then="remember_return"),
    row("set_language", "choosing_language", RETURN, then="save_language"),
    row("avatars", "main_menu training_in_progress ENDED", "avatar_menu"),
    row("resume", "ANY", PLACE, when="owned, asked(held)", then="focus, take_held_photos"),
    row("resume", "ANY", PLACE, when="owned", then="focus"),
    row("resume", "ANY", "avatar_gallery", then="say(gone)"),
    row("no", "ANY", SAME, when="asked(held)", then="drop_held_photos, say(held_dropped)"),
    row("no", "ANY", SAME, when="asked"),
    row("cancel stop", "training_in_progress", SAME, when="stoppable", then="ask(stop)"),
    row("cancel stop", "training_in_progress", SAME, then="say(not_stoppable)"),
    row("cancel", "main_menu avatar_menu", SAME, then="say(nothing_to_cancel)"),
    row("cancel", "ANY", "avatar_menu", then="say_draft_kept"),
    # a new avatar
    row("create", "MENUS", "avatar_gallery", when="avatars_full", then="say(avatars_full)"),
    row("create", "ANY", "avatar_gallery", when="asked(held), avatars_full",
        then="say(avatars_full)"),
    row("create", "ANY", "selecting_training_type", when="asked(held)", then="open_draft"),
    row("create", "MENUS", SAME, when="draft_open, not asked(new)", then="ask(new)"),
    row("create", "MENUS", "selecting_training_type", then="open_draft"),
    row("choose_type", "selecting_training_type viewing_training_comparison",
        "confirming_training_type", then="propose_type"),
    row("compare", "selecting_training_type confirming_training_type",
        "viewing_training_comparison"),
    row("confirm", "confirming_training_type", "avatar_details", when="described", then="set_type"),
    row("confirm", "confirming_training_type", "selecting_avatar_type", when="proposed(style)",
        then="set_type"),
    row("confirm", "confirming_training_type", "selecting_gender", then="set_type"),
    row("choose_kind", "selecting_avatar_type", "selecting_gender", when="chooses(character)",
        then="set_kind"),
    row("choose_kind", "selecting_avatar_type", "entering_name",
        then="set_kind, set_gender(other)"),
    row("choose_gender", "selecting_gender", "entering_name", then="set_gender"),
    row("choose_gender", "editing_avatar", "avatar_details", then="set_gender"),
    row("name", "entering_name", "uploading_photos", when="name_ok, consented",
        then="set_name, take_held_photos"),
    row("name", "entering_name", "consent", when="name_ok", then="set_name"),
    row("name", "editing_avatar", "avatar_details", when="name_ok", then="set_name"),
    row("name", "entering_name editing_avatar", SAME, then="say_name_rule"),
    row("rename", "ANY", SAME, when="not names", then="say(gone)"),
    row("rename", "ANY", SAME, when="renames, name_ok", then="rename"),
    row("rename", "ANY", SAME, when="renames", then="say_name_rule"),
    row("rename", "ANY", SAME),
    row("agree", "consent", "uploading_photos", when="unfinished",
        then="record_consent, take_held_photos"),
    row("agree", "consent", "avatar_menu", then="record_consent"),
    row("decline", "consent", "avatar_menu", then="drop_held_photos, say(no_consent)"),
    # photos
    row("photo add_photos keep_anyway", "ANY", SAME, when="blocked", then="say(blocked)"),
    row("photo", "ANY", SAME, when="same_photo"),
    row("photo", "COLLECT", SAME, when="no_picture, can_collect, photos_in_work",
        then="refuse_file"),
    row("photo", "COLLECT", "photo_validation_error", when="no_picture, can_collect",
        then="refuse_file"),
    row("photo", "ANY", SAME, when="no_picture", then="leave_file"),
    row("photo", "photo_validation_error", SAME, when="collecting, room_left", then="add_photo"),
    row("photo", "SET ENDED avatar_details photo_tips", "uploading_photos",
        when="can_collect, room_left", then="reopen, add_photo"),
    row("photo", "SET ENDED avatar_details photo_tips", SAME, when="can_collect, photos_in_work",
        then="leave_out"),
    row("photo", "SET ENDED avatar_details photo_tips", "photo_validation_error",
        when="can_collect", then="reopen, leave_out, say(photos_full)"),
    row("photo", "training_in_progress", SAME, then="hold_photo, say(too_late)"),
    row("photo", "ANY", SAME, when="on_the_way", then="hold_photo, say(held)"),
    row("photo", "ANY", SAME, when="captioned", then="hold_photo, say(held)"),
    row("photo", "ANY", SAME, then="hold_photo, ask(held)"),
    row("judged", "COLLECT photo_tips", "photo_validation_error", when="focused, refused"),
    row("judged", "SET photo_tips main_menu avatar_menu avatar_details", SAME, when="focused"),
    row("judged", "ANY", QUIET),
    row("delayed", "SET photo_tips main_menu avatar_menu avatar_details", SAME, when="focused"),
    row("delayed", "ANY", QUIET),
    row("add_photos", "avatar_details", "photo_validation_error", when="can_collect, refused",
        then="reopen, say(how_to_send)"),
    row("add_photos", "SET ENDED avatar_details", "uploading_photos", when="can_collect",
        then="reopen, dismiss_refusals, say(how_to_send)"),
    row("add_photos", "SET ENDED avatar_details", "consent", when="not consented"),
    row("keep_anyway", "photo_validation_error", "uploading_photos",
        when="refusal_soft, place_left, last_refusal", then="accept_with_advice"),
    row("keep_anyway", "photo_validation_error", SAME, when="refusal_soft, place_left",
        then="accept_with_advice"),
    row("keep_anyway", "photo_validation_error", SAME, when="refusal_soft",
        then="say(photos_full)"),
    row("keep_anyway", "photo_validation_error", SAME, then="say(not_kept)"),
    row("gallery", "SET avatar_details", "viewing_photo_gallery", when="has_photos",
        then="open_gallery"),
    row("gallery", "SET avatar_details", SAME, then="say(no_photos_yet)"),
    row("page", "viewing_photo_gallery avatar_gallery", SAME, then="set_page"),
    row("remove_photo", "viewing_photo_gallery", SAME, when="can_collect", then="remove_photo"),
    row("restore_photo", "viewing_photo_gallery", SAME, when="removed, place_left",
        then="restore_photo"),
    row("tips", "help consent uploading_photos photo_validation_error insufficient_photos "
        "training_error", "photo_tips", then="remember_return"),
    # training
    row("done", "COLLECT", SAME, when="photos_in_work", then="say(still_checking)"),
    row("done", "COLLECT", "insufficient_photos", when="too_few"),
    row("done", "COLLECT", "confirming_photos", then="dismiss_refusals"),
    row("approve", "confirming_photos", SAME, when="photos_in_work", then="say(still_checking)"),
    row("train", "confirming_training", "training_completed", when="trained"),
    row("approve train", "confirming_photos confirming_training", "insufficient_photos",
        when="too_few"),
    row("approve", "confirming_photos", "confirming_training"),
    row("train", "confirming_training", SAME, when="photos_in_work", then="say(still_checking)"),
    row("train", "confirming_training", SAME, when="training_closed", then="say_why_closed"),
    row("train", "confirming_training", "training_in_progress", then="open_run"),
    row("yes", "training_in_progress", "training_cancelled", when="asked(stop), run_active",
        then="cancel_run"),
    row("progress", "training_in_progress", SAME, when="focused"),
    row("progress cancelled", "training_cancelled", SAME, when="focused"),
    row("finished", "viewing_photo_gallery", QUIET, when="opened_from(avatar_details)",
        then="notice"),
    row("finished", "training_in_progress training_cancelled SET CHOOSING", "training_completed",
        when="focused", then="alert"),
    row("failed", "training_in_progress", "training_error", when="focused", then="alert"),
    row("cancelled", "training_in_progress", "training_cancelled", when="focused", then="alert"),
    row("finished failed", "ANY", QUIET, then="notice"),
    row("progress cancelled", "ANY", QUIET),
    row("retry", "training_error training_cancelled", "insufficient_photos", when="too_few",
        then="reopen"),
    row("retry", "training_error training_cancelled", "confirming_training", then="reopen"),
    # looking after avatars
    row("list", "avatar_menu", "avatar_gallery", then="first_page"),
    row("pick", "avatar_gallery", "avatar_details", when="owned", then="focus"),
    row("pick", "avatar_gallery", SAME, then="say(gone)"),
    row("details", "training_in_progress ENDED", "avatar_details"),
    row("edit", "avatar_details", "editing_avatar"),
    row("change_type", "avatar_details", "selecting_training_type", when="untrained"),
    row("delete", "avatar_details training_error training_cancelled", "deleting_avatar"),
    row("yes", "deleting_avatar", "avatar_gallery", then="delete_avatar, first_page"),
    # privacy
    row("export", "privacy", SAME, then="order_export, say(export_ordered)"),
    row("export_ready", "ANY", QUIET, then="notice_export"),
    row("erase", "privacy", SAME, then="ask(erase)"),
    row("forget", "ANY", "main_menu", then="erase_everything, say(erased), alert"),
    row("withdraw", "privacy", SAME, when="consented", then="ask(withdraw)"),
    row("yes", "privacy", "main_menu", when="asked(erase)", then="erase_everything, say(erased)"),
    row("yes", "privacy", SAME, when="asked(withdraw)",
        then="withdraw_consent, say(consent_withdrawn)"),
    # back
    row("back", "selecting_training_type", "avatar_details", when="described"),
    row("back", "selecting_training_type avatar_gallery training_in_progress ENDED", "avatar_menu"),
    row("back", "confirming_training_type viewing_training_comparison", "selecting_training_type"),
    row("back", "selecting_gender", "selecting_avatar_type", when="style_chosen"),
    row("back", "selecting_avatar_type selecting_gender", "confirming_training_type"),
    row("back", "entering_name", "selecting_gender", when="is_character"),
    row("back", "entering_name", "selecting_avatar_type"),
    row("back", "consent", "entering_name", when="unfinished"),
    row("back", "consent", "avatar_menu"),
    row("back", "viewing_photo_gallery", "avatar_details", when="opened_from(avatar_details)"),
    row("back", "viewing_photo_gallery photo_validation_error insufficient_photos "
        "confirming_photos", "uploading_photos", then="dismiss_refusals"),
    row("back", "confirming_training", "confirming_photos"),
    row("back", "uploading_photos editing_avatar deleting_avatar", "avatar_details"),
    row("back", "avatar_details", "avatar_gallery"),
    row("back", "SIDE", RETURN),
    row("text", "ANY", SAME, then="hint"),
)  # fmt: skip

TABLE = Table(
    states=STATES,
    initial="main_menu",
    rows=ROWS,
    groups={
        "SIDE": SIDE,
        "COLLECT": COLLECT,
        "SET": SET,
        "ENDED": ENDED,
        "MENUS": MENUS,
        "CHOOSING": CHOOSING,
    },
    places={
        RETURN: (*((f"returns_to({state})", state) for state in _RETURNS), ("", "avatar_menu")),
        PLACE: tuple((f"belongs_in({state})", state) for state in PLACES),
    },
    commands={
        "start": "start",
        "menu": "start",
        "help": "help",
        "cancel": "cancel",
        "language": "language",
        "privacy": "privacy",
    },
    typed=("name", "text"),
    signals=frozenset(
        {
            "judged",
            "delayed",
            "progress",
            "finished",
            "failed",
            "cancelled",
            "export_ready",
            "forget",
        }
    ),
    ticks=frozenset({"progress"}),
    always="note_told",
    corrections={"name": "rename"},
)
