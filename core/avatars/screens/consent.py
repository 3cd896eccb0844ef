"""The consent: the whole of what is agreed to, before the first photo."""

from __future__ import annotations

from core.avatars.facts import Facts, Limits
from core.avatars.screens import buttons, hints, words
from core.conversation.messages import Button, Screen
from core.texts import Translator


def _at_fal(limits: Limits, t: Translator) -> str:
    """What stays with the training service, and how long."""
    expires = t.n(
        "What stays at fal.ai: the photos sent there expire after {n} hour.",
        "What stays at fal.ai: the photos sent there expire after {n} hours.",
        limits.upload_hours,
    )
    copied = t.n(
        "What was trained is deleted there once we have our own copy, and when you delete the "
        "avatar; what could not be deleted expires after {n} day.",
        "What was trained is deleted there once we have our own copy, and when you delete the "
        "avatar; what could not be deleted expires after {n} days.",
        limits.output_days,
    )
    stays = t(
        "Some kinds of training make a model that works at fal.ai alone. It stays there until you "
        "delete the avatar, and is then removed there by our team; the avatar’s page says so."
    )
    return f"{expires} {copied} {stays}"


def consent(facts: Facts, t: Translator) -> Screen:
    """The whole of what is agreed to; its version travels with the answer."""
    agree = Button(t("✅ I agree, and I am 18 or older"), "agree", facts.consent_version)
    return Screen(
        title=t("🔒 Your consent"),
        text=words.paragraphs(
            t("Photos of a face are sensitive, so please read this before you send the first one."),
            t(
                "What is kept: the photos you send, the names you give, and the avatar made from "
                "them. Place, date and camera are removed from the photos."
            ),
            t("What for: to train your avatar, and for nothing else."),
            t(
                "Where: in our private storage. For the training alone, the photos are passed to "
                "the training service fal.ai."
            ),
            _at_fal(facts.limits, t),
            t("How long: until you delete the avatar, or everything."),
            t(
                "You can change your mind at any time: “🔒 My data” or /privacy stops trainings "
                "and deletes the photos."
            ),
            t(
                "By agreeing you confirm that you are 18 or older, and that the photos show you, "
                "or an adult who allows it."
            ),
            t("Version {version}", version=facts.consent_version),
            hints.obstacle(facts, t),
        ),
        buttons=buttons.rows(
            agree,
            Button(t("I don’t agree"), "decline"),
            (buttons.tips(t), buttons.privacy(t)),
            buttons.back(t),
        ),
    )
