"""Choosing what to paint: a style or a wish, how many, how they lie, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.avatars.facts import AvatarFacts, Facts, StudioFacts
from core.avatars.screens import buttons, words
from core.avatars.screens.pictures import examples, remarks
from core.base.texts import Translator, mark
from core.conversation.messages import Button, Screen

MOST = 4
SHAPES: Mapping[str, str] = MappingProxyType(
    {"portrait": mark("portrait"), "square": mark("square"), "landscape": mark("landscape")}
)


def choosing_style(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """The styles, and beside them a wish of one's own."""
    studio = _studio(facts)
    shown = examples.of_packs(studio.packs)
    return Screen(
        title=t("✨ Pictures of “{name}”", name=words.named(avatar.name, t)),
        text=words.paragraphs(
            words.lines(
                t("Choose a style, or say in your own words what you would like to see."),
                t("🎨 Examples in the order below: drawn, not photos") if shown else "",
            ),
            remarks.obstacle(facts, t),
        ),
        pictures=shown,
        buttons=buttons.rows(
            *buttons.in_rows(tuple(Button(p.title, "style", p.slug) for p in studio.packs), 2),
            buttons.wish(t),
            _choices(studio, t),
            (buttons.pictures(t), buttons.back(t)),
        ),
    )


def typing_wish(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What can be wished for, and how it is put."""
    studio = _studio(facts)
    return Screen(
        title=t("✏️ In your own words"),
        text=words.paragraphs(
            t(
                "Where is “{name}”, doing what, wearing what, in what light? Type a sentence.",
                name=words.named(avatar.name, t),
            ),
            t("For example: in a café in Paris, red coat, evening light."),
            _order(studio, t),
            remarks.obstacle(facts, t),
        ),
        buttons=buttons.rows(buttons.back(t)),
    )


def confirming_pictures(facts: Facts, avatar: AvatarFacts, t: Translator) -> Screen:
    """What is about to be ordered, and for how much."""
    studio = _studio(facts)
    pack = studio.chosen
    style = f"{pack.title}: {pack.description}" if pack else ""
    wish = t("Your words: “{wish}”", wish=studio.wish) if studio.wish else ""
    shown = examples.of_packs([pack] if pack else [])
    return Screen(
        title=t("✨ Make these pictures?"),
        text=words.paragraphs(
            words.lines(
                t("Avatar: “{name}”", name=words.named(avatar.name, t)),
                style,
                t("🎨 Example: drawn, not a photo") if shown else "",
                wish,
                _order(studio, t),
                _price(studio, t),
            ),
            remarks.obstacle(facts, t),
        ),
        pictures=shown,
        buttons=buttons.rows(
            _confirm(studio, avatar, t),
            _choices(studio, t),
            (buttons.another_style(t), buttons.back(t)),
        ),
    )


def _confirm(studio: StudioFacts, avatar: AvatarFacts, t: Translator) -> Button:
    what = studio.chosen.slug if studio.chosen else str(len(studio.wish))
    agreed = f"{avatar.id}:{what}:{studio.count}:{studio.shape}:{studio.price_usd}"
    return Button(t("✨ Make them"), "order", confirms=agreed)


def _order(studio: StudioFacts, t: Translator) -> str:
    count = t.n("{n} picture", "{n} pictures", studio.count)
    return f"{count}, {t(SHAPES[studio.shape])}"


def _price(studio: StudioFacts, t: Translator) -> str:
    if studio.price_usd is None:
        return t("💰 Price: not known yet")
    return (
        t("💰 Price: {price}", price=words.money(studio.price_usd, t)) if studio.price_usd else ""
    )


def _choices(studio: StudioFacts, t: Translator) -> tuple[Button, ...]:
    """How many and how they lie; each press takes the next, and after the last the first."""
    shapes = tuple(SHAPES)
    shape = shapes[(shapes.index(studio.shape) + 1) % len(shapes)]
    return (
        Button(t("🔢 How many: {n}", n=studio.count), "set_count", str(studio.count % MOST + 1)),
        Button(t("📐 Shape: {shape}", shape=t(SHAPES[studio.shape])), "set_shape", shape),
    )


def _studio(facts: Facts) -> StudioFacts:
    assert facts.studio is not None, "these screens are drawn with it"
    return facts.studio
