"""The raw events of a run, as its server sent them."""

import pandas as pd
import streamlit as st

from lfclient.common.coerce import as_dict
from lfclient.common.redaction import is_redacted
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.wire.modes import MODES
from lfclient.wire.sse import RawEvent
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import json_viewer
from pages._ui.state import run_page
from pages._ui.widgets import alerts, downloads
from pages._ui.widgets.markdown import escape

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
    unknown = omissions.explain_missing_inputs(record)
    return f"{escape(unknown)} {_MAY_HOLD_SECRETS_TEXT}" if unknown else ""


def _fetch_events(server: ServerSession, record: RunRecord) -> list[RawEvent] | None:
    key = f"events-{record.id}"
    pressed = st.button("Fetch events", key=f"fetch-{key}", icon=":material/cloud_download:")

    def fetch() -> list[RawEvent]:
        with server.open_client() as api:
            return [event.raw for event in api.events(record.job_id or "") if event.raw]

    if not pressed and not run_page.is_cached(key):
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
