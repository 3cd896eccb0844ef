"""All that a screen may know, frozen before it is drawn. `facts_loader` fills it from the database.

Statuses and kinds are the specification's words (`portrait`, `draft`, `pending` …), so that a
screen needs neither models nor queries. Durations are seconds, prices US dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.base.settings.product.operator import Operator
from core.base.texts import LANGUAGES

NOBODY = Operator()
"""The operator who answers, where none is configured."""


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """One photo: its number within the avatar is what the person calls it by.

    `key` is the object that shows it. `advice` are the codes of what could be better; `mistakable`
    says that the person may overrule its refusal. `megapixels` are those of the picture that was
    sent, 0 where they are not known, `most_megapixels` what its format may have. `sent_as` is the
    name of its file, "" where it had none.
    """

    id: str
    number: int
    status: str
    reason: str
    key: str | None
    advice: tuple[str, ...] = ()
    mistakable: bool = False
    megapixels: int = 0
    most_megapixels: int = 50
    sent_as: str = ""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The avatar's latest training run; `left` is what remains by the type's usual time.

    `cost_usd` is what it has cost, None where that is not known (yet).

    `late` says that it was given up, and may be made all the same, `unfetched` that it is finished,
    and what it made could not be had so far.
    `lingers` says why one that was stopped is not over yet ("stopping", "unsettled", "unfetched"),
    `lost` that one was made whose result could not be had.
    """

    status: str
    progress: int
    position: int | None
    error_class: str
    cost_usd: float | None
    left: float | None
    late: bool = False
    lingers: str = ""
    lost: bool = False
    unfetched: bool = False


@dataclass(frozen=True, slots=True)
class AvatarFacts:
    """The avatar in focus; `refused` are the refusals that the person has not put aside.

    `sent` is how many photos there are, whatever has become of them. `accepted` are the valid ones
    of the series that the screen tells of, `valid_photos` all of them. `earlier` are the numbers of
    the refusals that were told before that series. `alike` are the numbers of those that look
    alike, where that should be said, `useless` those of the valid ones that a training learns next
    to nothing from; `frontal` says that hardly one of them shows the face from the side, where that
    should be said.
    `people` are the numbers of photos whose faces belong together, the largest group first; None
    where that is unknown; `comparing` says that it is to be found out.
    `delayed` says that what a pending photo needs has been out of reach for a while,
    `model_at_fal` that its model can't be copied and stays with the trainer. `face` is the key of
    what shows it on its card, "" where nothing does.
    """

    id: str
    name: str
    gender: str | None
    avatar_type: str | None
    training_type: str
    status: str
    progress: int
    valid: int
    pending: int
    refused: tuple[PhotoFacts, ...]
    photos_digest: str
    run: RunFacts | None
    sent: int = 0
    accepted: tuple[PhotoFacts, ...] = ()
    valid_photos: tuple[PhotoFacts, ...] = ()
    alike: tuple[int, ...] = ()
    delayed: bool = False
    comparing: bool = False
    people: tuple[tuple[int, ...], ...] | None = ()
    model_at_fal: bool = False
    earlier: tuple[int, ...] = ()
    useless: tuple[int, ...] = ()
    frontal: bool = False
    face: str = ""


@dataclass(frozen=True, slots=True)
class AvatarLine:
    """An avatar as a list shows it; `face` is the key of what shows it, "" where nothing does."""

    id: str
    name: str
    status: str
    progress: int
    training_type: str
    valid: int
    face: str = ""


@dataclass(frozen=True, slots=True)
class PackFacts:
    """A style that pictures can be made in, in the person's language.

    `drawn` says whether there is an example of it.
    """

    slug: str
    title: str
    description: str
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """One picture: its number within the avatar is what the person calls it by."""

    id: str
    number: int
    key: str
    size: int
    favourite: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class PictureRunFacts:
    """An order of pictures: how far it is, and what came of it.

    Of `count` pictures `made` are here, `blocked` were held back by a safety check. `left` is what
    remains by the usual time, None where it is overdue. `sample` says that it was simulated.
    """

    id: str
    status: str
    progress: int
    position: int | None
    error_type: str
    error_class: str
    count: int
    made: int
    blocked: int
    pack: str
    wish: str
    left: float | None
    sample: bool


