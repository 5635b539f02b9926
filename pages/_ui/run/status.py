"""A run's status: badge, duration, tokens, what is going on, and whether the run is saved."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip, format_duration
from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.run_notes import describe_notes
from lfclient.console.wording.statuses import RUN_STATUS_DESCRIPTIONS, is_only_wait_stopped
from lfclient.console.wording.tokens import format_cost, missing_prices_text, usage_text
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES
from pages._ui.app import streamlit_patches, window
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.run import approval
from pages._ui.state import notices
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape, escape_message
from pages._ui.widgets.times import format_time

CHECK_SECONDS = 2.0  # interval while an ended run is not saved
_DRAWN = "save-error-drawn"  # in the session state: the error that the page shows, or ""
_LONG_SECONDS = 5.0  # in the queue; without other runs, it takes one or two
_NOT_CONFIRMED_TEXT = "The server has not confirmed this run yet."  # the console restarted before
_NOT_SENT_TEXT = "Not sent yet."
_WAITING_TEXT = "Not sent yet. Earlier runs are sent first."
_REPEATED_TEXT = (
    "Sent {} times with the same key because the response was lost. Langflow runs a key once, "
    "unless the earlier attempt failed."
)
_PROGRESS_NOT_SAVED = "This run continues. Its record is only in the console's memory"
_RESULT_NOT_SAVED = "The result of this run is only in the console's memory"
_NOT_WAITING_TEXT = "The console no longer waits for this run. It may be running on the server."


def draw(place: DeltaGenerator, record: RunRecord) -> None:
    """Draw the status of a run."""
    with place.container():
        duration = format_duration(record.elapsed())
        badge = status_badges.markdown_badge(record)
        usage, help_text = _usage(record)
        # on one line: one of its own would move the output whenever it comes and goes
        beside = "  ".join(f":gray[{text}]" for text in (usage, describe(record)) if text)
        text = f"{badge}  **{duration}**  {beside}"
        if record.ended and window.is_narrow():  # the flow's name is out of sight
            name, time = clip(record.flow_name, 60), format_time(record.created_at)
            text += f"  \n:small[:gray[{escape(name)} · {time}]]"
        st.markdown(text, help=help_text)
        _draw_save_warning(record)


def is_asked_to_wait(record: RunRecord) -> bool:
    """Return whether a run that is followed here waits as long as the server has asked."""
    is_asked = has_code(record.notes, NoteCode.RETRY_REQUESTED, NoteCode.STOP_RETRY_REQUESTED)
    return is_asked and not record.ended and app_context().runner.is_followed(record.id)


def draw_check_button(server: ServerSession, record: RunRecord) -> None:
    """Draw the button that ends such a wait. Call it outside fragments, so that no click is lost.

    The run may end much sooner than the server wants to be asked again, which may be in an hour.
    """
    if is_asked_to_wait(record):
        st.button(
            "Check now",
            key=f"check-now-{record.id}",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_check_now,
            args=(server, record.id),
        )


@notify_errors()
def _check_now(server: ServerSession, run_id: str) -> None:
    app_context().runner.check_now(run_id, server.live_connection())


def _usage(record: RunRecord) -> tuple[str, str | None]:
    """Return a run's tokens and cost as Markdown, and why the cost is unknown, or None."""
    tokens = usage_text(record.usage)
    prices = app_context().settings.prices
    if prices is None or record.run is None or not tokens:
        return tokens, None
    cost = prices.cost(record.run.usage_by_model)
    if cost.amount is not None:
        return f"{tokens} · {escape(format_cost(cost.amount, prices))}", None
    if app_context().runner.is_followed(record.id):  # the names of its models still arrive
        return tokens, None
    return tokens, escape(f"Cost unknown: {missing_prices_text(cost.unpriced)}.")


def _waits_for_turn(record: RunRecord) -> bool:
    """Return whether other runs may be why the job is queued; a note tells what else is.

    Every run is queued for a moment.
    """
    is_queued = record.status is RunStatus.QUEUED and MODES[record.mode].response == "job"
    is_long = (record.elapsed() or 0) >= _LONG_SECONDS
    return is_queued and is_long and record.queue_limit is not None and not record.notes


def _escape_note(text: str) -> str:
    """Return a note escaped for the gray words of the status, which a bracket in code would end."""
    return escape(text) if {*text} & {*"[]"} else escape_message(text)


def describe(record: RunRecord) -> str:
    """Return details of the status, as Markdown."""
    sentences = [RUN_STATUS_DESCRIPTIONS.get(record.status, "")]
    if is_only_wait_stopped(record):
        sentences = [_NOT_WAITING_TEXT]
    elif not record.attempts and not record.ended:
        sentences = [_NOT_SENT_TEXT if record.notes else _WAITING_TEXT]
    elif record.status is RunStatus.QUEUED and not record.job_id:
        sentences = [_NOT_CONFIRMED_TEXT]
    elif _waits_for_turn(record):
        sentences = [f"The server runs {record.queue_limit} at a time."]
    elif record.status is RunStatus.UNKNOWN and record.run:
        sentences.append(f"Server status: {escape(record.run.server_status)}.")
    question = approval.pending_question(record)
    if question:
        sentences.append(escape(approval.deadline_text(question)))
    if not record.ended:
        stopping = "Stopping" if record.stop_requested_at else ""
        sentences.append(_escape_note(describe_notes(record.stop_result) or stopping))
    sentences.append(_escape_note(describe_notes(record.notes)))
    if record.attempts > 1:
        sentences.append(_REPEATED_TEXT.format(record.attempts))
    return " ".join(filter(None, sentences))


def save_error(record: RunRecord) -> StoreError | None:
    """Return why the run is not saved, or None if it is saved."""
    runner = app_context().runner
    return runner.unsaved_reason(record.id) or (None if record.ended else runner.save_error)


def _draw_save_warning(record: RunRecord) -> None:
    """Draw why the run is not saved, and what that means."""
    reason = save_error(record)
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


def watch_saving(record: RunRecord) -> None:
    """Redraw the page once saving an ended run fails or succeeds after all."""
    if not _is_saved(record) or _is_outdated(record):
        _redraw_once_saved(record)


@st.fragment(run_every=CHECK_SECONDS)
def _redraw_once_saved(record: RunRecord) -> None:
    is_saved = _is_saved(record)
    if _is_outdated(record):
        notices.rerun()
    if is_saved:
        streamlit_patches.stop_timer()


def _is_saved(record: RunRecord) -> bool:
    """Return whether the run is saved and does not change any more."""
    runner = app_context().runner
    return not runner.is_followed(record.id) and runner.is_saved(record.id)


def _is_outdated(record: RunRecord) -> bool:
    """Return whether the page shows an earlier state of saving."""
    drawn: str = st.session_state.get(_DRAWN, "")
    return drawn != str(save_error(record) or "")
