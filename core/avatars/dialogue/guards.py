"""The guards that the table names: questions about a turn, answered from the database.

Each takes the turn, and the argument where the table gives one. None changes anything.
"""

from __future__ import annotations

from core.avatars import naming, queries, restrictions
from core.avatars.facts import stoppable
from core.avatars.flow import ENDED, MENUS, SET
from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    AvatarType,
    PhotoValidationStatus,
)
from core.avatars.photos.declared import Declared, declared
from core.avatars.photos.photo_set import may_be_kept
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.conversation.messages import Kind
from core.conversation.turn import Turn

_ON_THE_WAY = (
    "selecting_training_type", "confirming_training_type", "viewing_training_comparison",
    "selecting_avatar_type", "selecting_gender", "entering_name", "consent",
)  # fmt: skip
_COLLECTABLE = (*queries.UNFINISHED, AvatarStatus.ERROR, AvatarStatus.CANCELLED)


class Guards:
    """Questions; `settings` hold the limits, `training` knows what stops a training."""

    def __init__(self, settings: Settings, training: Training) -> None:
        self._settings = settings
        self._training = training

    # the conversation

    def asked(self, turn: Turn, question: str | None = None) -> bool:
        """Whether this question is open (or any)."""
        return turn.question is not None and question in (None, turn.question)

    def returns_to(self, turn: Turn, state: str) -> bool:
        """Whether this is where the person came from, or where their avatar has moved on to."""
        if "return" not in turn.cache:
            wanted, found = turn.memory.get("return_to", "main_menu"), self.focus_of(turn)
            moved_on = queries.place_of(found) if found else ""
            turn.cache["return"] = wanted if self._fits(turn, wanted) else moved_on
        return bool(turn.cache["return"] == state)

    def opened_from(self, turn: Turn, state: str) -> bool:
        """Whether the photo gallery was opened there."""
        return bool(turn.memory.get("opened_from") == state)

    def on_the_way(self, turn: Turn) -> bool:
        """Whether the person is on the way to the photos, so that they will be asked for."""
        return turn.state in _ON_THE_WAY

    # the avatar in focus

    def owned(self, turn: Turn) -> bool:
        """Whether the avatar that a button names is the person's own."""
        return self.named_in(turn) is not None

    def belongs_in(self, turn: Turn, state: str) -> bool:
        """Whether this is the place of the avatar that a button names."""
        found = self.named_in(turn)
        return found is not None and queries.place_of(found) == state

    def focused(self, turn: Turn) -> bool:
        """Whether a signal is about the avatar in focus: its latest run, or itself."""
        found = self.focus_of(turn)
        if found is None:
            return False
        run = queries.latest_run(found.id)
        return turn.argument in (str(found.id), str(run.id) if run else "")

    def unfinished(self, turn: Turn) -> bool:
        """Whether the avatar in focus is named and still waits for its photos or its training."""
        found = self.focus_of(turn)
        return found is not None and bool(found.name) and found.status in queries.UNFINISHED

    def untrained(self, turn: Turn) -> bool:
        """Whether its training type may be changed, because a training with it may follow."""
        found = self.focus_of(turn)
        if found is None or found.status is AvatarStatus.TRAINING:
            return False
        if found.status is not AvatarStatus.COMPLETED:
            return True
        return self.consented(turn) and not self.too_few(turn)

    def trained(self, turn: Turn) -> bool:
        """Whether it is finished: a training that was being stopped may have won the race."""
        found = self.focus_of(turn)
        return found is not None and found.status is AvatarStatus.COMPLETED

    def described(self, turn: Turn) -> bool:
        """Whether the avatar in focus has a kind, a gender and a name."""
        found = self.focus_of(turn)
        return found is not None and queries.has_kind(found) and bool(found.name)

    def is_character(self, turn: Turn) -> bool:
        """Whether the avatar in focus is a person."""
        found = self.focus_of(turn)
        return found is not None and found.avatar_type is AvatarType.CHARACTER

    def style_chosen(self, turn: Turn) -> bool:
        """Whether the avatar in focus was asked for its kind."""
        found = self.focus_of(turn)
        return found is not None and found.training_type == "style"

    def proposed(self, turn: Turn, training_type: str) -> bool:
        """Whether this training type is about to be confirmed."""
        return bool(turn.memory.get("proposed") == training_type)

    def chooses(self, turn: Turn, kind: str) -> bool:
        """Whether the pressed button means this."""
        return turn.argument == kind

    def avatars_full(self, turn: Turn) -> bool:
        """Whether the person has as many avatars as they may."""
        count = int(queries.named_avatars(turn.user_id).count())
        return count >= self._settings.avatars.maximum

    def draft_open(self, turn: Turn) -> bool:
        """Whether an avatar waits to be continued."""
        return queries.unfinished_avatar(turn.user_id) is not None

    def name_ok(self, turn: Turn) -> bool:
        """Whether what was typed can be a name."""
        return self.name_problem(turn) is None

    # photos

    def blocked(self, turn: Turn) -> bool:
        """Whether the person is not served."""
        return restrictions.blocked(turn.user_id)

    def consented(self, turn: Turn) -> bool:
        """Whether the person agrees to today's consent."""
        return queries.consented(turn.user_id)

    def collecting(self, turn: Turn) -> bool:
        """Whether the avatar in focus takes photos now."""
        return self.unfinished(turn) and self.consented(turn)

    def can_collect(self, turn: Turn) -> bool:
        """Whether it takes photos, or would after a failed or cancelled training."""
        found = self.focus_of(turn)
        named = found is not None and bool(found.name) and found.status in _COLLECTABLE
        return named and self.consented(turn)

    def no_picture(self, turn: Turn) -> bool:
        """Whether what was sent is certain to be no picture."""
        return self.declared(turn) is Declared.OTHER

    def has_photos(self, turn: Turn) -> bool:
        """Whether there is anything to look at."""
        found = self.focus_of(turn)
        return found is not None and queries.photos(found.id).exists()

    def refused(self, turn: Turn) -> bool:
        """Whether a refusal waits to be read."""
        found = self.focus_of(turn)
        return found is not None and queries.refusals(found.id).exists()

    def refusal_soft(self, turn: Turn) -> bool:
        """Whether the refusal of the pressed photo may be overruled, and the photo taken in."""
        return self.collecting(turn) and self.mistaken_photo(turn) is not None

    def last_refusal(self, turn: Turn) -> bool:
        """Whether no other refusal waits to be read."""
        found = self.focus_of(turn)
        return found is not None and queries.refusals(found.id).count() == 1

    def removed(self, turn: Turn) -> bool:
        """Whether the pressed photo is the one just removed, and still there."""
        return self.removed_photo(turn) is not None

    def photos_in_work(self, turn: Turn) -> bool:
        """Whether a photo still waits for its verdict."""
        found = self.focus_of(turn)
        pending = PhotoValidationStatus.PENDING
        return found is not None and queries.photos_with(found.id, pending).exists()

    def too_few(self, turn: Turn) -> bool:
        """Whether a training would lack photos."""
        found = self.focus_of(turn)
        if found is None:
            return True
        valid = queries.photos_with(found.id, PhotoValidationStatus.VALID).count()
        return bool(valid < self._settings.training.min_photos)

    # training

    def training_closed(self, turn: Turn) -> bool:
        """Whether anything stops a training now."""
        return self.why_closed(turn) is not None

    def stoppable(self, turn: Turn) -> bool:
        """Whether there is a run that its person may stop."""
        found = self.focus_of(turn)
        run = queries.latest_run(found.id) if found else None
        return run is not None and stoppable(run.status, run.error_class)

    def run_active(self, turn: Turn) -> bool:
        """Whether there is a run to be stopped."""
        found = self.focus_of(turn)
        run = queries.latest_run(found.id) if found else None
        return run is not None and run.status in HOLDING

    # what guards and effects both ask

    def focus_of(self, turn: Turn) -> Avatar | None:
        """The avatar in focus; a deleted one is none."""
        if "focus" not in turn.cache:
            turn.cache["focus"] = queries.avatar(turn.user_id, turn.memory.get("avatar"))
        found: Avatar | None = turn.cache["focus"]
        return found

    def named_in(self, turn: Turn) -> Avatar | None:
        """The person's avatar that a button names."""
        if "named" not in turn.cache:
            turn.cache["named"] = queries.avatar(turn.user_id, turn.argument)
        found: Avatar | None = turn.cache["named"]
        return found

    def removed_photo(self, turn: Turn) -> AvatarPhoto | None:
        """The photo just removed, where the press is about it."""
        found = self.focus_of(turn)
        if found is None or turn.memory.get("removed") != turn.argument:
            return None
        removed = AvatarPhoto.removed_at.is_null(False)
        return AvatarPhoto.get_or_none(
            AvatarPhoto.id == turn.argument, AvatarPhoto.avatar == found.id, removed
        )

    def mistaken_photo(self, turn: Turn) -> AvatarPhoto | None:
        """The pressed photo, where it was refused and may be kept all the same."""
        found = self.focus_of(turn)
        if found is None:
            return None
        photo = queries.refusals(found.id).where(AvatarPhoto.id == turn.argument).first()
        return photo if photo is not None and may_be_kept(photo) else None

    def declared(self, turn: Turn) -> Declared:
        """What the file that was sent says of itself."""
        return declared(turn.event.file or {}, turn.event.kind is Kind.PHOTO)

    def name_of(self, turn: Turn) -> str:
        """The name that was typed, or the person's own where they pressed the button with it."""
        text = turn.argument if turn.pressed is None else turn.name
        return naming.tidy(text)

    def name_problem(self, turn: Turn) -> str | None:
        """Why the typed text can't be a name: "empty", "long" or "sign"."""
        return naming.problem(self.name_of(turn), self._settings.avatars.name_length)

    def why_closed(self, turn: Turn) -> str | None:
        """What stops a training of the avatar in focus now; see `Training.obstacle`."""
        found = self.focus_of(turn)
        if found is None:
            return None
        if reason := queries.unfinished(found.id):
            return reason
        return self._training.obstacle(turn.user_id, found.training_type, turn.now)

    def _fits(self, turn: Turn, state: str) -> bool:
        """Whether a state still makes sense for the avatar in focus."""
        found = self.focus_of(turn)
        if state in MENUS or found is None:
            return state in MENUS
        if state in SET:
            unread = state == "uploading_photos" and self.refused(turn)
            return self.collecting(turn) and not unread
        if state in _ON_THE_WAY:
            return found.status in queries.UNFINISHED
        return state not in ("training_in_progress", *ENDED) or queries.place_of(found) == state
