"""The effects that the table names: what a turn changes, in its one transaction.

What must happen outside it (files deleted, the worker woken) waits for the commit, or is a row
that the sweep works off. Those about photos are in `collecting`, those about edits in `edits`.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from core.avatars import access, queries, rules
from core.avatars.dialogue.collecting import reconsider_photos
from core.avatars.dialogue.edits import remember_named
from core.avatars.dialogue.guards import name_of, name_problem, why_closed
from core.avatars.dialogue.known import Tools, facts, focused, forget, in_focus, known, named_in
from core.avatars.flow import SIDE
from core.avatars.linking.moving import brought_by, home_of
from core.avatars.models import (
    Avatar,
    AvatarGender,
    AvatarStatus,
    AvatarTrainingType,
    AvatarType,
    Consent,
    TrainingRun,
    change,
    rename_to,
)
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.person import Owned
from core.avatars.privacy.erasure import Erasure, drop_exports
from core.avatars.privacy.models_made import PATH, Made, made, token_of
from core.avatars.privacy.retained import Export
from core.avatars.training.outcome import taken_back
from core.base.db import database
from core.conversation.turn import Turn

log = structlog.get_logger()

# the conversation


def say(_tools: Tools, turn: Turn, code: str) -> None:
    """Let the next screen say something."""
    turn.say(code)


def ask(_tools: Tools, turn: Turn, question: str) -> None:
    """Open a question."""
    turn.ask(question)


def alert(_tools: Tools, turn: Turn) -> None:
    """Make the person notice."""
    turn.alert()


def hint(_tools: Tools, turn: Turn) -> None:
    """Say what can be done here: something else was typed."""
    turn.say("hint")


def remember_return(_tools: Tools, turn: Turn) -> None:
    """Note where the person came from, across one side room and the next."""
    if turn.source not in SIDE:
        turn.memory["return_to"] = turn.source


def save_language(_tools: Tools, turn: Turn) -> None:
    """Speak the chosen language from now on."""
    turn.choose_language(turn.argument)


def read_link(tools: Tools, turn: Turn) -> None:
    """Admit people with a valid invitation, and say what came of an invitation."""
    code = turn.argument.strip()
    if not code:
        return
    home = home_of(turn.conversation_id)
    if said := access.welcome(tools.settings, turn.user_id, code, turn.now, home):
        turn.say(said)


def say_draft_kept(tools: Tools, turn: Turn) -> None:
    """Say that nothing is lost by leaving."""
    avatar = facts(tools, turn).avatar
    if avatar is not None and rules.is_open(avatar):
        turn.say("draft_kept", name=avatar.name)
    else:
        turn.say("nothing_to_cancel")


# what an avatar is


def focus(tools: Tools, turn: Turn) -> None:
    """Turn to the avatar that the button names."""
    named = named_in(tools, turn)
    assert named is not None, "a guard asks for the owner first"
    turn.memory["avatar"] = named.avatar.id.hex


def open_draft(tools: Tools, turn: Turn) -> None:
    """Begin an avatar; a draft without a name is begun anew, so that there is only one."""
    mine = known(tools, turn).avatars
    draft = next((owned.avatar for owned in mine if not owned.avatar.name), None)
    if draft is None:
        draft = Avatar.create(user=turn.user_id, home_id=home_of(turn.conversation_id))
        mine.append(Owned(draft, None, 0, False))
    else:
        change(draft, avatar_type=None, gender=None, training_type=AvatarTrainingType.PORTRAIT)
    turn.memory["avatar"] = draft.id.hex


def open_portrait(tools: Tools, turn: Turn) -> None:
    """Begin an avatar of photos that came first: the type that most want is proposed."""
    open_draft(tools, turn)
    change(focused(tools, turn), avatar_type=AvatarType.CHARACTER)


def propose_type(_tools: Tools, turn: Turn) -> None:
    """Note the training type that is to be confirmed."""
    turn.memory["proposed"] = AvatarTrainingType(turn.argument).value


def set_type(tools: Tools, turn: Turn) -> None:
    """Take the proposed training type; a portrait is always of a character.

    A trained avatar can be trained with the other type as well; until then it keeps what it
    has, and is trained again as soon as its own type is taken back.
    """
    found = focused(tools, turn)
    proposed = AvatarTrainingType(turn.memory.get("proposed", found.training_type))
    model = queries.model_of(found.id)
    if model is not None and proposed is model.training_type:
        change(found, **taken_back(model))
    elif found.status is AvatarStatus.COMPLETED:
        change(found, status=AvatarStatus.READY, training_progress=0)
    if proposed is AvatarTrainingType.PORTRAIT:
        change(found, training_type=proposed, avatar_type=AvatarType.CHARACTER)
        reconsider_photos(tools, turn)
    elif rules.described(facts(tools, turn)):
        change(found, training_type=proposed)
        reconsider_photos(tools, turn)
    else:
        change(found, training_type=proposed, avatar_type=None)


def set_kind(tools: Tools, turn: Turn) -> None:
    """A person, a style, or something else."""
    change(focused(tools, turn), avatar_type=AvatarType(turn.argument))


def set_gender(tools: Tools, turn: Turn, gender: str | None = None) -> None:
    """The person it shows; not asked of a style or a thing."""
    change(focused(tools, turn), gender=AvatarGender(gender or turn.argument))


def set_name(tools: Tools, turn: Turn) -> None:
    """Name it; with its first name an avatar counts as created."""
    found = focused(tools, turn)
    first = not found.name
    rename_to(found, name_of(turn))
    remember_named(turn, found)
    if first:
        avatar_id, user_id = str(found.id), str(turn.user_id)
        created = f"🎭 Создан аватар {avatar_id} пользователем {user_id}"
        database.after_commit(lambda: log.info(created))


def say_name_rule(tools: Tools, turn: Turn) -> None:
    """Say why this can't be a name."""
    turn.say("name_rule", problem=name_problem(tools, turn) or "sign")


