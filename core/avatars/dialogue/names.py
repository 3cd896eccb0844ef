"""What the table's names mean: one mapping of guards, one of effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from core.avatars import rules
from core.avatars.dialogue import (
    collecting,
    edits,
    effects,
    guards,
    linking,
    painting,
    picture_guards,
    support,
)
from core.avatars.dialogue.known import Tools, facts, facts_of, named_in
from core.avatars.facts import Facts
from core.conversation.turn import Turn

Guard = Callable[..., bool]
Effect = Callable[..., None]


def _rule(holds: Callable[[Facts], bool]) -> Guard:
    """A rule as a guard: asked about the avatar in focus."""
    return lambda tools, turn: holds(facts(tools, turn))


def _named(holds: Callable[[Facts], bool]) -> Guard:
    """The same, asked about the avatar that a button names."""
    return lambda tools, turn: holds(facts_of(tools, turn, named_in(tools, turn)))


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        # the person and the avatar in focus, as buttons ask too
        "avatars_full": _rule(rules.avatars_full),
        "blocked": _rule(rules.blocked),
        "consented": _rule(lambda found: found.consented),
        "has_model": _named(rules.has_model),
        "unfinished": _rule(rules.unfinished),
        "untrained": _rule(rules.type_may_change),
        "trained": _rule(rules.trained),
        "described": _rule(rules.described),
        "newcomer": _rule(rules.newcomer),
        "begun": _rule(rules.begun),
        "photos_first": _rule(rules.photos_first),
        "collecting": _rule(rules.collecting),
        "can_collect": _rule(rules.can_collect),
        "refused": _rule(rules.refused),
        "photos_in_work": _rule(rules.photos_in_work),
        "too_few": _rule(rules.too_few),
        "to_be_looked_at": _rule(rules.to_be_looked_at),
        "stoppable": _rule(rules.stoppable),
        "run_active": _rule(rules.run_active),
        # the turn
        "asked": guards.asked,
        "captioned": guards.captioned,
        "returns_to": guards.returns_to,
        "opened_from": guards.opened_from,
        "on_the_way": guards.on_the_way,
        "owned": guards.owned,
        "belongs_in": guards.belongs_in,
        "focused": guards.focused,
        "is_character": guards.is_character,
        "style_chosen": guards.style_chosen,
        "proposed": guards.proposed,
        "chooses": guards.chooses,
        "draft_open": guards.draft_open,
        "name_ok": guards.name_ok,
        "says_name": guards.says_name,
        "no_picture": guards.no_picture,
        "has_photos": guards.has_photos,
        "refusal_soft": guards.refusal_soft,
        "last_refusal": guards.last_refusal,
        "removed": guards.removed,
        "training_closed": guards.training_closed,
        "message_fits": support.message_fits,
        "wrote_enough": support.wrote_enough,
        # pictures
        "painting": picture_guards.painting,
        "priced": picture_guards.priced,
        "pictures_closed": picture_guards.pictures_closed,
        "wish_fits": picture_guards.wish_fits,
        "pack_there": picture_guards.pack_there,
        "chosen_there": picture_guards.chosen_there,
        "run_repeatable": picture_guards.run_repeatable,
        "picture_repeatable": picture_guards.picture_repeatable,
        "watched": picture_guards.watched,
        "came": picture_guards.came,
        "of_focus": picture_guards.of_focus,
        "asked_for": picture_guards.asked_for,
        "has_pictures": picture_guards.has_pictures,
        "picture_there": picture_guards.picture_there,
        "run_has_pictures": picture_guards.run_has_pictures,
        "picture_removed": picture_guards.picture_removed,
        # one person in several chats
        "brings_code": linking.brings_code,
        "code_fits": linking.code_fits,
        "link_waits": linking.link_waits,
        "link_agreed": linking.link_agreed,
        "linked": linking.linked,
        # corrections
        "names": edits.names,
        "renames": edits.renames,
        "same_photo": edits.same_photo,
        "room_left": edits.room_left,
        "place_left": edits.place_left,
    }
)

EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        # the conversation
        "say": effects.say,
        "ask": effects.ask,
        "alert": effects.alert,
        "announce": painting.announce,
        "hint": effects.hint,
        "remember_return": effects.remember_return,
        "save_language": effects.save_language,
        "read_link": effects.read_link,
        "say_draft_kept": effects.say_draft_kept,
        "say_message_rule": support.say_message_rule,
        "pass_on": support.pass_on,
        # what an avatar is
        "focus": effects.focus,
        "open_draft": effects.open_draft,
        "open_portrait": effects.open_portrait,
        "propose_type": effects.propose_type,
        "set_type": effects.set_type,
        "set_kind": effects.set_kind,
        "set_gender": effects.set_gender,
        "set_name": effects.set_name,
        "say_name_rule": effects.say_name_rule,
        "rename": edits.rename,
        "record_consent": effects.record_consent,
        # photos
        "add_photo": collecting.add_photo,
        "leave_out": collecting.leave_out,
        "hold_photo": collecting.hold_photo,
        "leave_file": collecting.leave_file,
        "refuse_file": collecting.refuse_file,
        "take_held_photos": collecting.take_held_photos,
        "drop_held_photos": collecting.drop_held_photos,
        "reopen": collecting.reopen,
        "dismiss_refusals": collecting.dismiss_refusals,
        "note_told": collecting.note_told,
        "accept_with_advice": collecting.accept_with_advice,
        "open_gallery": collecting.open_gallery,
        "first_page": collecting.first_page,
        "set_page": collecting.set_page,
        "remove_photo": collecting.remove_photo,
        "restore_photo": collecting.restore_photo,
        # training
        "say_why_closed": effects.say_why_closed,
        "open_run": effects.open_run,
        "cancel_run": effects.cancel_run,
        "notice": effects.notice,
        # pictures
        "focus_painting": painting.focus_painting,
        "set_count": painting.set_count,
        "set_shape": painting.set_shape,
        "take_style": painting.take_style,
        "take_wish": painting.take_wish,
        "take_again": painting.take_again,
        "take_family": painting.take_family,
        "order_pictures": painting.order_pictures,
        "cancel_pictures": painting.cancel_pictures,
        "say_why_no_pictures": painting.say_why_no_pictures,
        "say_wish_rule": painting.say_wish_rule,
        "show_pictures": painting.show_pictures,
        "notice_no_pictures": painting.notice_no_pictures,
        "open_picture": painting.open_picture,
        "mark_favourite": painting.mark_favourite,
        "remove_picture": painting.remove_picture,
        "restore_picture": painting.restore_picture,
        "hand_over": painting.hand_over,
        "hand_over_all": painting.hand_over_all,
        # what is kept, and forgetting
        "order_export": effects.order_export,
        "notice_export": effects.notice_export,
        "delete_avatar": effects.delete_avatar,
        "withdraw_consent": effects.withdraw_consent,
        "erase_everything": effects.erase_everything,
        "forget_here": linking.forget_here,
        # one person in several chats
        "offer_code": linking.offer_code,
        "take_code": linking.take_code,
        "await_answer": linking.await_answer,
        "say_code_problem": linking.say_code_problem,
        "agree_to_link": linking.agree_to_link,
        "decline_link": linking.decline_link,
        "say_link_outcome": linking.say_link_outcome,
        "ask_to_part": linking.ask_to_part,
        "say_not_parted": linking.say_not_parted,
        "lose_focus": linking.lose_focus,
    }
)


def bind(tools: Tools) -> Mapping[str, Callable[..., object]]:
    """The table's names with these tools in hand, as a `Flow` calls them."""
    asking = {name: partial(guard, tools) for name, guard in GUARDS.items()}
    return {**asking, **{name: _change(tools, effect) for name, effect in EFFECTS.items()}}


def _change(tools: Tools, effect: Effect) -> Callable[..., None]:
    """An effect after which the rules are asked anew."""

    def change(turn: Turn, *argument: str) -> None:
        effect(tools, turn, *argument)
        for answer in ("facts", "place", "closed"):
            turn.cache.pop(answer, None)

    return change
