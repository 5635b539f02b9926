"""The events of a run as its server sent them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lfclient.common.redaction import is_redacted
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.wire.sse import RawEvent
from pages._ui.connection.app_context import open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import json_viewer
from pages._ui.state import run_page
from pages._ui.widgets import alerts, downloads
from pages._ui.widgets.markdown import escape

MAX_EVENTS = 10_000  # of a run that are listed

_SECRET_SENT_TEXT = (
    "This run was given a secret, which Langflow may repeat in its events, and which this console "
    "does not keep, so that it could not take it out of them. Who has the server's key finds them "
    "there, at `/api/v2/workflows/<job>/events`."
)
_MAY_HOLD_SECRETS_TEXT = (
    "Langflow may repeat in its events what a run was given, secrets too, and the console could "
    "not take out what it does not know."
)


def draw(server: ServerSession, record: RunRecord) -> None:
    """Those of a streamed call are kept, a job's are asked for again."""
    run = record.run
    if record.mode == "stream":
        raw = run.raw if run else {}
        found = [RawEvent(each["event"], each["data"]) for each in raw.get("events", [])]
        _draw_events(record, found, raw.get("events_left_out", 0))
    elif record.mode == "sync":
        st.caption("A call that waits for its result tells of no events.")
    elif run and run.last_event_id is None:
        st.caption("No events were told of this run: Langflow 1.11 and later tell them.")
    elif why := _withheld_reason(record):
        st.caption(f":material/lock: {why}")
    else:
        fetched = _fetch_events(server, record)
        if fetched is not None:
            _draw_events(record, fetched)


def _withheld_reason(record: RunRecord) -> str:
    """Why a job's events are not asked for; "" if they are.

    Servers from 1.12 on repeat what was given in them. Whoever follows a run takes the secrets
    that were sent out of all that it reads; afterwards nobody knows them any more.
    """
    if is_redacted(record.overrides):
        return _SECRET_SENT_TEXT
    unknown = omissions.explain_missing_inputs(record)
    return f"{escape(unknown)} {_MAY_HOLD_SECRETS_TEXT}" if unknown else ""


def _fetch_events(server: ServerSession, record: RunRecord) -> list[RawEvent] | None:
    key = f"events-{record.id}"
    pressed = st.button(
        "Fetch the events from the server", key=f"fetch-{key}", icon=":material/cloud_download:"
    )

    def fetch() -> list[RawEvent]:
        with open_client(server.connection) as api:
            events = (event.raw for event in api.events(record.job_id or ""))
            return [raw for raw in events if raw is not None]

    if not pressed and not run_page.is_cached(key):
        st.caption("They stay at the server; what is fetched is shown here only.")
        return None
    try:
        with st.spinner("Asking the server for the events"):
            return run_page.cached(key, fetch)
    except LangflowError as error:
        alerts.show(error)
        return None


def _draw_events(record: RunRecord, found: list[RawEvent], left_out: int = 0) -> None:
    """`left_out`: how many came after these and were not kept."""
    shown = found[:MAX_EVENTS]
    if not shown:
        st.caption("No events.")
        return
    about = [_component_id(event) for event in shown]
    table = pd.DataFrame({"event": [event.name for event in shown], "component": about})
    if any(event.id for event in shown):  # those of a streamed call have none
        table.insert(0, "id", [event.id for event in shown])
    picked = st.dataframe(
        table,
        hide_index=True,
        height=280 if len(table) > 7 else "auto",
        on_select="rerun",
        selection_mode="single-row",
        key=f"event-{record.id}",
    )
    total = len(found) + left_out
    if total > len(shown):
        kept = "" if not left_out else "; the console keeps no more of a streamed call"
        st.caption(f"The first {len(shown):,} of {total:,}{kept}.")
    rows = picked.selection.rows
    if rows and rows[0] < len(shown):
        event = shown[rows[0]]
        data = event.data or {"unreadable": event.malformed_text}
        json_viewer.draw_tree(data, downloads.to_json_bytes(data))
    else:
        st.caption("Choose a row to read the event whole.")


def _component_id(event: RawEvent) -> str:
    build = event.data.get("build_data")
    inside = build.get("id") if isinstance(build, dict) else None
    return str(inside or event.data.get("component_id") or "")
