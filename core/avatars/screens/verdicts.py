"""What became of photos: each refusal, and each piece of advice, in words to act on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from core.avatars.facts import AvatarFacts, Limits, PhotoFacts
from core.avatars.screens import words
from core.avatars.screens.pictures import examples
from core.base.texts import Translator, mark
from core.conversation.messages import Picture

DUPLICATE = "duplicate"
OTHER = ""
"""What is said of a refusal whose code is unknown."""
MOST_ON_SHEET = 50
"""Pictures on one sheet; the new ones come first, refused before those that could be better."""

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "empty": (mark("nothing arrived"), mark("send it again")),
        "too_big": (
            mark("larger than {size} MB"),
            mark("send it as an ordinary photo, or make it smaller"),
        ),
        "not_a_picture": (mark("not a picture"), mark("send a photo in JPEG or PNG")),
        "wrong_format": (
            mark("a format I can’t open"),
            mark("save it as JPEG or PNG, or send a screenshot of it"),
        ),
        "broken": (mark("damaged on its way"), mark("send it again")),
        "too_many_pixels": (
            mark("{megapixels} megapixels, the limit is {limit}"),
            mark("send a smaller copy"),
        ),
        "too_complex": (
            mark("saved in an unusual way"),
            mark("save it as JPEG again, or send it as a photo instead of a file"),
        ),
        "too_laborious": (
            mark("takes too long to open in this format"),
            mark("send it as a photo instead of a file, or save it as JPEG"),
        ),
        "animated": (mark("an animation"), mark("send an ordinary photo")),
        "too_small": (
            mark("smaller than {side}×{side} pixels"),
            mark("send the original file"),
        ),
        "no_face": (
            mark("no face visible"),
            mark("send one where the face is clearly visible"),
        ),
        "too_blurred": (
            mark("too blurred"),
            mark("hold still and take it once more, in more light"),
        ),
        "too_dark": (mark("too dark"), mark("take it by daylight or beside a lamp")),
        "too_bright": (mark("too bright"), mark("turn away from the light and take it again")),
        "indecent": (
            mark("maybe too revealing, so it wasn’t kept"),
            mark("send one with more clothes on"),
        ),
        "gone": (mark("can’t be fetched any more"), mark("send it again")),
        "no_room": (
            mark("no room left, an avatar takes {most} photos"),
            mark("remove another one in the gallery, then send it again"),
        ),
        "too_many_at_once": (
            mark("more than {waiting} photos at once"),
            mark("send it again when the others have been looked at"),
        ),
        DUPLICATE: (mark("already here"), mark("no need to send it again")),
        "repeated": (
            mark("the same picture as another one"),
            mark("other angles and places teach more"),
        ),
        OTHER: (mark("didn’t work out"), mark("try another photo")),
    }
)
"""Why a photo was refused, and what its owner can do."""

ADVICE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no_face": (
            mark("no face found"),
            mark("add photos that show the face clearly"),
        ),
        "maybe_no_face": (
            mark("not sure there is a face"),
            mark("keep it if the face is easy to see"),
        ),
        "several_faces": (
            mark("several faces"),
            mark("one person alone in the picture works better"),
        ),
        "face_small": (
            mark("the face is small"),
            mark("come closer, or crop the picture around it"),
        ),
        "face_cut": (
            mark("forehead, chin or cheek is cut off"),
            mark("leave some room around the head"),
        ),
        "blurred": (mark("a little blurred"), mark("hold still, in more light")),
        "dark": (mark("rather dark"), mark("face a window or a lamp")),
        "bright": (mark("very bright"), mark("turn away from the strong light")),
        "looks_alike": (
            mark("similar to another one"),
            mark("other angles and places teach more"),
        ),
    }
)
"""What could be better about an accepted photo, and how; an unknown code is left out."""


def summary(avatar: AvatarFacts, t: Translator) -> str:
    """How many photos of the series were accepted, and which."""
    refused = new(avatar)
    accepted = len(avatar.accepted)
    total = accepted + len(refused)
    if not avatar.accepted:
        return _none_accepted(refused, t)
    which = words.numbers(photo.number for photo in avatar.accepted)
    return t(
        "✅ Accepted: {count} of {total} (no. {which})", count=accepted, total=total, which=which
    )


def new(avatar: AvatarFacts) -> tuple[PhotoFacts, ...]:
    """The refused photos of the series that the screen tells of."""
    return tuple(photo for photo in avatar.refused if photo.number not in avatar.earlier)


def earlier(avatar: AvatarFacts, limits: Limits, t: Translator) -> str:
    """The refusals that were told before and still wait to be mended or put aside."""
    before = refusals(_open_before(avatar), limits, t)
    return words.lines(t("Still to fix:"), before) if before else ""


def _open_before(avatar: AvatarFacts) -> tuple[PhotoFacts, ...]:
    """Those of before that something can be done about: a repeated one needs nothing."""
    before = (photo for photo in avatar.refused if photo.number in avatar.earlier)
    return tuple(photo for photo in before if _why(photo)[0] not in _NO_MISTAKE)


def _none_accepted(refused: Sequence[PhotoFacts], t: Translator) -> str:
    """Nothing where all of them are here already: that is said below."""
    if all(photo.status == DUPLICATE for photo in refused):
        return ""
    if len(refused) == 1:
        return t("This photo doesn’t work yet. Here’s how to fix that:")
    return t("None of the {count} photos works yet. Here’s how to fix that:", count=len(refused))


_NO_MISTAKE = (DUPLICATE, "repeated")
_Why = tuple[str, int, int]
"""The code of a reason, megapixels and at most how many, where those matter."""


def refusals(refused: Iterable[PhotoFacts], limits: Limits, t: Translator) -> str:
    """Each refused photo by its number, equal reasons together, with what to do."""
    return words.lines(
        *(
            t(
                "{sign} {photos}: {reason} – {remedy}",
                sign=_sign(why),
                photos=_together(found, t),
                reason=_reason(why, limits, t),
                remedy=t(REASONS[why[0]][1]),
            )
            for why, found in _grouped(refused).items()
        )
    )


def advice(photos: Iterable[PhotoFacts], t: Translator) -> str:
    """What could be better about accepted photos, equal advice together."""
    groups: dict[str, list[int]] = {code: [] for code in ADVICE}
    for photo in photos:
        for code in photo.advice:
            groups.get(code, []).append(photo.number)
    return words.lines(
        *(
            t(
                "{sign} {photos}: {reason} – {remedy}",
                sign="💡",
                photos=_together(found, t),
                reason=t(ADVICE[code][0]),
                remedy=t(ADVICE[code][1]),
            )
            for code, found in groups.items()
            if found
        )
    )


def overruling(avatar: AvatarFacts, t: Translator) -> str:
    """That a refusal may be wrong, where one may be."""
    if not any(photo.mistakable for photo in avatar.refused):
        return ""
    return t("Did I get one wrong? Choose it below and I’ll use it.")


def sheet(avatar: AvatarFacts, limits: Limits, t: Translator) -> tuple[Picture, ...]:
    """The photos that something is said of, each with that: the accepted ones are words alone."""
    better = (photo for photo in avatar.accepted if photo.advice)
    chosen = (*new(avatar), *better, *_open_before(avatar))
    return tuple(picture(p, _in_short(p, limits, t)) for p in chosen[:MOST_ON_SHEET])


def picture(photo: PhotoFacts, note: str = "") -> Picture:
    """A photo with its number and its sign."""
    label, key = f"{photo.number} {_sign_of(photo)}", photo.key or examples.NO_PICTURE
    return Picture(key, label, sent_as=photo.sent_as, note=note)


def _sign_of(photo: PhotoFacts) -> str:
    """What has become of a photo, at a glance."""
    if photo.status == "valid":
        return "💡" if any(code in ADVICE for code in photo.advice) else "✅"
    return "🔎" if photo.status == "pending" else _sign(_why(photo))


def _in_short(photo: PhotoFacts, limits: Limits, t: Translator) -> str:
    """Why it was refused, or the first that could be better; without what to do."""
    if photo.status != "valid":
        return _reason(_why(photo), limits, t)
    return next((t(ADVICE[code][0]) for code in photo.advice if code in ADVICE), "")


def contact_sheet(avatar: AvatarFacts) -> tuple[Picture, ...]:
    """The valid photos as they are before a training."""
    return tuple(map(picture, avatar.valid_photos[:MOST_ON_SHEET]))


def briefly(photos: Iterable[PhotoFacts], limits: Limits, t: Translator) -> str:
    """Photos that can't be shown: what became of each, without advice."""
    photos = tuple(photos)
    pending = [photo.number for photo in photos if photo.status == "pending"]
    kept = [photo.number for photo in photos if photo.status == "valid"]
    refused = (photo for photo in photos if photo.status not in ("pending", "valid"))
    return words.lines(
        f"✅ {_together(kept, t)}" if kept else "",
        t("🔎 {photos}: being looked at", photos=_together(pending, t)) if pending else "",
        *(
            f"{_sign(why)} {_together(found, t)}: {_reason(why, limits, t)}"
            for why, found in _grouped(refused).items()
        ),
    )


