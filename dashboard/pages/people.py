"""Who somebody is: found by whatever is known, with all that happened to them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.base.texts import NAMES
from core.operation.metrics import people, training
from core.operation.metrics.scope import DAY, own_id, text_id
from dashboard import codes
from dashboard.cards import acting, lists, support, timeline
from dashboard.cards.heading import title
from dashboard.cards.run import opened
from dashboard.formats import ago
from dashboard.tables import Column, table
from dashboard.view import View

PICTURES = 24


def draw(view: View) -> None:
    """The page."""
    if opened(view):
        return
    user_id = own_id(st.query_params.get("user", ""))
    if user_id:
        _person(view, user_id)
    else:
        support.waiting(view)
        _search(view)


def _search(view: View) -> None:
    t = view.t
    text = st.text_input(
        t("Search"),
        st.query_params.get("q", ""),
        max_chars=128,
        placeholder=t("A name, @name, Telegram id or any id"),
    )
    if text:
        st.query_params["q"] = text
    elif "q" in st.query_params:
        del st.query_params["q"]
    found = view.ask(people.search, text)
    chosen = table(view, "people", _columns(view), found, choose=True, most=50,
                   empty=t("Nobody was found.") if text else t("Nobody has come yet."),
                   place=lambda person: view.place("people", user=person.user_id))  # fmt: skip
    if chosen is not None:
        st.query_params["user"] = found[chosen].user_id
        st.rerun()


def _columns(view: View) -> list[Column]:
    t = view.t
    return [
        Column("name", t("Name")), Column("username", t("Username")),
        Column("channel", t("Channel"), words=codes.CHANNEL), Column("chat", t("Chat")),
        Column("state", t("State"), words=codes.STATE),
        Column("language", t("Language"), words=NAMES),
        Column("avatars", t("Avatars"), "number", t("Those with a name, of the person.")),
        Column("runs", t("Trainings"), "number", t("All of the person, of any mode and outcome.")),
        Column("created_at", t("Since"), "time"), Column("active_at", t("Last active"), "time"),
        Column("unreachable", t("Blocked the bot"), "yes"), Column("blocked", t("Blocked"), "yes"),
        Column("user_id", t("Person")),
    ]  # fmt: skip


def _person(view: View, user_id: str) -> None:
    t = view.t
    if st.button(t("Everybody"), icon=":material/arrow_back:"):
        for name in ("user", "avatar"):
            st.query_params.pop(name, None)
        st.rerun()
    conversations = view.ask(people.person, user_id)
    if not conversations:
        st.caption(t("There is no such person any more."))
        return
    _title(view, conversations)
    table(view, "conversations", _columns(view), conversations,
          place=lambda person: view.place("people", user=person.user_id))  # fmt: skip
    _actions(view, user_id)
    support.letters(view, user_id)
    timeline.draw(view, user_id)
    _avatars(view, user_id)
    st.subheader(t("Trainings"), anchor=False)
    lists.listed(view, "trainings", view.ask(training.of_user, user_id), most=200)


def _title(view: View, conversations: list[people.Person]) -> None:
    """Who they are, where, and since when."""
    t, one = view.t, conversations[0]
    channels = ", ".join(sorted({codes.word(t, codes.CHANNEL, c.channel) for c in conversations}))
    since = t("came {ago}", ago=ago(t, max(0.0, view.now - one.created_at)))
    title(one.name or t("Without a name"), channels, since)


def _avatars(view: View, user_id: str) -> None:
    """A person's avatars; one of them opened, by a choice or by the address."""
    t = view.t
    st.subheader(t("Avatars"), anchor=False)
    avatars = view.ask(people.avatars, user_id)
    chosen = table(view, "avatars", [
        Column("name", t("Name")), Column("training_type", t("Type"), words=codes.TYPE),
        Column("avatar_type", t("Kind"), words=codes.AVATAR),
        Column("status", t("Status"), words=codes.AVATAR),
        Column("progress", t("Progress"), "bar"), Column("photos", t("Photos"), "number"),
        Column("created_at", t("Created"), "time"), Column("updated_at", t("Changed"), "time"),
        Column("id", t("Avatar")),
    ], avatars, choose=True, most=200,
        place=lambda avatar: view.place("people", user=text_id(user_id),
                                        avatar=avatar.id))  # fmt: skip
    if chosen is not None:
        st.query_params["avatar"] = avatars[chosen].id
    wanted = own_id(st.query_params.get("avatar", ""))
    opened = next((avatar for avatar in avatars if own_id(avatar.id) == wanted), None)
    if opened is not None:
        st.text(f"{opened.name} {opened.id}".strip())
        _photos(view, opened.id)


