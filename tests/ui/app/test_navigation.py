"""The frame of all pages."""

import importlib

from streamlit.runtime.pages_manager import PagesManager

import app


def test_no_page_is_ever_run_without_its_frame(monkeypatch):
    """Streamlit would run the files in pages/ by themselves if one of them is opened first."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    importlib.reload(app)
    assert PagesManager.uses_pages_directory is False
