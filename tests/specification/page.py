"""The dashboard's first page, drawn for somebody who reads Russian."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from core.base.settings import Settings
from dashboard import site
from tests.dashboard.conftest import APP, House, Inside


def tiles(folder: Path) -> set[str]:
    """The names of its numbers, of all trainings of the database that is bound."""
    main = sys.modules["__main__"]  # AppTest puts the page in its place
    settings = Settings().model_copy(update={"data_dir": folder})
    site._open["site"] = Inside(House(), settings, "admin")
    st.cache_data.clear()
    try:
        tab = AppTest.from_file(str(APP), default_timeout=60)
        tab.query_params.update({"lang": "ru", "mode": "both"})
        tab.run()
        assert not tab.exception
        return {metric.label for metric in tab.metric}
    finally:
        site._open.clear()
        st.cache_data.clear()
        sys.modules["__main__"] = main
