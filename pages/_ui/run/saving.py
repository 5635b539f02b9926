"""Whether a run is saved, and a warning while it is not."""

import streamlit as st

from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from pages._ui.app import streamlit_patches
from pages._ui.connection.app_context import app_context
from pages._ui.state import notices
from pages._ui.widgets import alerts

CHECK_SECONDS = 2.0  # interval while an ended run is not saved
_DRAWN = "save-error-drawn"  # in the session state: the error that the page shows, or ""

_PROGRESS_NOT_SAVED = "This run continues. Its record is only in the console's memory"
_RESULT_NOT_SAVED = "The result of this run is only in the console's memory"


def error(record: RunRecord) -> StoreError | None:
    """Return why the run is not saved, None if it is."""
    runner = app_context().runner
    return runner.unsaved_reason(record.id) or (None if record.ended else runner.save_error)


def draw_warning(record: RunRecord) -> None:
    """Say why the run is not saved, and what that means."""
    reason = error(record)
    st.session_state[_DRAWN] = str(reason or "")
    if reason:
        lost = _RESULT_NOT_SAVED if record.ended else _PROGRESS_NOT_SAVED
        alerts.show_message(
            "The console cannot save its runs",
            f"{reason.message} {lost}, and is lost if the console stops before it can save again. "
            "It keeps trying.",
            reason.hint,
            warning=True,
        )


def watch(record: RunRecord) -> None:
    """Redraw the page once saving an ended run fails or succeeds after all."""
    if not _is_settled(record) or _is_outdated(record):
        _redraw_on_change(record)


@st.fragment(run_every=CHECK_SECONDS)
def _redraw_on_change(record: RunRecord) -> None:
    is_settled = _is_settled(record)
    if _is_outdated(record):
        notices.rerun()
    if is_settled:
        streamlit_patches.stop_timer()


def _is_settled(record: RunRecord) -> bool:
    """Return whether the run is saved and does not change any more."""
    runner = app_context().runner
    return not runner.is_followed(record.id) and runner.is_saved(record.id)


def _is_outdated(record: RunRecord) -> bool:
    """Return whether the page shows another reason, or none, why the run is not saved."""
    drawn: str = st.session_state.get(_DRAWN, "")
    return drawn != str(error(record) or "")
