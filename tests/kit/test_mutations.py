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
    broken.WithCaptionsAsTexts: "photo/caption-answers photo/caption-is-no-mistake",
    broken.WithEditsAsTexts: "edit/corrects",
    broken.WithoutEdits: "edit/corrects edit/of-a-text",
    broken.WithoutStickers: "service/unusable-is-answered",
    broken.AnsweringServiceMessages: "service/is-silent",
    broken.CuttingTexts: "text/long",
    broken.InAscii: "text/emoji text/right-to-left typed/by-translation",
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
    broken.WithoutPictures: "pictures/one pictures/more-than-it-holds notice/album",
    broken.WithoutFiles: "file/handed-over",
    broken.LosingNotices: "notice/beside-the-screen notice/its-button-works notice/all-in-order "
    "file/too-large-is-declined-aloud file/gone-is-told-all-the-same",
    broken.RepeatingNotices: "notice/told-once limit/notice-waits-too",
    broken.PostingAlways: "screen/settles-as-one kill/screen-comes-at-most-twice",
    broken.PretendingToSend: "cut/waits-and-arrives limit/waits-and-arrives",
    broken.WithLimitsAsDoubt: "limit/notice-waits-too",
    broken.WaitingForEverybody: "limit/of-one-is-nobody-elses",
    broken.Renumbering: "typed/notice-goes-on-counting",
    broken.CuttingLists: "typed/every-line-works",
    broken.PressingByNumber: "typed/number-never-confirms typed/number-of-an-older-list",
    broken.FetchingEverything: "fetch/no-more-than-asked",
    broken.FetchingFromAnywhere: "fetch/no-inner-address",
    broken.FetchingInTransactions: "fetch/a-stall-stops-nobody",
    broken.FetchingWithoutEnd: "fetch/ends-by-itself",
    broken.HopingForBytes: "fetch/gone-is-told",
    broken.FetchingTheLast: "album/two-at-once album/of-two-people",
    broken.Deaf: "press/works press/again-and-again press/twice-counts-once press/pays-once "
    "press/stale-does-nothing press/dearer-is-not-confirmed deliver/press-twice-counts-once",
    broken.Trusting: "press/forged-does-nothing press/stale-does-nothing",
    broken.Mute: "text/answered screen/changes-by-itself kill/between-show-and-record",
    broken.RefusingLongTexts: "text/longer-than-a-message",
    broken.LatestOnly: "text/in-order deliver/many-people flood/loses-nothing",
    broken.WithoutShortWords: "typed/by-label typed/by-number",
    broken.WithFilesAsPhotos: "file/arrives",
    broken.NeverForgiving: "block/speaks-and-is-answered block/comes-back-and-sees",
    broken.KnowingForEver: "erase/comes-as-somebody-new",
    broken.ClearingTheInbox: "kill/between-commit-and-apply kill/in-the-middle-of-a-turn "
    "kill/press-counts-once kill/press-in-the-middle-pays-once kill/typed-number-after-it "
    "kill/twice-in-a-row album/in-the-middle-of-a-turn album/across-a-kill",
    broken.ClearingTheOutbox: "kill/between-apply-and-show",
    broken.ShowingAnew: "kill/recorded-is-not-repeated",
    broken.TellingAnew: "kill/notice-is-not-repeated",
    broken.MuteAfterTheFirst: "kill/after-record restart/says-what-was-not-said",
    broken.DyingOfPoison: "poison/later-texts-pass poison/is-admitted poison/photos-beside-it",
    broken.DyingOfHalves: "text/surrogates",
    broken.DyingOfSilence: "cut/loses-nothing-said",
    broken.DyingOfBlocked: "block/stops-nobody-else",
    broken.FetchingWithNoise: "fetch/twice-is-the-same photo/arrives",
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
def test_every_rule_was_seen_failing() -> None:
    seen = {name for names in MUTATIONS.values() for name in names.split()}
    assert seen == set(RULES)
