"""Every press and every message is called back for, in the order in which they were made.

Streamlit 1.67 looks for newer requests before it calls back for the one in hand, and again
whenever a callback reads the session's state. What it finds takes the place of the one in hand,
and the press or the message in it is gone. Requests that come together it joins, the newest
first. There is no setting against either; so here newer requests wait until the callbacks are
done, as `runner.fastReruns` off lets them wait at any other time, and joined ones are turned round.

Nor is a file passed over that was sent and never arrived.
"""

from __future__ import annotations

from typing import Any

from streamlit.elements.widgets import chat
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.uploaded_file_manager import DeletedFile

_call_back = SafeSessionState.on_script_will_rerun
_pop = chat._pop_upload_files


def keep_presses() -> None:
    """Mend Streamlit for as long as this process lives."""
    SafeSessionState.on_script_will_rerun = _one_by_one  # type: ignore[assignment,method-assign]
    chat._pop_upload_files = _pop_all  # type: ignore[assignment]


def _pop_all(sent: Any) -> list[Any]:
    """The files of a message; in place of each that this process never got, a `DeletedFile`.

    What was attached before a restart is known to the browser alone. Streamlit passes over it, as
    if nobody had sent it.
    """
    found = {file.file_id: file for file in _pop(sent)}
    wanted = [] if sent is None else [file.file_id for file in sent.uploaded_file_info]
    return [found.get(file_id) or DeletedFile(file_id) for file_id in wanted]


def _one_by_one(state: SafeSessionState, states: WidgetStates | None, **options: Any) -> None:
    give_way = state._yield_callback
    object.__setattr__(state, "_yield_callback", _stay)
    try:
        _call_back(state, states and WidgetStates(widgets=reversed(states.widgets)), **options)
    finally:
        object.__setattr__(state, "_yield_callback", give_way)


def _stay() -> None:
    """Newer requests wait."""