def _grouped(refused: Iterable[PhotoFacts]) -> dict[_Why, list[int]]:
    """The numbers of refused photos by reason, in the order of their first."""
    groups: dict[_Why, list[int]] = {}
    for photo in sorted(refused, key=lambda photo: photo.number):
        groups.setdefault(_why(photo), []).append(photo.number)
    return groups


def _why(photo: PhotoFacts) -> _Why:
    code = photo.reason
    if photo.status == DUPLICATE and code != "repeated":
        code = DUPLICATE
    if code == "too_many_pixels":
        return code, photo.megapixels, photo.most_megapixels
    return (code if code in REASONS else OTHER), 0, 0


def _together(found: Iterable[int], t: Translator) -> str:
    """Photos by their numbers: `Photos 3, 7`."""
    found = tuple(found)
    return t.n("Photo {numbers}", "Photos {numbers}", len(found), numbers=words.numbers(found))


def _reason(why: _Why, limits: Limits, t: Translator) -> str:
    code, megapixels, most_megapixels = why
    return t(
        REASONS[code][0],
        side=limits.min_side,
        size=words.decimal(limits.max_megabytes, t),
        megapixels=megapixels or t("too many"),
        limit=most_megapixels,
        most=limits.max_photos,
        waiting=limits.max_pending,
    )


def _sign(why: _Why) -> str:
    """A photo that is here already is no mistake of anybody's."""
    return "♻️" if why[0] in _NO_MISTAKE else "❌"