def _actions(view: View, user_id: str) -> None:
    """What may be done about this person, side by side."""
    t = view.t
    if not view.visitor.may_act:
        return
    found = view.ask(people.ruling, user_id, view.now - DAY)
    if found.blocked_at is not None:
        since = f"{view.moment(found.blocked_at):%Y-%m-%d %H:%M}"
        st.text(t("Blocked since {time} by {name}.", time=since, name=found.blocked_by))
    if found.granted:
        st.caption(t("Granted within a day: {n}", n=found.granted))
    with st.container(horizontal=True):
        with acting.popover(t("Write to this person"), f"write-{user_id}"):
            text = st.text_area(t("Message"), max_chars=2000, key=acting.fresh(f"text-{user_id}"))
            if st.button(t("Send"), key=acting.fresh(f"send-{user_id}"), type="primary"):
                done = t("The message is on its way.")
                acting.write(view, text, partial(view.actions.write, user_id, text), done)
        asked = t("Let this person start one training more within a day than everybody may?")
        action = partial(view.actions.grant, user_id)
        done = t("One more training is granted.")
        acting.ask(view, t("Grant a training"), asked, f"grant-{user_id}", action, done, why=True)
        _serving(view, user_id, found.blocked_at is not None)
        asked = t("Erase everything of this person: avatars, photos, history? For good.")
        action = partial(view.actions.erase, user_id)
        done = t("The erasure is ordered: the worker does it.")
        acting.ask(view, t("Erase everything"), asked, f"erase-{user_id}", action, done, why=True)


def _serving(view: View, user_id: str, blocked: bool) -> None:
    """Stop serving this person, or serve them again."""
    t = view.t
    if blocked:
        asked, done = t("Serve this person again?"), t("This person is served again.")
        action = partial(view.actions.unblock, user_id)
        acting.ask(view, t("Unblock"), asked, f"unblock-{user_id}", action, done, why=True)
        return
    asked = t("Start no training for this person and take no photo? The bot tells them.")
    action, done = partial(view.actions.block, user_id), t("This person is blocked.")
    acting.ask(view, t("Block"), asked, f"block-{user_id}", action, done, why=True)


def _photos(view: View, avatar_id: str) -> None:
    """Only when asked for, and each look is written down."""
    t = view.t
    found = view.ask(people.photos, own_id(avatar_id) or "")
    table(view, "photos", [
        Column("number", t("Number"), "number"), Column("status", t("Status"), words=codes.PHOTO),
        Column("reason", t("Reason"), words=codes.PHOTO), Column("width", t("Width"), "number"),
        Column("height", t("Height"), "number"), Column("quality", t("Quality"), "number"),
    ], found, most=500, place=lambda photo: view.row("photo", photo.id))  # fmt: skip
    kept = [photo for photo in found if photo.key][:PICTURES]
    if not (view.visitor.may_act and kept):
        return
    st.caption(t("Looking at photos is written into the audit."))
    if not st.button(t("Show the photos"), key=f"look-{avatar_id}"):
        return
    pictures = [view.actions.photo(avatar_id, photo.key) for photo in kept]
    shown = [picture for picture in pictures if picture is not None]
    if shown:
        st.image(shown, width=140)
    else:
        st.caption(t("The photos are not available now."))
