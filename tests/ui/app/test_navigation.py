"""The frame around all pages."""

import importlib

from streamlit.runtime.pages_manager import PagesManager

import app


def test_streamlit_never_runs_a_page_without_its_frame(monkeypatch):
    """It would run a file of pages/ alone if that is opened first."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    importlib.reload(app)
    assert PagesManager.uses_pages_directory is False
