"""The effects that the table names: what a turn changes, in its one transaction.

What must happen outside it (files deleted, the worker woken) waits for the commit, or is a row
that the sweep works off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from core.avatars import access, owned
from core.avatars.erasure import Erasure
from core.avatars.flow import SIDE
from core.avatars.guards import Guards
from core.avatars.models import (
    Avatar,
    AvatarGender,
    AvatarPhoto,
    AvatarStatus,
    AvatarTrainingType,
    AvatarType,
    Consent,
    HeldPhoto,
    TrainingRun,
    utc_now,
)
from core.avatars.ports import Waker
from core.avatars.training import Training
from core.avatars.verdicts import recount
from core.conversation.turn import Turn
from core.db import database
from core.settings import Settings

log = structlog.get_logger()


class AvatarDialogue(Guards):
    """Everything that `core.avatars.flow.TABLE` names."""

    def __init__(self, settings: Settings, training: Training, jobs: Waker) -> None:
        super().__init__(settings, training)
        self._jobs = jobs
        self._erasure = Erasure(training)

    # the conversation

    def say(self, turn: Turn, code: str) -> None:
        """Let the next screen say something."""
        turn.say(code)

    def ask(self, turn: Turn, question: str) -> None:
        """Open a question."""
        turn.ask(question)

    def alert(self, turn: Turn) -> None:
        """Make the person notice."""
        turn.alert()

    def hint(self, turn: Turn) -> None:
        """Say what can be done here: something else was typed."""
        turn.say("hint")

    def remember_return(self, turn: Turn) -> None:
        """Note where the person came from, across one side room and the next."""
        if turn.source not in SIDE:
            turn.memory["return_to"] = turn.source

    def save_language(self, turn: Turn) -> None:
        """Speak the chosen language from now on."""
        turn.choose_language(turn.argument)

    def read_link(self, turn: Turn) -> None:
        """Admit whoever comes with a valid invitation."""
        if turn.argument:
            access.admit(self._settings, turn.user_id, turn.argument, turn.now)

    def say_draft_kept(self, turn: Turn) -> None:
        """Say that nothing is lost by leaving."""
        found = self.focus_of(turn)
        if found is not None and found.status in owned.UNFINISHED:
            turn.say("draft_kept", name=found.name)
        else:
            turn.say("nothing_to_cancel")

    # what an avatar is

    def focus(self, turn: Turn) -> None:
        """Turn to the avatar that the button names."""
        found = self.named_in(turn)
        assert found is not None, "a guard asks for the owner first"
        self._focus(turn, found)

    def open_draft(self, turn: Turn) -> None:
        """Begin an avatar; a draft without a name is begun anew, so that there is only one."""
        draft = owned.nameless_draft(turn.user_id) or Avatar.create(user=turn.user_id)
        _change(draft, avatar_type=None, gender=None, training_type=AvatarTrainingType.PORTRAIT)
        self._focus(turn, draft)

    def propose_type(self, turn: Turn) -> None:
        """Note the training type that is to be confirmed."""
        turn.memory["proposed"] = AvatarTrainingType(turn.argument).value

    def set_type(self, turn: Turn) -> None:
        """Take the proposed training type; a portrait is always of a character."""
        found = self._focused(turn)
        proposed = AvatarTrainingType(turn.memory.get("proposed", found.training_type))
        if proposed is AvatarTrainingType.PORTRAIT:
            _change(found, training_type=proposed, avatar_type=AvatarType.CHARACTER)
        elif self.described(turn):
            _change(found, training_type=proposed)
        else:
            _change(found, training_type=proposed, avatar_type=None)

    def set_kind(self, turn: Turn) -> None:
        """A person, a style, or something else."""
        _change(self._focused(turn), avatar_type=AvatarType(turn.argument))

    def set_gender(self, turn: Turn, gender: str | None = None) -> None:
        """Whom it shows; of a style or a thing nobody is asked."""
        _change(self._focused(turn), gender=AvatarGender(gender or turn.argument))

    def set_name(self, turn: Turn) -> None:
        """Name it; with its first name an avatar counts as created."""
        found = self._focused(turn)
        first = not found.name
        _change(found, name=self.name_of(turn))
        if first:
            avatar_id, user_id = str(found.id), str(turn.user_id)
            created = f"🎭 Создан аватар {avatar_id} пользователем {user_id}"
            database.after_commit(lambda: log.info(created))

    def say_name_rule(self, turn: Turn) -> None:
        """Say why this can't be a name."""
        turn.say("name_rule", problem=self.name_problem(turn) or "sign")

    def record_consent(self, turn: Turn) -> None:
        """The person agrees to today's consent."""
        if not self.consented(turn):
            Consent.create(user=turn.user_id, version=owned.CONSENT_VERSION, given_at=turn.now)

    # photos

    def add_photo(self, turn: Turn) -> None:
        """Take a photo in: pending, until its verdict."""
        self._add(turn, turn.event.file or {})
        self._recount(turn)

    def hold_photo(self, turn: Turn) -> None:
        """Keep only the channel's reference to a photo that came at the wrong moment."""
        if owned.held_photos(turn.user_id).count() < self._settings.training.max_photos:
            HeldPhoto.create(
                user=turn.user_id,
                conversation=turn.conversation_id,
                reference=dict(turn.event.file or {}),
                held_at=turn.now,
            )

    def take_held_photos(self, turn: Turn) -> None:
        """Take in what was held, now that there is an avatar and a consent."""
        if not self.collecting(turn):
            return
        held = list(owned.held_photos(turn.user_id))[: self.room(turn)]
        for photo in held:
            self._add(turn, photo.reference)
            photo.delete_instance()
        if held:
            self._recount(turn)
            turn.say("held_taken", n=len(held))

    def drop_held_photos(self, turn: Turn) -> None:
        """Forget what was held."""
        HeldPhoto.delete().where(HeldPhoto.user == turn.user_id).execute()

    def reopen(self, turn: Turn) -> None:
        """Let an avatar whose training failed or was stopped take photos again."""
        found = self._focused(turn)
        if found.status in (AvatarStatus.ERROR, AvatarStatus.CANCELLED):
            _change(found, status=AvatarStatus.DRAFT, training_progress=0)
            self._recount(turn)

    def dismiss_refusals(self, turn: Turn) -> None:
        """The person has read why photos were refused."""
        refused = [photo.id for photo in owned.refusals(self._focused(turn).id)]
        query: Any = AvatarPhoto.update(dismissed_at=turn.now)
        query.where(AvatarPhoto.id.in_(refused)).execute()

    def open_gallery(self, turn: Turn) -> None:
        """Look at the photos from the first page on."""
        turn.memory.update(page=1, opened_from=turn.source)
        turn.memory.pop("removed", None)

    def first_page(self, turn: Turn) -> None:
        """Begin a list at its beginning."""
        turn.memory["page"] = 1

    def set_page(self, turn: Turn) -> None:
        """Turn the page."""
        turn.memory["page"] = int(turn.argument)

    def remove_photo(self, turn: Turn) -> None:
        """Take a photo out; it can be put back until the sweep."""
        found = self._focused(turn)
        photo = owned.photos(found.id).where(AvatarPhoto.id == turn.argument).first()
        if photo is not None:
            _change(photo, removed_at=turn.now)
            turn.memory["removed"] = turn.argument
            turn.say("removed", number=photo.number)
            self._recount(turn)

    def restore_photo(self, turn: Turn) -> None:
        """Put the photo back that was just removed, unless the same one has come again since."""
        photo = self.removed_photo(turn)
        assert photo is not None, "a guard asks for it first"
        turn.memory.pop("removed", None)
        same = AvatarPhoto.file_hash == photo.file_hash
        valid = owned.photos_with(photo.avatar_id, *owned.COUNTING)
        if photo.file_hash is None or not valid.where(same).exists():
            _change(photo, removed_at=None)
            self._recount(turn)
        turn.say("restored", number=photo.number)

    # training

    def say_why_closed(self, turn: Turn) -> None:
        """Say what stops a training now; the screen names the avatar that is in the way."""
        turn.say(self.why_closed(turn) or "closed")

    def open_run(self, turn: Turn) -> None:
        """Start the training: from here on it is paid for."""
        found = self._focused(turn)
        self._training.start(found.id, turn.user_id, turn.conversation_id)

    def cancel_run(self, turn: Turn) -> None:
        """Stop it: the person is free at once, the trainer is told behind the scenes."""
        run = owned.latest_run(self._focused(turn).id)
        assert run is not None, "a guard asks for it first"
        self._training.cancel(run.id)

    def notice(self, turn: Turn) -> None:
        """Tell the person of an avatar that they are not looking at."""
        run = TrainingRun.get_or_none(
            TrainingRun.id == turn.argument, TrainingRun.user == turn.user_id
        )
        if run is None or run.avatar is None:
            return
        parameters: Mapping[str, Any] = {
            "avatar": run.avatar.id.hex,
            "name": run.avatar.name,
            "error_class": run.error_class,
        }
        turn.notify(f"training_{turn.trigger}", f"{turn.argument}:{turn.trigger}", **parameters)

    # forgetting

    def delete_avatar(self, turn: Turn) -> None:
        """Delete the avatar in focus with its photos."""
        found = self._focused(turn)
        turn.say("deleted", name=found.name)
        self._erasure.avatar(found, turn.now)
        turn.memory.pop("avatar", None)
        turn.cache.pop("focus", None)

    def withdraw_consent(self, turn: Turn) -> None:
        """Stop trainings and erase photos; finished avatars stay until they are deleted."""
        self._erasure.consent(turn.user_id, turn.now)
        turn.cache.pop("focus", None)

    def erase_everything(self, turn: Turn) -> None:
        """Erase all that belongs to the person; the empty conversation goes on."""
        self._erasure.person(turn.user_id, turn.event_id, turn.now)
        turn.memory.clear()
        turn.cache.clear()
        turn.name = ""

    # what effects share

    def _focused(self, turn: Turn) -> Avatar:
        found = self.focus_of(turn)
        if found is None:
            raise LookupError(f"no avatar in focus in {turn.source}")
        return found

    def _focus(self, turn: Turn, found: Avatar) -> None:
        turn.memory["avatar"] = found.id.hex
        turn.cache["focus"] = found

    def _add(self, turn: Turn, reference: Mapping[str, Any]) -> None:
        found = self._focused(turn)
        last: Any = AvatarPhoto.select(AvatarPhoto.number).where(AvatarPhoto.avatar == found.id)
        newest = last.order_by(AvatarPhoto.number.desc()).first()
        photo = AvatarPhoto.create(
            avatar=found.id,
            user=turn.user_id,
            conversation=turn.conversation_id,
            reference=dict(reference),
            number=newest.number + 1 if newest else 1,
        )
        photo_id = str(photo.id)
        database.after_commit(lambda: self._jobs.wake("photo", photo_id))

    def _recount(self, turn: Turn) -> None:
        found = self._focused(turn)
        recount(found.id, self._settings)
        turn.cache.pop("focus", None)


def _change(found: Any, **columns: Any) -> None:
    """Write these columns of one row, and when they changed."""
    changed: dict[str, Any] = {**columns, "updated_at": utc_now()}
    for name, value in changed.items():
        setattr(found, name, value)
    found.save(only=list(changed))
