"""Streamlit with the console's patches; AppTest does not import `app.py`."""

import pytest
from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages._ui.app import streamlit_patches

_PATCHED = (
    (PagesManager, "uses_pages_directory"),
    (memory_media_file_storage, "_calculate_file_id"),
    (MediaFileManager, "remove_orphaned_files"),
    (AppSession, "_create_scriptrunner"),
    (SafeSessionState, "on_script_will_rerun"),
)


def patch_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch Streamlit until the end of the test."""
    for owner, name in _PATCHED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    streamlit_patches.install()
