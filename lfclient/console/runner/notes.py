"""Sentences of a record's note and stop result that pages recognize.

They are stored with the run: write and recognize them here only.
"""

from lfclient.console.store.run_record import RunRecord
from lfclient.runs.model import RunStatus

AT_ITS_REQUEST = "At its request"  # in the note of a pause that the server asked for
STOPPED = "Stopped on the server."
STOP_REFUSED = "The server refused to stop the run."
DECISION_REFUSED = "The decision was not accepted."
DECISION_LOST = (
    "The run still waits: the server did not continue after the decision, which may have been "
    "lost. Decide again."
)


def is_asked_to_wait(record: RunRecord) -> bool:
    """Return whether the next request for a run waits as long as the server has asked."""
    return not record.ended and AT_ITS_REQUEST in record.note


def must_decide_again(record: RunRecord) -> bool:
    """Return whether the last decision was refused or may have been lost."""
    return DECISION_REFUSED in record.note or DECISION_LOST in record.note


def unexplained_stop_result(record: RunRecord) -> str:
    """Return what came of a stop, "" if the status of the run says it."""
    is_explained = record.status is RunStatus.CANCELLED and record.stop_result == STOPPED
    return "" if is_explained else record.stop_result


def is_stop_refused(record: RunRecord) -> bool:
    """Return whether the server refused the last stop."""
    return record.stop_result.startswith(STOP_REFUSED)
