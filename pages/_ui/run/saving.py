"""Whether a run is saved, and a warning while it is not."""

import time
from datetime import UTC, datetime

import streamlit as st

from lfclient.console.store.database import BUSY_SECONDS
from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from pages._ui.connection.app_context import app_context
from pages._ui.run import pace
from pages._ui.widgets import alerts

CHECK_SECONDS = 2.0  # interval while an ended run is not saved
# after twice this, the end of a run is saved, or has failed to be: a write waits for a lock
SETTLE_SECONDS = BUSY_SECONDS + 1

_PROGRESS_NOT_SAVED = "This run continues. Its record is only in the console's memory"
_RESULT_NOT_SAVED = "The result of this run is only in the console's memory"


def error(record: RunRecord) -> StoreError | None:
    """Return why the run is not saved, None if it is."""
    runner = app_context().runner
    return runner.unsaved_reason(record.id) or (None if record.ended else runner.save_error)


def draw_warning(record: RunRecord) -> None:
    """Say why the run is not saved, and what that means."""
    reason = error(record)
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
    reason = _reason(record)
    if not reason and record.ended_at and _seconds_since(record.ended_at) > SETTLE_SECONDS:
        return
    interval = CHECK_SECONDS if reason else SETTLE_SECONDS
    st.fragment(_redraw_on_change, run_every=interval)(record, reason, time.monotonic())


def _redraw_on_change(record: RunRecord, drawn: str, drawn_at: float) -> None:
    if _reason(record) != drawn:
        st.rerun()
    if not drawn and time.monotonic() - drawn_at > SETTLE_SECONDS:
        pace.stop_timer()


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _reason(record: RunRecord) -> str:
    """Return why the run is not saved, as drawn; "" if it is, or if that is not known yet."""
    return str(error(record) or "")
