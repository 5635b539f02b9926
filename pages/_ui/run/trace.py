"""A run's trace: timings, messages, raw events, the raw response, and details."""

import pandas as pd
import streamlit as st

from lfclient.common.coerce import as_dict
from lfclient.common.redaction import is_redacted
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.tokens import cost_text, usage_text
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.model import Run
from lfclient.runs.tool_calls import mark_tools
from lfclient.wire.modes import MODES
from lfclient.wire.sse import RawEvent
from pages._ui.components import timings
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import json_viewer
from pages._ui.run import messages
from pages._ui.state import run_page
from pages._ui.state.run_options import named_session
from pages._ui.widgets import alerts, controls, downloads
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_full_time

MAX_MESSAGES = 100
MAX_EVENTS = 10_000  # events listed for a run

_SECRET_SENT_TEXT = (
    "This run was given a secret, which Langflow may repeat in its events. The console does not "
    "store secrets, so it cannot redact it. With the server's key, read the events at "
    "`/api/v2/workflows/<job>/events`."
)
_MAY_HOLD_SECRETS_TEXT = (
    "Langflow may repeat inputs in its events, including secrets that the console does not know "
    "and cannot redact."
)


def draw(server: ServerSession, record: RunRecord) -> None:
    run = record.run
    if run is None or not record.ended:
        st.caption("Timings, messages and events appear here when the run has ended.")
        return
    flow = server.cached_flow(record.flow_id)
    draws = {
        "Timings": lambda: _draw_timings(flow, run),
        "Messages": lambda: _draw_messages(flow, run),
        "Events": lambda: _draw_events_view(server, record),
        "Raw response": lambda: _draw_raw_response(record, run),
        "Details": lambda: _draw_facts(record, run),
    }
    with st.container(key="run-details"):
        draws[controls.view_switch("Trace", list(draws), run_page.TRACE_VIEW)]()


def _draw_timings(flow: Flow | None, run: Run) -> None:
    if flow and run.components:
        timings.draw(flow, mark_tools(run, flow).components)
    else:
        st.caption("The server has no timings of this run's components")


def _draw_messages(flow: Flow | None, run: Run) -> None:
    drawn = messages.latest(list(run.messages.values()), MAX_MESSAGES)
    if len(drawn) < len(run.messages):
        st.caption(f"The latest {len(drawn)} of {len(run.messages):,} messages")
    elif not drawn:
        st.caption("No messages")
    draw_message = messages.drawer(list(run.messages.values()), flow)
    for message in drawn:
        draw_message(message)


def _draw_facts(record: RunRecord, run: Run) -> None:
    facts = {
        "Started": format_full_time(record.created_at),
        "Ended": format_full_time(record.ended_at) if record.ended_at else None,
        "Mode": MODES[record.mode].label,
        "Tokens": usage_text(run.usage),
        "Cost": cost_text(run.usage_by_model, app_context().settings.prices),
        "Session": named_session(record.session_id or run.session_id),
        "Job": record.job_id,
        "Run": record.id,
        "Server": record.server_name,
    }
    for name, value in facts.items():
        if value:
            st.markdown(f":gray[{name}]  \n{escape(str(value))}")


def _draw_raw_response(record: RunRecord, run: Run) -> None:
    text = run_page.cached("raw", lambda: downloads.to_json_bytes(run.raw))
    st.caption("The server's response. Secrets are replaced by ••••.")
    json_viewer.draw_tree(run.raw, text)
    downloads.draw_button(
        "Download",
        text,
        downloads.file_name(record.flow_name, record.id[:8], extension="json"),
        f"save-raw-{record.id}",
        mime="application/json",
        type="secondary",
    )


def _draw_events_view(server: ServerSession, record: RunRecord) -> None:
    """Draw the run's events: stored ones of a streamed run, fetched ones of a job."""
    run, mode = record.run, MODES[record.mode]
    if mode.response == "events":
        raw = run.raw if run else {}
        events = [RawEvent(each["event"], each["data"]) for each in raw.get("events", [])]
        _draw_events(record, events, omitted=raw.get("events_left_out", 0))
    elif not mode.has_events:
        st.caption(f"{mode.label} runs have no events")
    elif run and run.last_event_id is None:
        st.caption("No events: only Langflow 1.11 and later send them")
    elif why := _withheld_reason(record):
        st.caption(f":material/lock: {why}")
    else:
        fetched = _fetch_events(server, record)
        if fetched is not None:
            _draw_events(record, fetched)


def _withheld_reason(record: RunRecord) -> str:
    """Return why a job's events must not be fetched, or "".

    Langflow 1.12 and later repeat inputs in events. The process that follows a run redacts the
    secrets it sent; later fetches cannot, since secrets are not stored.
    """
    if is_redacted(record.overrides):
        return _SECRET_SENT_TEXT
    unknown = run_record.explain_missing_inputs(record)
    return f"{escape(unknown)} {_MAY_HOLD_SECRETS_TEXT}" if unknown else ""


def _fetch_events(server: ServerSession, record: RunRecord) -> list[RawEvent] | None:
    key = f"events-{record.id}"
    clicked = st.button("Fetch events", key=f"fetch-{key}", icon=":material/cloud_download:")

    def fetch() -> list[RawEvent]:
        with server.open_client() as api:
            return [event.raw for event in api.events(record.job_id or "") if event.raw]

    if not clicked and not run_page.is_cached(key):
        st.caption("Events are stored on the server. The console does not save them.")
        return None
    try:
        with st.spinner("Fetching events"):
            return run_page.cached(key, fetch)
    except LangflowError as error:
        alerts.show(error)
        return None


def _draw_events(record: RunRecord, events: list[RawEvent], omitted: int = 0) -> None:
    """Draw the events; `omitted` is the number of later events that were not stored."""
    shown = events[:MAX_EVENTS]
    if not shown:
        st.caption("No events")
        return
    components = [_component_id(event) for event in shown]
    table = pd.DataFrame({"event": [event.name for event in shown], "component": components})
    if any(event.id for event in shown):  # events of streamed runs have no ids
        table.insert(0, "id", [event.id for event in shown])
    picked = st.dataframe(
        table,
        hide_index=True,
        height=280 if len(table) > 7 else "auto",
        on_select="rerun",
        selection_mode="single-row",
        key=f"event-{record.id}",
    )
    total = len(events) + omitted
    if total > len(shown):
        reason = " (the console stores no more of a streamed run)" if omitted else ""
        st.caption(f"Showing the first {len(shown):,} of {total:,}{reason}")
    rows = picked.selection.rows
    if rows and rows[0] < len(shown):
        event = shown[rows[0]]
        data = event.data or {"unreadable": event.malformed_text}
        json_viewer.draw_tree(data, downloads.to_json_bytes(data))
    else:
        st.caption("Select a row to see the full event")


def _component_id(event: RawEvent) -> str:
    build = as_dict(event.data.get("build_data"))
    return str(build.get("id") or event.data.get("component_id") or "")
