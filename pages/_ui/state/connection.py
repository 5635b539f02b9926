"""State of the Connection page: results of its buttons, shown when it is next drawn."""

from lfclient.errors import LangflowError
from pages._ui.state.slot import Slot

SERVER_URL = "connection-url"
API_KEY = "connection-key"
CONNECT_BUTTON = "test-connection-button"  # on this page only
# names of the sample flows that were added, and of those that the server can't run
ADDED_SAMPLES: Slot[tuple[list[str], list[str]]] = Slot("added-samples")
OLLAMA_SAVED: Slot[bool] = Slot("ollama-saved")
LOCAL_ERROR: Slot[LangflowError] = Slot("local-problem")
