"""What a person sees of each state: pure functions of facts, and the notices beside them.

A screen's own function says what belongs to the state; what every screen has in common (the
remark on what just happened, an open question, whether it will change by itself) is added here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from core.avatars.facts import AvatarFacts, Facts
from core.avatars.flow import SET
from core.avatars.screens import (
    buttons,
    general,
    making,
    managing,
    notices,
    photos,
    training,
)
from core.avatars.screens.hints import hint
from core.avatars.screens.person import linking, privacy
from core.avatars.screens.pictures import choosing, results
from core.avatars.screens.pictures import notices as of_pictures
from core.avatars.screens.questions import question
from core.base.graphemes import length
from core.base.texts import Translator, translator
from core.conversation.messages import Motion, Screen

Draw = Callable[[Facts, Translator], Screen]
DrawAvatar = Callable[[Facts, AvatarFacts, Translator], Screen]

_SETTLING = (*SET, "photo_tips", "main_menu", "avatar_menu", "avatar_details")
"""Where the verdicts on photos change what is seen."""
_BELOW_PICTURES = 1024
"""UTF-16 units that a channel can show below pictures, at least."""


def _complete(state: str, own: Draw) -> Callable[[Facts], Screen]:
    """A state's screen with what all screens have in common."""

    def screen(facts: Facts) -> Screen:
        t = translator(facts.language)
        drawn = own(facts, t)
        asked = question(state, facts, t)
        if asked:
            drawn = replace(drawn, text=asked.text, buttons=asked.buttons, pictures=())
        complete = replace(drawn, hint=hint(state, facts, t), motion=_motion(state, facts))
        return _readable(complete)

    return screen


def _readable(screen: Screen) -> Screen:
    """Pictures give way where the words below them would be cut off."""
    said = "\n\n".join(filter(None, (screen.title, screen.hint, screen.text)))
    return replace(screen, pictures=()) if length(said) > _BELOW_PICTURES else screen


def _of_avatar(own: DrawAvatar) -> Draw:
    """The screen of a state that is about an avatar, which may be gone by now."""

    @functools.wraps(own)
    def screen(facts: Facts, t: Translator) -> Screen:
        if facts.avatar is not None:
            return own(facts, facts.avatar, t)
        return Screen(
            title=t("🎭 Avatars"),
            text=t("That avatar doesn’t exist any more."),
            buttons=buttons.rows(buttons.main_menu(t)),
        )

    return screen


def _motion(state: str, facts: Facts) -> Motion:
    avatar = facts.avatar
    if avatar is None:
        return Motion.STILL
    if state in (
        "training_in_progress",
        "pictures_in_progress",
    ):  # ended or not: what has come of it is told elsewhere
        return Motion.MOVING
    settling = (avatar.pending and state in _SETTLING) or (avatar.comparing and state in SET)
    return Motion.SETTLING if settling else Motion.STILL


_ANYWHERE: Mapping[str, Draw] = {
    "main_menu": general.main_menu,
    "avatar_menu": managing.avatar_menu,
    "selecting_training_type": making.selecting_training_type,
    "confirming_training_type": making.confirming_training_type,
    "viewing_training_comparison": making.viewing_training_comparison,
    "selecting_avatar_type": making.selecting_avatar_type,
    "selecting_gender": making.selecting_gender,
    "entering_name": making.entering_name,
    "consent": making.consent,
    "avatar_gallery": managing.avatar_gallery,
    "help": general.help_,
    "photo_tips": general.photo_tips,
    "choosing_language": general.choosing_language,
    "privacy": privacy.privacy,
    "linking": linking.linking,
    "confirming_link": linking.confirming_link,
    "unlinking": linking.unlinking,
    "writing_to_support": general.writing_to_support,
}
_WITH_AVATAR: Mapping[str, DrawAvatar] = {
    "uploading_photos": photos.uploading_photos,
    "viewing_photo_gallery": photos.viewing_photo_gallery,
    "photo_validation_error": photos.photo_validation_error,
    "insufficient_photos": photos.insufficient_photos,
    "confirming_photos": photos.confirming_photos,
    "confirming_training": training.confirming_training,
    "training_in_progress": training.training_in_progress,
    "training_completed": training.training_completed,
    "training_error": training.training_error,
    "training_cancelled": training.training_cancelled,
    "avatar_details": managing.avatar_details,
    "editing_avatar": managing.editing_avatar,
    "deleting_avatar": managing.deleting_avatar,
    "choosing_style": choosing.choosing_style,
    "typing_wish": choosing.typing_wish,
    "confirming_pictures": choosing.confirming_pictures,
    "pictures_in_progress": results.pictures_in_progress,
    "pictures_ready": results.pictures_ready,
    "pictures_error": results.pictures_error,
    "picture_gallery": results.picture_gallery,
    "viewing_picture": results.viewing_picture,
}

SCREENS: Mapping[str, Callable[[Facts], Screen]] = MappingProxyType(
    {
        state: _complete(state, own)
        for state, own in (
            *_ANYWHERE.items(),
            *((state, _of_avatar(own)) for state, own in _WITH_AVATAR.items()),
        )
    }
)
"""The screen of each state."""

NOTICES: Mapping[str, Callable[[Mapping[str, object], str], Screen]] = MappingProxyType(
    {
        "training_finished": notices.training_finished,
        "training_failed": notices.training_failed,
        "operator_message": notices.operator_message,
        "alert": notices.alert,
        "support_message": notices.support_message,
        "support_answer": notices.support_answer,
        "export_ready": notices.export_ready,
        "export_model": notices.export_model,
        "pictures_came": of_pictures.pictures_came,
        "pictures_failed": of_pictures.pictures_failed,
        "picture_file": of_pictures.picture_file,
    }
)
"""How each notice is drawn, from its parameters and a language."""