@dataclass(frozen=True, slots=True)
class StudioFacts:
    """What the screens of pictures show beside the avatar.

    `chosen` is the style to be confirmed or last used, `wish` what was typed instead. `obstacle`
    says what would stop `count` pictures now ("blocked", "closed", "not_invited", "painting",
    "daily_limit", "budget", "gone"), `left_today` how many the person may still have. `pictures`
    are those of the order or of the page, `picture` the one that is looked at, `taken_out` the
    one that was just removed. `price_usd`: 0 is nothing, None is not known.
    """

    count: int
    shape: str
    packs: tuple[PackFacts, ...]
    price_usd: float | None
    obstacle: str | None
    left_today: int
    wish_length: int
    chosen: PackFacts | None = None
    wish: str = ""
    run: PictureRunFacts | None = None
    pictures: tuple[PictureFacts, ...] = ()
    picture: PictureFacts | None = None
    taken_out: PictureFacts | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What `config.toml` allows; 0 days are for ever.

    `price_usd` is what is shown of the price: 0 is nothing, None is not known.
    `photos_taken` is how many photos a training of each type takes at most.
    """

    avatars: int
    min_photos: int
    max_photos: int
    name_length: int
    held_hours: int
    min_side: int
    max_megabytes: float
    price_usd: Mapping[str, float | None]
    minutes: Mapping[str, tuple[int, int]]
    drafts_days: int = 0
    trained_photos_days: int = 0
    support_days: int = 0
    upload_hours: int = 24
    output_days: int = 4
    max_pending: int = 100
    photos_taken: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of a person is kept: photos and their bytes, trainings."""

    photos: int = 0
    megabytes: float = 0.0
    trainings: int = 0


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A person's chats: `others` are those that this one is linked with, each by channel and name.

    `code` is the one that another chat can type, "" where there is none. The question of `id` is
    whether to link this chat with `chat`, which has so many `avatars`; `agreed` says that this
    side does, `both` that the other one does too.
    """

    others: tuple[str, ...] = ()
    code: str = ""
    id: str = ""
    chat: str = ""
    avatars: int = 0
    agreed: bool = False
    both: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What one screen may know.

    `said` are hints as (code, parameters); `asked` is the open question. `resumable` is the
    unfinished avatar that menus offer to continue, `training` the one that they lead to while it
    is trained, `finished` the one that pictures are offered of.
    Of the `held` photos `held_files` may be something else. `obstacle` says what would
    stop a training now ("blocked", "busy", "stopping", "unsettled", "unfetched", "closed",
    "not_invited", "daily_limit", "budget"), `busy_with` which avatar does where that is it.
    `photos` is the page of the photo gallery, `avatars` that of the avatars; `page` counts from 1.
    """

    language: str
    person_name: str
    how_to_send: str
    limits: Limits
    avatars_count: int
    said: tuple[tuple[str, Mapping[str, object]], ...] = ()
    asked: str | None = None
    avatar: AvatarFacts | None = None
    resumable: AvatarLine | None = None
    proposed_type: str | None = None
    obstacle: str | None = None
    busy_with: AvatarLine | None = None
    held: int = 0
    consented: bool = False
    consent_version: str = ""
    page: int = 1
    pages: int = 1
    avatars: tuple[AvatarLine, ...] = ()
    photos: tuple[PhotoFacts, ...] = ()
    removed_photo: PhotoFacts | None = None
    kept: Kept = Kept()
    training: AvatarLine | None = None
    held_files: int = 0
    finished: AvatarLine | None = None
    previews_coming: bool = False
    studio: StudioFacts | None = None
    operator: Operator = NOBODY
    languages: tuple[str, ...] = LANGUAGES
    greeting: str = ""
    link: LinkFacts = LinkFacts()
