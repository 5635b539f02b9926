"""Callbacks that run to their end, as in the console; AppTest does not import `app.py`."""

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages._ui.app import whole_callbacks


def run_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Streamlit run callbacks to their end, until the end of the test."""
    run_callbacks = SafeSessionState.on_script_will_rerun
    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", run_callbacks)
    whole_callbacks.install()
