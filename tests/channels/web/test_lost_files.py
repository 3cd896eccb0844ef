"""Files that were attached before the page's process was started anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.elements.widgets import chat
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.runtime.uploaded_file_manager import DeletedFile
from structlog import reset_defaults

from channels.web import callbacks
from channels.web.outgoing import Upload
from channels.web.tab_session import TabSession
from channels.web.words import WORDS
from core.app.bootstrap import App
from core.avatars.photos.held import HeldPhoto
from tests.avatars.test_limits import wired
from tests.pictures_for_tests import photo


@pytest.fixture
def session(sqlite_url: str, tmp_path: Path) -> Iterator[TabSession]:
    app: App = wired((sqlite_url, str(tmp_path / "data")))
    tab = TabSession(app, "anna", "en")
    tab.refresh()
    yield tab
    app.close()
    reset_defaults()


class Arrived:
    def __init__(self, file_id: str) -> None:
        self.file_id = file_id


def test_a_file_that_never_arrived_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Arrived("b")
    monkeypatch.setattr(callbacks, "_pop", lambda _: [here])
    infos = [UploadedFileInfo(file_id=file_id) for file_id in "abc"]
    sent = FileUploaderState(uploaded_file_info=infos)
    assert callbacks._pop_all(sent) == [DeletedFile("a"), here, DeletedFile("c")]


def test_a_message_without_files_has_none() -> None:
    assert callbacks._pop_all(None) == []


def test_what_streamlit_takes_files_by_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the page would be silent again: this is what `keep_presses` mends."""
    before = chat._pop_upload_files
    monkeypatch.setattr(chat, "_pop_upload_files", before)
    callbacks.keep_presses()
    assert chat._pop_upload_files is callbacks._pop_all


def test_lost_files_are_told_and_what_arrived_is_taken(session: TabSession) -> None:
    session.say("two of three", [Upload("1.jpg", "image/jpeg", photo(1, (520, 520)))], lost=True)
    session.refresh()
    assert HeldPhoto.select().count() == 1
    assert (session.lost, session.refused) == (True, False), "nothing was too much"


def test_where_all_are_lost_the_text_counts_and_the_page_says_so(session: TabSession) -> None:
    session.say("/help", lost=True)
    session.refresh()
    assert session.view is not None
    assert "Help" in session.view.rendered.title
    assert session.lost


def test_it_is_told_until_the_person_goes_on(session: TabSession) -> None:
    session.say("", lost=True)
    assert session.lost
    session.say("hello")
    assert not session.lost


def test_every_language_says_it() -> None:
    told: set[Any] = {words.files_lost for words in WORDS.values()}
    assert len(told) == len(WORDS)
    assert all(words.files_lost != words.too_many for words in WORDS.values())
