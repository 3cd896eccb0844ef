"""The effects that the table names: what a turn changes, in its one transaction.

What must happen outside it (files deleted, the worker woken) waits for the commit, or is a row
that the sweep works off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from core.avatars import access, queries
from core.avatars.dialogue.collecting import Collecting
from core.avatars.flow import SIDE
from core.avatars.models import (
    Avatar,
    AvatarGender,
    AvatarStatus,
    AvatarTrainingType,
    AvatarType,
    Consent,
    TrainingRun,
    change,
)
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.ports import Waker
from core.avatars.privacy.erasure import Erasure, drop_exports
from core.avatars.privacy.models_made import PATH, Made, made, token_of
from core.avatars.privacy.retained import Export
from core.avatars.training.outcome import model_of, taken_back
from core.avatars.training.training import Training
from core.base.db import database
from core.base.settings import Settings
from core.conversation.turn import Turn

log = structlog.get_logger()


class AvatarDialogue(Collecting):
    """Everything that `core.avatars.flow.TABLE` names."""

    def __init__(self, settings: Settings, training: Training, jobs: Waker) -> None:
        super().__init__(settings, training, jobs)
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
        """Admit whoever comes with a valid invitation, and say what came of the one they have."""
        code = turn.argument.strip()
        if code and (said := access.welcome(self._settings, turn.user_id, code, turn.now)):
            turn.say(said)

    def say_draft_kept(self, turn: Turn) -> None:
        """Say that nothing is lost by leaving."""
        found = self.focus_of(turn)
        if found is not None and found.status in queries.UNFINISHED:
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
        draft = queries.nameless_draft(turn.user_id) or Avatar.create(user=turn.user_id)
        change(draft, avatar_type=None, gender=None, training_type=AvatarTrainingType.PORTRAIT)
        self._focus(turn, draft)

    def propose_type(self, turn: Turn) -> None:
        """Note the training type that is to be confirmed."""
        turn.memory["proposed"] = AvatarTrainingType(turn.argument).value

    def set_type(self, turn: Turn) -> None:
        """Take the proposed training type; a portrait is always of a character.

        A trained avatar can be trained with the other type as well; until then it keeps what it
        has, and is trained again as soon as its own type is taken back.
        """
        found = self._focused(turn)
        proposed = AvatarTrainingType(turn.memory.get("proposed", found.training_type))
        model = model_of(found)
        if model is not None and proposed.value == model["fal_mode"]:
            change(found, **taken_back(model))
        elif found.status is AvatarStatus.COMPLETED:
            change(found, status=AvatarStatus.READY, training_progress=0)
        if proposed is AvatarTrainingType.PORTRAIT:
            change(found, training_type=proposed, avatar_type=AvatarType.CHARACTER)
            self._reconsider_photos(turn)
        elif self.described(turn):
            change(found, training_type=proposed)
            self._reconsider_photos(turn)
        else:
            change(found, training_type=proposed, avatar_type=None)

    def set_kind(self, turn: Turn) -> None:
        """A person, a style, or something else."""
        change(self._focused(turn), avatar_type=AvatarType(turn.argument))

    def set_gender(self, turn: Turn, gender: str | None = None) -> None:
        """Whom it shows; of a style or a thing nobody is asked."""
        change(self._focused(turn), gender=AvatarGender(gender or turn.argument))

    def set_name(self, turn: Turn) -> None:
        """Name it; with its first name an avatar counts as created."""
        found = self._focused(turn)
        first = not found.name
        change(found, name=self.name_of(turn))
        self.remember_named(turn, found)
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
            Consent.create(user=turn.user_id, version=queries.CONSENT_VERSION, given_at=turn.now)

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
        run = queries.latest_run(self._focused(turn).id)
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
            "lost": run.error_type == RESULT_GONE,
        }
        turn.notify(f"training_{turn.trigger}", f"{turn.argument}:{turn.trigger}", **parameters)

    # what is kept

    def order_export(self, turn: Turn) -> None:
        """Have everything of the person put together; an earlier order is made void."""
        drop_exports(turn.user_id, turn.now)
        order = Export.create(
            user=turn.user_id, conversation=turn.conversation_id, ordered_at=turn.now
        )
        export_id = str(order.id)
        database.after_commit(lambda: self._jobs.wake("export", export_id))

    def notice_export(self, turn: Turn) -> None:
        """Hand the files over, each in a notice of its own."""
        export = Export.get_or_none(Export.id == turn.argument, Export.user == turn.user_id)
        if export is None:
            return
        for part in range(1, export.parts + 1):
            file = {"key": f"{export.user_id.hex}/{export.id.hex}/{part}"}
            turn.notify(
                "export_ready", f"export:{export.id}:{part}", **file, part=part, parts=export.parts
            )

        for model in made(turn.user_id):
            if model.key:
                self._notice_model(turn, export, model)

    def _notice_model(self, turn: Turn, export: Export, model: Made) -> None:
        """Hand over a trained model, or say where it can be had."""
        site, token = self._settings.public_url, token_of(export, model.run)
        turn.notify(
            "export_model",
            f"export:{export.id}:{model.run}",
            key=model.key,
            file=model.file,
            name=model.avatar,
            size=model.size,
            number=model.run.hex[:12],
            link=site + PATH.format(token=token) if site else "",
        )

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
        self._erasure.person(turn)
        user_id = str(turn.user_id)
        database.after_commit(lambda: self._jobs.wake("erase", user_id))
        turn.memory.clear()
        turn.cache.clear()
        turn.name = turn.username = ""
