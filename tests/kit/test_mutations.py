"""Each family of rules is seen failing, on a channel that breaks it on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from core.conversation.testing.kit import RULES, check
from core.conversation.testing.kit.report import WRONG
from likeness_pigeon.kit import PigeonChat
from likeness_pigeon.kit import TestPigeon as Pigeon
from tests.kit import broken
from tests.patience import FACTOR

MUTATIONS: dict[type[Any], str] = {
    broken.WithNewKeys: "deliver/twice-counts-once deliver/photo-twice-counts-once "
    "deliver/late-copy-changes-nothing deliver/copy-after-a-restart",
    broken.ConfirmingEarly: "kill/between-receive-and-commit album/all-or-nothing",
    broken.ForgettingWhatWaits: "deliver/while-away album/across-a-restart album/all-or-nothing",
    broken.OneAfterAnother: "flood/slows-nobody",
    broken.StuckOnPoison: "poison/others-go-on",
    broken.NewestOnly: "deliver/out-of-order-loses-nothing",
    broken.WithoutCaptions: "photo/caption-answers album/answered-with-caption",
    broken.WithCaptionsAsTexts: "photo/caption-answers",
    broken.WithEditsAsTexts: "edit/corrects",
    broken.WithoutEdits: "edit/corrects edit/of-a-text",
    broken.WithoutStickers: "service/unusable-is-answered",
    broken.AnsweringServiceMessages: "service/is-silent",
    broken.CuttingTexts: "text/long",
    broken.InAscii: "text/emoji text/right-to-left",
    broken.WithoutArguments: "text/command",
    broken.Nameless: "name/changes",
    broken.WithPhotosAsFiles: "photo/arrives",
    broken.WithOnePhotoOfAnAlbum: "album/ten-in-any-order album/over-many-seconds",
    broken.WithoutReturn: "block/comes-back-and-sees",
    broken.WithTexts: "erase/nothing-left",
    broken.Unanswering: "press/is-answered kill/press-is-answered",
    broken.WithLabelsAsPayloads: "press/of-somebody-else press/after-a-restart",
    broken.WithMarkup: "text/markup-is-shown",
    broken.WithFirstRowAlone: "press/more-buttons-than-a-row text/long-label",
    broken.WithoutPictures: "pictures/one notice/album",
    broken.WithoutFiles: "file/handed-over",
    broken.LosingNotices: "notice/beside-the-screen notice/its-button-works",
    broken.RepeatingNotices: "notice/told-once limit/notice-waits-too",
    broken.PostingAlways: "screen/settles-as-one kill/screen-comes-at-most-twice",
    broken.PretendingToSend: "cut/waits-and-arrives limit/waits-and-arrives",
    broken.WithLimitsAsDoubt: "limit/notice-waits-too",
    broken.WaitingForEverybody: "limit/of-one-is-nobody-elses",
    broken.Renumbering: "typed/notice-goes-on-counting",
    broken.CuttingLists: "typed/every-line-works",
    broken.PressingByNumber: "typed/number-never-confirms",
    broken.FetchingEverything: "fetch/no-more-than-asked",
    broken.FetchingFromAnywhere: "fetch/no-inner-address",
    broken.FetchingInTransactions: "fetch/a-stall-stops-nobody",
    broken.FetchingWithoutEnd: "fetch/ends-by-itself",
    broken.HopingForBytes: "fetch/gone-is-told",
    broken.FetchingTheLast: "album/two-at-once album/of-two-people",
    broken.DyingWhenAsked: "restart/stops-when-asked",
    broken.DyingOfStickers: "service/unusable-is-answered",
}
"""What is broken, and the rules that say so."""
QUICK = (broken.WithNewKeys, broken.WithoutCaptions, broken.Unanswering, broken.LosingNotices)


class AtAnAddress(PigeonChat):
    """Somebody whose photos are at an address of their choice."""

    def send_photo_at(self, url: str) -> None:
        self._do("photo", file=0, url=url, message=self._loft.tick())


class Kit(Pigeon):
    patience = 6.0 * FACTOR

    def chat(self, name: str) -> PigeonChat:
        return AtAnAddress(self.loft, name)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.__name__, marks=[] if kind in QUICK else pytest.mark.soak)
        for kind in MUTATIONS
    ],
)
def test_what_is_broken_is_told_by_its_rules(kind: type[Any]) -> None:
    wanted = MUTATIONS[kind].split()
    assert set(wanted) <= set(RULES)
    rules = type("Broken", (Kit,), {"channel": kind})()
    found = {verdict.rule.name: verdict for verdict in check(rules, wanted)}
    told = {name: found[name].outcome for name in wanted}
    assert told == dict.fromkeys(wanted, WRONG)


@pytest.mark.soak
def test_the_same_channel_unbroken_keeps_these_rules() -> None:
    wanted = {name for names in MUTATIONS.values() for name in names.split()}
    rules = type("Whole", (Kit,), {"channel": "likeness_pigeon:Pigeon", "patience": 60.0})()
    wrong = [verdict for verdict in check(rules, wanted) if verdict.outcome == WRONG]
    assert not wrong, wrong


@pytest.mark.soak
def test_every_family_has_a_rule_that_was_seen_failing() -> None:
    seen = {name.partition("/")[0] for names in MUTATIONS.values() for name in names.split()}
    assert seen == {rule.family for rule in RULES.values()}
