"""A training, from the last question to how it ended."""

from __future__ import annotations

from core.avatars import rules
from core.avatars.facts import AvatarFacts, Facts, RunFacts
from core.avatars.screens import buttons, hints, sets, verdicts, words
from core.avatars.screens.photos import which
from core.base.texts import Translator
from core.conversation.messages import Button, Screen


def confirming_training(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What is about to be started, for how much, and what stands in its way."""
    return Screen(
        title=t("🚀 Start the training?"),
        text=words.paragraphs(
            sets.order(avatar, facts.limits, t),
            sets.company(avatar, t),
            sets.whole(avatar, facts.limits, t),
            words.looking_at(avatar, t),
            sets.paid_twice(avatar, t),
            hints.obstacle(facts, t),
        ),
        pictures=verdicts.contact_sheet(avatar),
        buttons=buttons.rows(
            sets.launch(facts, avatar, t("🚀 Launch the training")),
            buttons.in_the_way(facts, t),
            buttons.add_photos(facts, t),
            buttons.back(t),
        ),
    )


def training_in_progress(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """How far it is, and that one needn't wait here."""
    run = avatar.run
    progress = max(0, min(100, run.progress if run else avatar.progress))
    stop = Button(t("⏹ Cancel"), "stop") if rules.stoppable(facts) else None
    return Screen(
        title=t("🤖 Training the avatar"),
        text=words.paragraphs(
            which(facts, avatar, t),
            words.lines(
                t("📊 Progress: {percent}%", percent=progress),
                t("⚡ Status: {status}", status=_standing(run, t)),
            ),
            _waiting(run, t) or _left(run, t),
            t("No need to wait here: the training carries on by itself."),
        ),
        progress=progress,
        buttons=buttons.rows(stop, (buttons.avatars(t), buttons.details(t))),
    )


def _standing(run: RunFacts | None, t: Translator) -> str:
    if _unfetched(run):
        return t("Fetching the finished model…")
    match run.status if run else "ready":
        case "ready" | "preparing" | "submitting":
            return t("Waiting…") if _held_up(run) else t("Getting your photos ready…")
        case "queued":
            place = run.position if run else None
            return t("In the queue, place {place}", place=place) if place else t("In the queue…")
        case "uncertain":
            return t("Checking…")
        case "cancelling" | "cancelled":
            return t("Stopping…")
        case "saving" | "completed":
            return t("Finishing…")
        case _:
            return t("In progress…")


def _held_up(run: RunFacts | None) -> bool:
    """Whether it waits in our own queue for something to pass."""
    early = run is not None and run.status in ("ready", "preparing")
    return early and run is not None and run.error_class != ""


def _unfetched(run: RunFacts | None) -> bool:
    """Whether it is finished, and its result could not be had so far."""
    return run is not None and run.unfetched


def _waiting(run: RunFacts | None, t: Translator) -> str:
    """What it waits for, where that is no turn in a queue; never the person's fault."""
    if run is not None and run.status == "uncertain":
        return t(
            "We are checking whether your order has arrived. There is nothing you have to do, and "
            "it will not be paid for twice."
        )
    if _unfetched(run):
        return t(
            "⏳ The training has finished, but the model can’t be fetched from the training "
            "service at the moment. We keep trying. You don’t have to wait for it: you can "
            "cancel and train another avatar, and this one will still be yours if it arrives."
        )
    if run is None or not _held_up(run):
        return ""
    if run.error_class == "operator":
        return t(
            "⏳ Something needs fixing on our side first. This is not your fault: your training "
            "waits in our queue and starts by itself."
        )
    return t(
        "⏳ The training service can’t be reached at the moment. Your training waits in our queue "
        "and starts by itself."
    )


def _left(run: RunFacts | None, t: Translator) -> str:
    if run is not None and run.status in ("saving", "completed"):
        return t("⏱️ Almost done")
    if run is not None and run.status in ("cancelling", "cancelled", "failed"):
        return ""
    if run is not None and run.status == "training":
        return words.lines(t("⏱️ Training continues…"), words.remaining(run.left, t))
    ahead = (run.position or 1) - 1 if run is not None and run.status == "queued" else 0
    if ahead:
        return t.n(
            "⏱️ {n} training is ahead of yours. It begins as soon as it is your turn.",
            "⏱️ {n} trainings are ahead of yours. It begins as soon as it is your turn.",
            ahead,
        )
    return t("⏱️ It begins as soon as it is your turn.")


def training_completed(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """The good end."""
    return Screen(
        title=t("🎉 The avatar is ready"),
        text=words.paragraphs(
            t("“{name}” is trained.", name=words.named(avatar.name, t)),
            t("The first pictures are being made and appear here by themselves.")
            if facts.previews_coming
            else t("Now make pictures of it: choose a style, or say it in your own words."),
        ),
        buttons=buttons.rows(buttons.paint(avatar.id, t), (buttons.details(t), buttons.avatars(t))),
    )


def training_error(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What went wrong, whose turn it is, and that nothing is lost."""
    error_class = avatar.run.error_class if avatar.run else ""
    lost = avatar.run is not None and avatar.run.lost
    at_fault = error_class == "person"
    return Screen(
        title=t("⚠️ The training failed"),
        text=words.paragraphs(
            which(facts, avatar, t),
            _still_asked(avatar, t) or why_failed(error_class, t, lost),
            _money(facts, avatar, t),
            hints.obstacle(facts, t),
        ),
        buttons=buttons.rows(
            _again(t),
            buttons.add_photos(facts, t),
            buttons.tips(t) if at_fault else None,
            buttons.delete(t),
            (buttons.details(t), buttons.avatars(t)),
        ),
    )


def _money(facts: Facts, avatar: AvatarFacts, t: Translator) -> str:
    """What the failed one has cost, and what another would; nothing where trainings are free."""
    price = facts.limits.price_usd.get(avatar.training_type, 0.0)
    if price == 0 or avatar.run is None:
        return ""
    cost = avatar.run.cost_usd
    if cost is None:
        charged = t("We don’t know yet whether this try was charged.")
    elif cost:
        charged = t("This try cost {price}.", price=words.money(cost, t))
    else:
        charged = t("Nothing was charged for this try.")
    again = t("Another try costs {price}.", price=words.money(price, t)) if price else ""
    return words.lines(charged, again)


def _still_asked(avatar: AvatarFacts, t: Translator) -> str:
    """That one which was given up is not lost yet."""
    if not rules.late(avatar):
        return ""
    return t(
        "It took far longer than usual, so we stopped waiting. This is not your fault, and your "
        "photos are kept. If the training finishes after all, the avatar is yours, and we’ll "
        "tell you here."
    )


def why_failed(error_class: str, t: Translator, lost: bool = False) -> str:
    """Whose turn it is: the person's ("person"), ours ("operator"), or another try's.

    `lost` is of a training that was finished, and whose result could not be had.
    """
    if lost:
        return t(
            "The training itself finished, but the model could not be fetched from the training "
            "service. This is not your fault: your photos are kept, and you can train again."
        )
    if error_class == "person":
        return t(
            "The training could not work with these photos. Add better ones, or replace those "
            "with an unclear face, and try again."
        )
    if error_class == "operator":
        return t(
            "This is not your fault: something needs fixing on our side. Your photos are kept, "
            "so please try again later."
        )
    return t("This is not your fault, and your photos are kept. Please try again.")


def training_cancelled(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """Stopped by the person; one that goes on behind the scenes says why, and what to expect."""
    kept = t("Your photos are kept: you can start again whenever you like.")
    lingers = avatar.run.lingers if avatar.run else ""
    if lingers:
        kept = words.paragraphs(t("Your photos are kept."), t(hints.OBSTACLES[lingers]))
    return Screen(
        title=t("⏹ The training was stopped"),
        text=words.paragraphs(which(facts, avatar, t), kept),
        buttons=buttons.rows(
            None if lingers in ("unsettled", "unfetched") else _again(t),
            buttons.add_photos(facts, t),
            buttons.delete(t),
            (buttons.details(t), buttons.avatars(t)),
        ),
    )


def _again(t: Translator) -> Button:
    return Button(t("🔁 Try again"), "retry")
