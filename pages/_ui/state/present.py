"""State of the Present view."""

from pages._ui.state.slot import Slot

PRESENTER: Slot[bool] = Slot("presenter")  # whether this tab came from the Run page, and may return
EDITED: Slot[tuple[str, str, int]] = Slot("present-edited")  # owner, flow and version, while edited
CONFLICT: Slot[bool] = Slot("present-conflict")  # whether somebody else has saved meanwhile
_EDIT = "present-edit"


def edit_key(part: str) -> str:
    """Return the key of a widget of the editor."""
    return f"{_EDIT}-{part}"
