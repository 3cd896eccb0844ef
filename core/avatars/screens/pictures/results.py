"""Pictures under way, and what became of them; the gallery, and one picture."""

from __future__ import annotations

from core.avatars.facts import AvatarFacts, Facts, PictureFacts, PictureRunFacts, StudioFacts
from core.avatars.screens import buttons, words
from core.avatars.screens.pictures import remarks
from core.base.texts import Translator
from core.conversation.messages import Button, Picture, Screen


def pictures_in_progress(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """How far they are; one needn't wait here."""
    run = facts.studio.run if facts.studio else None
    progress = max(0, min(100, run.progress if run else 0))
    return Screen(
        title=t("🎨 Making your pictures"),
        text=words.paragraphs(
            t("Avatar: “{name}”", name=words.named(avatar.name, t)),
            _standing(run, t),
            t("No need to wait here: they’ll appear by themselves."),
        ),
        progress=progress,
        buttons=buttons.rows(_stop(run, t), (buttons.avatars(t), buttons.main_menu(t))),
    )


def _stop(run: PictureRunFacts | None, t: Translator) -> Button | None:
    stoppable = run is not None and run.status not in ("saving", "completed", "failed", "cancelled")
    return Button(t("⏹ Cancel"), "stop") if stoppable else None


def _standing(run: PictureRunFacts | None, t: Translator) -> str:
    match run.status if run else "ready":
        case "queued":
            place = run.position if run else None
            return t("In the queue, place {place}", place=place) if place else t("In the queue…")
        case "uncertain":
            return t(
                "We are checking whether your order has arrived. There is nothing you have to do, "
                "and it will not be paid for twice."
            )
        case "saving" | "completed":
            return t("⏱️ Almost done")
        case "training":
            return _left(run, t)
        case _ if run is not None and run.error_class:
            return t(
                "⏳ The service that makes pictures can’t take them at the moment. Yours wait in "
                "our queue and begin by themselves."
            )
        case _:
            return t("Getting everything ready…")


def _left(run: PictureRunFacts | None, t: Translator) -> str:
    left = run.left if run else None
    if left is None:
        return t("⏱️ It takes a little longer than usual.")
    return t.n("⏱️ About {n} second left", "⏱️ About {n} seconds left", max(1, round(left)))


def pictures_ready(facts: Facts, _avatar: AvatarFacts, t: Translator) -> Screen:
    """What came, and what one can do with it; the pictures themselves stand above."""
    studio = _studio(facts)
    run, shown = studio.run, studio.pictures
    return Screen(
        title=t("✨ Your pictures are ready"),
        text=words.paragraphs(
            t("Choose a number to see that picture alone, and for more like it."),
            _fewer(run, t),
            remarks.obstacle(facts, t),
        ),
        buttons=buttons.rows(
            *buttons.in_rows(tuple(Button(f"🖼 {p.number}", "show", p.id) for p in shown), 2),
            (_again(t), buttons.another_style(t)),
            (Button(t("📄 As files"), "files"), buttons.pictures(t)),
            buttons.back(t),
        ),
    )


def _fewer(run: PictureRunFacts | None, t: Translator) -> str:
    """Why there are fewer than were ordered; what is missing doesn't count."""
    missing = run.count - run.made if run else 0
    if run is None or missing <= 0:
        return ""
    if run.blocked:
        return t.n(
            "The safety check held {n} picture back. It doesn’t count towards your daily limit.",
            "The safety check held {n} pictures back. They don’t count towards your daily limit.",
            run.blocked,
        )
    return t.n(
        "{n} picture didn’t come out. It doesn’t count towards your daily limit.",
        "{n} pictures didn’t come out. They don’t count towards your daily limit.",
        missing,
    )


def pictures_error(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """Why nothing came, and that it doesn't count."""
    run = facts.studio.run if facts.studio else None
    why = remarks.why_none(run.error_type, run.error_class, run.blocked, t) if run else ""
    return Screen(
        title=t("⚠️ No pictures this time"),
        text=words.paragraphs(
            t("Avatar: “{name}”", name=words.named(avatar.name, t)),
            why,
            remarks.obstacle(facts, t),
        ),
        buttons=buttons.rows(
            _again(t),
            (buttons.another_style(t), buttons.wish(t)),
            buttons.back(t),
        ),
    )


def picture_gallery(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """A page of pictures, a numbered button each; one that was just deleted can be put back."""
    studio = _studio(facts)
    back = studio.taken_out
    return Screen(
        title=t("🖼 Pictures of “{name}”", name=words.named(avatar.name, t)),
        text=words.paragraphs(
            t.n("{n} picture", "{n} pictures", studio.total)
            if studio.total
            else t("No pictures yet. Choose a style, and the first ones will be here soon."),
            words.page_of(facts.page, facts.pages, t),
        ),
        pictures=tuple(Picture(p.key, _label(p), file_name(p.number)) for p in studio.pictures),
        buttons=buttons.rows(
            Button(t("↩️ Put picture {number} back", number=back.number), "put_back", back.id)
            if back
            else None,
            *buttons.in_rows(
                tuple(Button(f"🖼 {_label(p)}", "show", p.id) for p in studio.pictures), 3
            ),
            buttons.turning(facts.page, facts.pages),
            buttons.paint(avatar.id, t),
            buttons.back(t),
        ),
    )


def viewing_picture(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """One picture, large."""
    picture = facts.studio.picture if facts.studio else None
    if picture is None or picture.removed:
        return Screen(
            title=t("🖼 Pictures of “{name}”", name=words.named(avatar.name, t)),
            text=t("That picture doesn’t exist any more."),
            buttons=buttons.rows(buttons.back(t)),
        )
    favourite = t("✓ Favourite") if picture.favourite else t("⭐ Favourite")
    return Screen(
        title=t("🖼 Picture {number}", number=_label(picture)),
        text=words.paragraphs(made_with_ai(t), remarks.obstacle(facts, t)),
        pictures=(Picture(picture.key, name=file_name(picture.number)),),
        buttons=buttons.rows(
            Button(t("🎲 More like this one"), "more"),
            (Button(favourite, "favourite"), Button(t("📄 As a file"), "file")),
            (Button(t("🗑 Delete"), "remove_picture"), buttons.back(t)),
        ),
    )


def made_with_ai(t: Translator) -> str:
    """Said once beside pictures, as the mark in their files does."""
    return t("Made with AI.")


def file_name(number: int) -> str:
    """What a picture is called as a file."""
    return f"picture-{number}.jpg"


def _label(picture: PictureFacts) -> str:
    return f"{picture.number} ⭐" if picture.favourite else str(picture.number)


def _again(t: Translator) -> Button:
    return Button(t("🔁 Again"), "again")


def _studio(facts: Facts) -> StudioFacts:
    assert facts.studio is not None, "these screens are drawn with it"
    return facts.studio
