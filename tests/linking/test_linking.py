"""Two chats become one person's, by a code that both sides confirm, and two people's again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from core.avatars import queries, restrictions, support
from core.avatars.linking.codes import Link, tidy
from core.avatars.models import Admission, Avatar, AvatarPhoto, Consent, TrainingRun
from core.avatars.person import read as read_person
from core.avatars.privacy import erasure_worker
from core.avatars.privacy.retained import Export
from core.avatars.support import SupportMessage
from core.conversation.models import Conversation, User
from core.services.erasure_ledger import Erased, read
from tests.linking.people import ask, astray, code_of, link, trained, unlink, user_of
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.walks import agree, begin_portrait, launch, pictures, portrait, upload

DONE = "👥 Done: everything you have is now in both chats."


@pytest.fixture
def anna(house: SteppedHouse) -> SteppedPerson:
    return SteppedPerson(house, "en")


@pytest.fixture
def anya(house: SteppedHouse) -> SteppedPerson:
    return SteppedPerson(house, "en")


def names_of(person: SteppedPerson) -> list[str]:
    query = Avatar.select(Avatar.name).where(Avatar.user == user_of(person), Avatar.name != "")
    return sorted(query.scalars())


def test_both_chats_see_every_avatar_and_the_training_that_runs(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    trained(anna, "First")
    portrait(anya, "Second")
    upload(anya, pictures(10))
    launch(anya)
    link(anna, anya)

    for person in (anna, anya):
        person.say("/menu")
    assert user_of(anna) == user_of(anya)
    assert names_of(anna) == ["First", "Second"]
    assert astray() == []
    for person in (anna, anya):
        person.press_first("⏳")
        person.see("🤖 Training the avatar")
    for person in (anna, anya):
        person.see("“{name}” is trained.", name="Second")
        person.say("/menu")
        person.press_first("📁")
        for name in ("First", "Second"):
            assert any(name in label for label in person.sight.labels), person.sight


def test_objects_stay_where_they_are_and_erasure_finds_them_all(
    house: SteppedHouse, anna: SteppedPerson, anya: SteppedPerson
) -> None:
    for person, name in ((anna, "First"), (anya, "Second")):
        trained(person, name)
    before = sorted(house.app.store.keys(""))
    link(anna, anya)
    assert sorted(house.app.store.keys("")) == before
    upload_more(anya, "Third")
    anna.say("/privacy")
    anna.press("🔥 Delete everything")
    anna.press("Yes, delete everything")
    for person in (anna, anya):
        person.see("Everything is deleted. If you ever want to come back, you are welcome.")
    until(anna, lambda: not list(house.app.store.keys("")))
    until(anna, lambda: not User.select().where(User.erasing_at.is_null(False)).exists())
    assert Avatar.select().count() == Consent.select().count() == Link.select().count() == 0
    assert {one.user_id for one in recorded(house)} == set(User.select(User.id).scalars())
    assert erasure_worker.forget_shells(9e9) == 1
    assert User.select().count() == Conversation.select().count() == 0


def test_what_counts_in_a_day_adds_up(anna: SteppedPerson, anya: SteppedPerson) -> None:
    for person in (anna, anya):
        TrainingRun.create(
            user=user_of(person), conversation=person.chat.id, training_type="portrait",
            status="completed", created_at=2.0,
        )  # fmt: skip
        SupportMessage.create(user=user_of(person), conversation=person.chat.id, text="?", at=2.0)
    restrictions.grant(user_of(anya), 2.0, "olga")
    link(anna, anya)
    known = read_person(user_of(anna), 1.0)
    assert (known.started, known.granted, known.chats) == (2, 1, 2)
    assert support.written_since(user_of(anna), 1.0) == 2
    unlink(anya)
    for person, granted in ((anna, 0), (anya, 1)):
        known = read_person(user_of(person), 1.0)
        assert (known.started, known.granted, known.chats) == (1, granted, 1)
        assert support.written_since(user_of(person), 1.0) == 1


def test_photos_put_aside_are_fetched_where_they_came_from(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    trained(anna, "First")
    anna.send_photos(pictures(2, start=30))
    link(anna, anya)
    begin_portrait(anya, "Second")
    if anya.offers("✅ I agree, and I am 18 or older"):
        agree(anya)
    anya.see("Uploaded: {count}/{wanted} photos", count=2, wanted=10)
    through = AvatarPhoto.select(AvatarPhoto.conversation).where(AvatarPhoto.number <= 2)
    mine = through.join(Avatar).where(Avatar.name == "Second")
    assert {photo.conversation_id for photo in mine} == {anna.chat.id}
    anna.say("/unlink")
    unlink(anna)
    assert names_of(anya) == ["Second"]
    assert astray() == []


def test_a_copy_of_everything_holds_what_both_brought(
    house: SteppedHouse, anna: SteppedPerson, anya: SteppedPerson
) -> None:
    for person, name in ((anna, "First"), (anya, "Second")):
        trained(person, name)
    anna.say("/privacy")
    anna.press("📦 Download everything")
    Export.update(next_check_at=4e9).execute()  # the worker is slow
    link(anna, anya)
    until(anna, lambda: bool(archives(anna)))
    names = archives(anna)[-1]
    assert {name.split("/")[1] for name in names if name.startswith("photos/")} == {
        "First", "Second",
    }  # fmt: skip


def test_the_strictest_consent_holds_and_comes_back(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    trained(anna, "First")
    link(anya, anna)
    assert not queries.consented(user_of(anna))
    anna.say("/menu")
    unlink(anna)
    assert queries.consented(user_of(anna))
    assert not queries.consented(user_of(anya))
    assert user_of(anna) != user_of(anya)


def test_what_was_withdrawn_stays_so(anna: SteppedPerson, anya: SteppedPerson) -> None:
    trained(anna, "First")
    link(anya, anna)
    anya.say("/privacy")
    Consent.update(withdrawn_at=1.0).where(Consent.user == user_of(anya)).execute()
    unlink(anna)
    assert not queries.consented(user_of(anna))


def test_each_side_has_what_it_made_after_they_part(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    trained(anna, "First")
    trained(anya, "Second")
    link(anna, anya)
    begin_portrait(anna, "Third")
    begin_more(anya, "Fourth")
    unlink(anna)
    assert names_of(anna) == ["First", "Third"]
    assert names_of(anya) == ["Fourth", "Second"]
    assert astray() == []
    assert User.select().where(User.joined_id.is_null(False)).count() == 0
    link(anya, anna)
    assert names_of(anna) == ["First", "Fourth", "Second", "Third"]


def test_a_training_that_runs_goes_with_its_avatar(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    link(anna, anya)
    portrait(anna, "First")
    upload(anna, pictures(10))
    launch(anna)
    unlink(anya)
    assert names_of(anya) == []
    anna.wait_for(lambda _: Avatar.get().status == "completed", "the training to end")
    assert astray() == []


def test_they_are_not_linked_while_both_train(anna: SteppedPerson, anya: SteppedPerson) -> None:
    for person in (anna, anya):
        portrait(person)
        upload(person, pictures(10))
    ask(anna, anya)
    anya.press("✅ Yes, link it")
    for person in (anna, anya):  # both start one while they are asked
        person.say("/menu")
        person.press_first("▶️")
        launch(person)
    anna.say("/link")
    anna.press("✅ Yes, link it")
    anna.see("A training is running in both chats. Link them when one of the two has finished.")
    assert user_of(anna) != user_of(anya)
    anna.say("/menu")
    code = code_of(anna)
    anya.say(f"/link {code}")
    anya.see("A training is running in both chats. Link them when one of the two has finished.")


def test_a_block_holds_for_both_and_stays(anna: SteppedPerson, anya: SteppedPerson) -> None:
    restrictions.block(user_of(anna), 1.0, "olga")
    link(anya, anna)
    assert restrictions.blocked(user_of(anya))
    unlink(anna)
    assert restrictions.blocked(user_of(anna))
    assert restrictions.blocked(user_of(anya))


def test_an_invitation_returns_with_whoever_brought_it(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    Admission.create(user=user_of(anna), invite="spring", at=1.0)
    link(anya, anna)
    assert Admission.get().user_id == user_of(anya)
    unlink(anya)
    assert Admission.get().user_id == user_of(anna)


def test_a_third_chat_joins_and_the_one_that_kept_them_leaves(
    house: SteppedHouse, anna: SteppedPerson, anya: SteppedPerson
) -> None:
    ann = SteppedPerson(house, "en")
    for person, name in ((anna, "First"), (anya, "Second"), (ann, "Third")):
        begin_portrait(person, name)
        agree(person)
        person.say("/menu")
    link(anna, anya)
    link(ann, anya)
    assert names_of(anna) == names_of(ann) == ["First", "Second", "Third"]
    unlink(ann)
    assert names_of(ann) == ["Third"]
    assert names_of(anna) == names_of(anya) == ["First", "Second"]
    unlink(anna)
    assert names_of(anna) == ["First"]
    assert names_of(anya) == ["Second"]
    assert Conversation.select().where(Conversation.home_id.is_null(False)).count() == 0


def test_codes_that_link_nothing_are_answered(
    house: SteppedHouse, anna: SteppedPerson, anya: SteppedPerson
) -> None:
    code = code_of(anna)
    assert tidy(code) not in str(list(Link.select().dicts()))
    anna.say(f"/link {code}")
    anna.see("This is the code of this chat. Type it in your other chat.")
    house.clock.forward(601)
    anya.say(f"/link {code}")
    anya.see("This code has expired. Ask for a new one in the other chat with /link.")
    link(anna, anya)
    anna.say("/menu")
    anya.say(f"/link {code_of(anna)}")
    anya.see("This chat and the other one are linked already.")
    used = code_of(anna)
    SteppedPerson(house, "en").say(f"/link {used}")
    ann = SteppedPerson(house, "en")
    ann.say(f"/link {used.lower()}")
    ann.see("This code has been used already. Ask for a new one in the other chat with /link.")
    for _ in range(5):
        ann.say("/link 23456-789AB")
        ann.see(
            "I don’t know this code. Check it, or ask for a new one in the other chat with /link."
        )
    ann.say(f"/link {used}")
    ann.see("Too many wrong codes. Please try again in ten minutes.")


def test_either_side_may_say_no_or_nothing(
    house: SteppedHouse, anna: SteppedPerson, anya: SteppedPerson
) -> None:
    ask(anna, anya)
    anya.press("No, don’t link")
    anya.see("All right, the chats stay as they were.")
    anna.see("The other chat said no: both stay as they were.")
    ask(anya, anna)
    anya.press("✅ Yes, link it")
    anya.see("⏳ Now confirm it in the other chat.")
    house.clock.forward(601)
    for person in (anna, anya):
        person.see("That wasn’t confirmed in time. To try again, use /link.")
    assert user_of(anna) != user_of(anya)


def test_the_code_may_be_typed_alone_where_a_code_is_shown(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    code = code_of(anna)
    anya.say("/link")
    anya.say(code.replace("-", " ").lower())
    for person in (anna, anya):
        person.press("✅ Yes, link it")
    for person in (anna, anya):
        person.see(DONE)


def test_what_is_done_in_one_chat_is_drawn_in_the_other(
    anna: SteppedPerson, anya: SteppedPerson
) -> None:
    link(anna, anya)
    begin_portrait(anna, "Only one")
    for person in (anna, anya):
        person.say("/menu")
    anya.press_first("📁")
    assert any("Only one" in label for label in anya.sight.labels)
    begin_more(anna, "One more")
    anya.wait_for(lambda sight: any("One more" in label for label in sight.labels), "both")


def begin_more(person: SteppedPerson, name: str) -> None:
    """Begin another portrait beside one that isn't finished."""
    person.press("🆕 Create avatar")
    person.press("🆕 Start a new one anyway")
    person.press("🎭 Portrait (recommended)")
    person.press("Female")
    person.say(name)


def upload_more(person: SteppedPerson, name: str) -> None:
    begin_portrait(person, name)
    if person.offers("✅ I agree, and I am 18 or older"):
        agree(person)
    upload(person, pictures(3))


def until(person: SteppedPerson, holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        person.pause()
    raise AssertionError("it never came true")


def recorded(house: SteppedHouse) -> list[Erased]:
    return list(read(house.app.data))


def archives(person: SteppedPerson) -> list[list[str]]:
    files = [data for data in person.received if data[:2] == b"PK"]
    return [zipfile.ZipFile(io.BytesIO(data)).namelist() for data in files]