def record_consent(tools: Tools, turn: Turn) -> None:
    """The person agrees to today's consent."""
    person = known(tools, turn)
    if not person.consented:
        person.consented = True
        Consent.insert(
            user=turn.user_id, version=queries.CONSENT_VERSION, given_at=turn.now,
            home_id=brought_by(turn.conversation_id),
        ).execute()  # fmt: skip


# training


def say_why_closed(tools: Tools, turn: Turn) -> None:
    """Say what stops a training now; the screen names the avatar that is in the way."""
    turn.say(why_closed(tools, turn) or "closed")


def open_run(tools: Tools, turn: Turn) -> None:
    """Start the training: from here on it is paid for."""
    found = focused(tools, turn)
    tools.training.start(found.id, turn.user_id, turn.conversation_id)
    forget(turn)


def cancel_run(tools: Tools, turn: Turn) -> None:
    """Stop it: the person is free at once, the trainer is told behind the scenes."""
    owned = in_focus(tools, turn)
    assert owned is not None, "a guard asks for it first"
    assert owned.run is not None, "a guard asks for it first"
    tools.training.cancel(owned.run.id)
    forget(turn)


def notice(_tools: Tools, turn: Turn) -> None:
    """Tell the person of an avatar that they are not looking at."""
    run = TrainingRun.get_or_none(TrainingRun.id == turn.argument, TrainingRun.user == turn.user_id)
    if run is None or run.avatar is None or run.conversation_id != turn.conversation_id:
        return
    parameters: Mapping[str, object] = {
        "avatar": run.avatar.id.hex,
        "name": run.avatar.name,
        "error_class": run.error_class,
        "lost": run.error_type == RESULT_GONE,
    }
    turn.notify(f"training_{turn.trigger}", f"{turn.argument}:{turn.trigger}", **parameters)


# what is kept


def order_export(tools: Tools, turn: Turn) -> None:
    """Have everything of the person put together; an earlier order is made void."""
    drop_exports(Export.user == turn.user_id).doom(turn.now)
    order = Export.create(user=turn.user_id, conversation=turn.conversation_id, ordered_at=turn.now)
    export_id = str(order.id)
    database.after_commit(lambda: tools.jobs.wake("export", export_id))


def notice_export(tools: Tools, turn: Turn) -> None:
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
            _notice_model(tools, turn, export, model)


def _notice_model(tools: Tools, turn: Turn, export: Export, model: Made) -> None:
    """Hand over a trained model, or say where it can be had."""
    site, token = tools.settings.public_url, token_of(export, model.run)
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


def delete_avatar(tools: Tools, turn: Turn) -> None:
    """Delete the avatar in focus with its photos."""
    found = focused(tools, turn)
    turn.say("deleted", name=found.name)
    Erasure(tools.stops).avatar(found, turn.now)
    turn.memory.pop("avatar", None)
    forget(turn)


def withdraw_consent(tools: Tools, turn: Turn) -> None:
    """Stop trainings and erase photos; finished avatars stay until they are deleted."""
    Erasure(tools.stops).consent(turn.user_id, turn.now)
    forget(turn)


def erase_everything(tools: Tools, turn: Turn) -> None:
    """Erase all that belongs to the person; the empty conversation goes on."""
    Erasure(tools.stops).person(turn)
    user_id = str(turn.user_id)
    database.after_commit(lambda: tools.jobs.wake("erase", user_id))
    turn.memory.clear()
    forget(turn)
    turn.name = turn.username = ""
