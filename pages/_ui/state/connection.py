"""State of the Connection page: results of its buttons, shown when it is next drawn."""

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui.state.slot import Slot

SERVER_URL = "connection-url"
API_KEY = "connection-key"
CONNECT_BUTTON = "test-connection-button"
# names of the sample flows that were added, and of those that the server can't run
ADDED_SAMPLES: Slot[tuple[list[str], list[str]]] = Slot("added-samples")
OLLAMA_SAVED: Slot[bool] = Slot("ollama-saved")
LOCAL_ERROR: Slot[LangflowError] = Slot("local-problem")


def is_drawn() -> bool:
    """Return whether the page is on the screen: Streamlit drops its state on other pages."""
    return CONNECT_BUTTON in st.session_state
