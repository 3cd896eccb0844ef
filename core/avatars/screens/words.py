"""Phrases that several screens share: names, counters, durations, what an avatar is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from math import ceil
from types import MappingProxyType

from babel.numbers import format_currency, format_decimal

from core.avatars import rules
from core.avatars.facts import AvatarFacts, AvatarLine, Limits
from core.base.settings.product.operator import Operator
from core.base.texts import Translator, mark

"""An avatar in one of these waits for its photos or its training."""

_DELAYED = mark(
    "This is taking longer than usual, and that’s our fault. No photo is lost: they will be "
    "added as soon as they are checked."
)
_STATUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "draft": ("📝", mark("a draft, no photos yet")),
        "uploading": ("📸", mark("waiting for photos, {counter}")),
        "ready": ("🟢", mark("ready to train")),
        "training": ("⏳", mark("in training, {percent}%")),
        "completed": ("✅", mark("done")),
        "error": ("⚠️", mark("the training failed")),
        "cancelled": ("⏹", mark("the training was stopped")),
    }
)
_TYPES: Mapping[str, str] = MappingProxyType(
    {"portrait": mark("🎭 portrait"), "style": mark("🎨 artistic")}
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {"character": mark("character"), "style": mark("style"), "custom": mark("something else")}
)
_GENDERS: Mapping[str, str] = MappingProxyType(
    {"male": mark("male"), "female": mark("female"), "other": mark("other")}
)


def lines(*parts: str) -> str:
    """The parts that there are, one under the other."""
    return "\n".join(part for part in parts if part)


def paragraphs(*parts: str) -> str:
    """The parts that there are, an empty line between them."""
    return "\n\n".join(part for part in parts if part)


def named(name: str, t: Translator) -> str:
    """An avatar's name, or what stands for one."""
    return name or t("Nameless")


def mark_of(avatar: AvatarFacts | AvatarLine) -> str:
    """The sign of an avatar's status."""
    return _STATUSES[avatar.status][0]


def status(avatar: AvatarFacts | AvatarLine, limits: Limits, t: Translator) -> str:
    """An avatar's status in words."""
    text = _STATUSES[avatar.status][1]
    return t(text, counter=f"{avatar.valid}/{limits.min_photos}", percent=avatar.progress)


def responsible(operator: Operator, t: Translator) -> str:
    """Who answers for a person's data; nothing where nobody is named."""
    if not operator.name:
        return ""
    where = operator.privacy or operator.contact
    if where:
        return t("Responsible for your data: {name}, {where}", name=operator.name, where=where)
    return t("Responsible for your data: {name}", name=operator.name)


def run_by(operator: Operator, t: Translator) -> str:
    """Who runs the bot and how to reach them; nothing where that isn't said."""
    return lines(
        t("👤 This bot is run by {name}", name=operator.name) if operator.name else "",
        t("✉️ Contact: {contact}", contact=operator.contact) if operator.contact else "",
    )


def training_type(name: str, t: Translator) -> str:
    """A training type in a word."""
    return t(_TYPES[name])


def kind(avatar_type: str, t: Translator) -> str:
    """What an avatar is, in a word."""
    return t(_KINDS[avatar_type])


def gender(name: str, t: Translator) -> str:
    """The person an avatar shows, in a word."""
    return t(_GENDERS[name])


def minutes(name: str, limits: Limits, t: Translator) -> str:
    """How long a training of this type usually takes."""
    low, high = limits.minutes[name]
    if low == high:
        return t.n("{n} minute", "{n} minutes", high)
    return t.n("{low}–{n} minute", "{low}–{n} minutes", high, low=low)


def decimal(number: float, t: Translator) -> str:
    """A number with one decimal at most, as it is written here; never nothing."""
    return format_decimal(max(number, 0.1), "0.#", locale=t.language)


def price(name: str, limits: Limits, t: Translator) -> str:
    """What a training of this type costs; nothing where it is free."""
    dollars = limits.price_usd.get(name, 0.0)
    if dollars is None:
        return t("💰 Price: not known yet")
    return t("💰 Price: {price}", price=money(dollars, t)) if dollars > 0 else ""


def money(dollars: float, t: Translator) -> str:
    """An amount as it is written here: “$6.00”."""
    return str(format_currency(dollars, "USD", locale=t.language))


def remaining(left: float | None, t: Translator) -> str:
    """How long a training will still take, in words; nothing where that is unknown."""
    if left is None:
        return ""
    if left < 60:
        return t("⏱️ Less than a minute left") if left > 0 else t("⏱️ Almost done")
    if left < 90 * 60:
        return t.n("⏱️ About {n} minute left", "⏱️ About {n} minutes left", ceil(left / 60))
    return t.n("⏱️ About {n} hour left", "⏱️ About {n} hours left", round(left / 3600))


def counter(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """How many photos there are and how many are required; once they suffice, what still fits."""
    wanted = limits.min_photos
    if avatar.valid < wanted:
        have = t("Uploaded: {count}/{wanted} photos", count=avatar.valid, wanted=wanted)
        if not avatar.valid:
            return lines(have, t("Minimum: {wanted}", wanted=wanted))
        lacking = t.n(
            "Minimum: {wanted} – {n} more needed",
            "Minimum: {wanted} – {n} more needed",
            wanted - avatar.valid,
            wanted=wanted,
        )
        return lines(have, lacking)
    have = t.n(
        "Uploaded: {n} photo\nMinimum: {wanted}",
        "Uploaded: {n} photos\nMinimum: {wanted}",
        avatar.valid,
        wanted=wanted,
    )
    return lines(have, _still_fits(rules.room_of(avatar, limits).places, t))


def share(avatar: AvatarFacts, limits: Limits) -> int | None:
    """Percent of the photos that are required; None before the first, and once they suffice."""
    return 100 * avatar.valid // limits.min_photos if 0 < avatar.valid < limits.min_photos else None


def _still_fits(places: int, t: Translator) -> str:
    if places <= 0:
        return t("No more will fit")
    return t.n("{n} more will fit", "{n} more will fit", places)


def looking_at(avatar: AvatarFacts, t: Translator) -> str:
    """That photos still wait for their verdict; nothing where none do."""
    if not avatar.pending:
        return ""
    looking = t.n("🔎 Looking at {n} photo…", "🔎 Looking at {n} photos…", avatar.pending)
    return lines(looking, t(_DELAYED) if avatar.delayed else "")


def numbers(found: Iterable[int]) -> str:
    """Numbers as a person writes them: `1–3, 7`."""
    ordered = sorted(set(found))
    runs = groupby(enumerate(ordered), lambda pair: pair[1] - pair[0])
    return ", ".join(_run([number for _, number in run]) for _, run in runs)


def _run(found: Sequence[int]) -> str:
    if len(found) < 3:
        return ", ".join(map(str, found))
    return f"{found[0]}–{found[-1]}"


def page_of(page: int, pages: int, t: Translator) -> str:
    """Where one is in a list; nothing where all of it is here."""
    return t("Page {page} of {pages}", page=page, pages=pages) if pages > 1 else ""
