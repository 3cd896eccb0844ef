"""Photos: how many there are, what became of each, and the gallery of them."""

from __future__ import annotations

from core.avatars import rules
from core.avatars.facts import AvatarFacts, Facts, PhotoFacts
from core.avatars.screens import buttons, hints, sets, verdicts, words
from core.base.texts import Translator
from core.conversation.messages import Button, Picture, Screen

_REMOVALS_IN_ROW = 3
_OVERRULINGS, _OVERRULINGS_IN_ROW = 8, 2
"""The next ones come up once some are answered."""


def uploading_photos(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """The counters, and what to do next."""
    return Screen(
        title=t("📸 Uploading photos"),
        progress=words.share(avatar, facts.limits),
        text=words.paragraphs(
            which(facts, avatar, t),
            words.counter(avatar, facts.limits, t),
            verdicts.advice(avatar.accepted, t),
            words.looking_at(avatar, t),
            _next_step(facts, avatar, t),
            _order(facts, avatar, t),
            hints.obstacle(facts, t),
        ),
        pictures=_contact_sheet(facts, avatar),
        buttons=_ways_on(facts, avatar, t),
    )


def which(facts: Facts, avatar: AvatarFacts, t: Translator) -> str:
    """The avatar this is about, for people with several; the order says it by itself."""
    if facts.avatars_count <= 1 or rules.launchable(facts):
        return ""
    return t("Avatar: “{name}”", name=avatar.name)


def _order(facts: Facts, avatar: AvatarFacts, t: Translator) -> str:
    """The one confirmation, where nothing is in its way; or that this is being found out."""
    if rules.launchable(facts):
        return sets.order(avatar, facts.limits, t)
    return sets.company(avatar, t) if avatar.comparing else ""


def _contact_sheet(facts: Facts, avatar: AvatarFacts) -> tuple[Picture, ...]:
    return verdicts.contact_sheet(avatar) if rules.launchable(facts) else ()


def _told_of(facts: Facts, avatar: AvatarFacts, t: Translator) -> tuple[Picture, ...]:
    """Those that something is said of, and below them what is ordered."""
    told = verdicts.sheet(avatar, facts.limits, t)
    known = {picture.label for picture in told}
    others = (p for p in _contact_sheet(facts, avatar) if p.label not in known)
    return (*told, *others)[: verdicts.MOST_ON_SHEET]


def _start(facts: Facts, avatar: AvatarFacts, t: Translator) -> Button | None:
    """The launch, or else the way to what is to be read before; it waits for compared faces."""
    if avatar.comparing:
        return None
    if rules.launchable(facts):
        return sets.launch(facts, avatar, t("🚀 Start training"))
    return buttons.done(facts, t)


def _ways_on(facts: Facts, avatar: AvatarFacts, t: Translator) -> buttons.Rows:
    """To the training, to more photos or to those that came, and back."""
    return buttons.rows(
        _start(facts, avatar, t),
        buttons.add_photos(facts, t),
        buttons.gallery(avatar, t),
        buttons.tips(t),
        buttons.back(t),
    )


def _next_step(facts: Facts, avatar: AvatarFacts, t: Translator) -> str:
    if avatar.pending or avatar.comparing or rules.blocked(facts):
        return ""
    if rules.settled(facts):
        if sets.remaining(avatar) < facts.limits.min_photos:
            return sets.useless(avatar, facts.limits, t)
        if not rules.room(facts).places:
            return t("That’s enough: you can start the training.")
        return t("That’s enough: you can start the training, or add more photos.")
    said = any(code == "how_to_send" for code, _ in facts.said)
    return words.lines(
        "" if avatar.valid else _wanted(avatar, t),
        "" if said else hints.sentence("how_to_send", {}, "uploading_photos", facts, t),
    )


def _wanted(avatar: AvatarFacts, t: Translator) -> str:
    if avatar.avatar_type in ("style", "custom"):
        return t("Different photos of the same thing or style are best.")
    return t("Different photos of one person with a clearly visible face are best.")


def photo_validation_error(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What was accepted, and for each refused photo why and what to do; a sheet shows them all."""
    overrulable = _overrulings(facts, avatar, t)
    return Screen(
        title=t("🔍 Photos checked"),
        progress=words.share(avatar, facts.limits),
        text=words.paragraphs(
            which(facts, avatar, t),
            verdicts.summary(avatar, t),
            words.lines(
                verdicts.refusals(verdicts.new(avatar), facts.limits, t),
                verdicts.advice(avatar.accepted, t),
            ),
            verdicts.earlier(avatar, facts.limits, t),
            verdicts.overruling(avatar, t) if overrulable else "",
            words.counter(avatar, facts.limits, t),
            words.looking_at(avatar, t),
            _order(facts, avatar, t),
            hints.obstacle(facts, t),
        ),
        pictures=_told_of(facts, avatar, t),
        buttons=buttons.rows(
            _start(facts, avatar, t),
            buttons.add_photos(facts, t),
            *buttons.in_rows(overrulable, _OVERRULINGS_IN_ROW),
            buttons.gallery(avatar, t),
            buttons.tips(t),
            buttons.back(t),
        ),
    )


def _overrulings(facts: Facts, avatar: AvatarFacts, t: Translator) -> tuple[Button, ...]:
    """One for each refusal that may be our mistake, as far as they are few and there is room."""
    full = not rules.room(facts).places
    if not rules.can_collect(facts) or full or rules.blocked(facts):
        return ()
    return tuple(
        Button(t("👌 Photo {number} is fine", number=photo.number), "keep_anyway", photo.id)
        for photo in [photo for photo in avatar.refused if photo.mistakable][:_OVERRULINGS]
    )


def insufficient_photos(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """How many are lacking; photos that have come since may have made it enough."""
    lacking = facts.limits.min_photos - avatar.valid
    blocked = rules.blocked(facts)
    more = t.n("Please send {n} more photo.", "Please send {n} more photos.", max(1, lacking))
    return Screen(
        title=t("📸 A few more photos needed") if lacking > 0 else t("📸 Enough photos"),
        progress=words.share(avatar, facts.limits),
        text=words.paragraphs(
            which(facts, avatar, t),
            words.counter(avatar, facts.limits, t),
            words.looking_at(avatar, t),
            more if lacking > 0 and not blocked else _next_step(facts, avatar, t),
            _order(facts, avatar, t),
            hints.obstacle(facts, t) if blocked else "",
        ),
        pictures=_contact_sheet(facts, avatar),
        buttons=_ways_on(facts, avatar, t),
    )


def viewing_photo_gallery(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """A page of photos; in words stands what the pictures can't tell."""
    pictures = (_picture(photo) for photo in facts.photos)
    untold = tuple(p for p in facts.photos if p.status != "valid" or not p.key)
    return Screen(
        title=t("🖼️ Photos of “{name}”", name=words.named(avatar.name, t)),
        text=words.paragraphs(
            words.counter(avatar, facts.limits, t) if facts.photos else t("No photos here yet."),
            verdicts.briefly(untold, facts.limits, t),
            words.page_of(facts.page, facts.pages, t),
        ),
        pictures=tuple(picture for picture in pictures if picture),
        buttons=buttons.rows(
            buttons.turning(facts.page, facts.pages),
            *buttons.in_rows(_removals(facts, t), _REMOVALS_IN_ROW),
            _restoration(facts, t),
            buttons.add_photos(facts, t),
            buttons.done(facts, t),
            buttons.back(t),
        ),
    )


def _picture(photo: PhotoFacts) -> Picture | None:
    """A stored photo with its verdict; a pending one has a key before it has an object."""
    if not photo.key or photo.status == "pending":
        return None
    return verdicts.picture(photo)


def _removals(facts: Facts, t: Translator) -> tuple[Button, ...]:
    if not rules.can_collect(facts):
        return ()
    judged = (photo for photo in facts.photos if photo.status != "pending")
    return tuple(
        Button(
            f"🗑 {photo.number}",
            "remove_photo",
            photo.id,
            words=t("photo {number}", number=photo.number),
        )
        for photo in judged
    )


def _restoration(facts: Facts, t: Translator) -> Button | None:
    photo = facts.removed_photo
    if photo is None or not rules.can_collect(facts) or not rules.room(facts).places:
        return None
    return Button(t("↩️ Put back {number}", number=photo.number), "restore_photo", photo.id)


def confirming_photos(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What should be read of the photos before they are paid for, and the order."""
    enough = rules.settled(facts)
    return Screen(
        title=t("🖼️ Are these photos right?"),
        text=words.paragraphs(
            words.counter(avatar, facts.limits, t),
            sets.company(avatar, t),
            words.lines(sets.whole(avatar, facts.limits, t), sets.apart(avatar, t)),
            words.looking_at(avatar, t),
            _last_look(avatar, t) if enough else "",
            sets.order(avatar, facts.limits, t) if enough else "",
            sets.paid_twice(avatar, t),
            hints.obstacle(facts, t),
        ),
        pictures=verdicts.contact_sheet(avatar),
        buttons=buttons.rows(
            sets.launch(facts, avatar, t("🚀 Launch the training")),
            buttons.in_the_way(facts, t),
            buttons.add_photos(facts, t),
            buttons.gallery(avatar, t),
            buttons.back(t),
        ),
    )


def _last_look(avatar: AvatarFacts, t: Translator) -> str:
    if avatar.avatar_type in ("style", "custom"):
        return t("The avatar will be what all of them show: take out what doesn’t belong.")
    return t(
        "Is the same person in all of them, with a clear face? Take out blurred photos and "
        "strangers."
    )
