"""The chat page: Streamlit runs this script whenever something happens in a tab.

It only draws. What a person does is a callback of `TabSession`, what they see is its view.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b

import streamlit as st
from streamlit.typing import UploadedFile

from channels.web import site as sites
from channels.web.message_html import MessageHtml, button_label, header, trouble
from channels.web.outgoing import Upload
from channels.web.site import Site
from channels.web.tab_session import TabSession, View
from channels.web.transcript import Entry, Rows
from channels.web.words import Words, words
from core.base.db import release, storable
from core.conversation.messages import Motion

PAUSES = {Motion.STILL: 4.0, Motion.SETTLING: 0.7, Motion.MOVING: 1.0}
TROUBLED = 3.0
"""Seconds between two looks whether anything has changed."""
FIRST = "first"
"""In the session's state: whether it draws the page for the first time."""


def page() -> None:
    """Draw everything; the thread's connection is given back, for Streamlit ends the thread."""
    try:
        _page(sites.current())
    finally:
        release()


def _page(site: Site) -> None:
    st.set_page_config(page_title=site.settings.title, layout="centered")
    st.session_state[FIRST] = FIRST not in st.session_state
    locale = st.context.locale or "en"
    visitor = site.visitor_of(st.context.cookies)
    if visitor is None:
        speech = words(locale)
        st.html(header(site.settings.title, speech, locale))
        st.html(trouble(speech.no_cookies))
        return
    session = _tab(site, visitor, locale)
    session.refresh()
    speech = words(session.language)
    messages = MessageHtml(speech, partial(site.picture_path, visitor), st.context.timezone)
    st.html(header(site.settings.title, speech, session.language))
    if session.view is not None:
        _conversation(session, session.view, messages)
    _waiting(session, messages, speech)
    say = partial(_say, session)
    said = st.chat_input(speech.message, key="said", accept_file="multiple", on_submit=say)
    _heard(said, say)
    pause = TROUBLED if session.trouble else PAUSES[session.motion]
    st.fragment(_watch, run_every=pause)(session)


def _tab(site: Site, visitor: str, locale: str) -> TabSession:
    """The tab's own, as long as the tab is open."""
    session: TabSession | None = st.session_state.get("session")
    if session is None or session.visitor != visitor:
        session = TabSession(site.app, visitor, locale, st.query_params.get("start", ""))
        st.session_state["session"] = session
    return session


def _conversation(session: TabSession, view: View, messages: MessageHtml) -> None:
    """What was said, the screen that it has come to, and what came in after it.

    Every part has a place that never moves: else the browser would build the others anew.
    """
    above = view.above
    with st.container(key="history", gap=None):
        _entries(session, view, view.entries[:above], messages)
    with st.container(key="screen", gap=None):
        st.html(messages.screen(view.rendered))
        if view.rendered.pictures:
            st.html(messages.pictures(view.rendered.pictures))
        if view.rendered.progress is not None:
            st.progress(view.rendered.progress)
    turn = "odd" if view.visit % 2 else "even"  # the style sheet hides what is left of the other
    with st.container(key="keyboard-screen", gap=None), st.container(key=turn, gap=None):
        _rows(session, view, view.rendered.rows, f"{turn}-screen")
    with st.container(key="news", gap=None):
        _entries(session, view, view.entries[above:], messages)


def _entries(
    session: TabSession, view: View, entries: tuple[Entry, ...], messages: MessageHtml
) -> None:
    """Messages, as few elements as possible: one up to each that has buttons."""
    waiting: list[Entry] = []
    for entry in entries:
        waiting.append(entry)
        if entry.rows:
            st.html(messages.entries(waiting))
            with st.container(key=f"keyboard-entry{entry.id}", gap=None):
                _rows(session, view, entry.rows, f"entry{entry.id}")
            waiting = []
    if waiting:
        st.html(messages.entries(waiting))


def _rows(session: TabSession, view: View, rows: Rows, name: str) -> None:
    """Real buttons; each is known by its token, so that none is ever taken for another."""
    for row in rows:
        with st.container(horizontal=True, gap=None):
            for offer in row:
                press = _released(partial(session.press, offer, view.revision))
                pressed = st.button(
                    button_label(offer.label),
                    key=f"{name}-{blake2b(offer.token.encode(), digest_size=8).hexdigest()}",
                    on_click=press,
                    width="stretch",
                )
                _heard(pressed, press)


def _waiting(session: TabSession, messages: MessageHtml, speech: Words) -> None:
    """What could not be taken, and why."""
    unsent = "".join(messages.waiting(message.content()) for message in session.outbox)
    if session.trouble:
        unsent += trouble(speech.press_again if session.press_lost else speech.our_fault)
    if session.refused:
        unsent += trouble(speech.too_many)
    if session.lost:
        unsent += trouble(speech.files_lost)
    with st.container(key="unsent", gap=None):
        if unsent:
            st.html(unsent)


def _say(session: TabSession) -> None:
    said = st.session_state["said"]
    kept = [file for file in said.files if isinstance(file, UploadedFile)]
    uploads = [Upload(storable(file.name), file.type, file.getvalue()) for file in kept]
    lost = len(kept) < len(said.files)
    _released(partial(session.say, storable(said.text), uploads, lost=lost))()


def _heard(done: object, act: Callable[[], None]) -> None:
    """See to what was done in an open tab while its process was started anew.

    The first request of a session is called back for by nobody: no callback is known before the
    page was drawn once.
    """
    if done and st.session_state[FIRST]:
        act()
        st.rerun()


def _watch(session: TabSession) -> None:
    """Look whether anything has changed; only then is the page drawn anew."""
    try:
        changed = session.changed()
    finally:
        release()
    if changed:
        st.rerun()


def _released(act: Callable[[], object]) -> Callable[[], None]:
    """A callback that leaves no connection behind, even where no page is drawn after it."""

    def acted() -> None:
        try:
            act()
        finally:
            release()

    return acted


if __name__ == "__main__":
    page()
