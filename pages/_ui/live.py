"""The run that is shown: its status as it changes, then what came of it."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import streamlit as st

from lfclient.fields import Variable
from lfclient.outputs import FileRef
from lfclient.run import Run, RunError, RunStatus
from lfclient.store import RunRecord
from pages._ui import export, outputs, problems, shell, state, status
from pages._ui.backend import backend, client
from pages._ui.run_panel import MODES
from pages._ui.servers import Session
from pages._ui.text import clip, duration_words, plain

# a tick waits for news for nearly as long as the pause between two, so news is shown at once
EVERY_SECONDS = 0.5
WAIT_SECONDS = 0.45
# for which the browser is left alone with the status of a run that was just started
HEAD_START = 0.03
INPUTS_LIMIT = 5_000  # characters of a run's inputs that are shown

_LEFT = "It is no longer waited for."  # a stop of a call ends the wait, not the run


def draw(session: Session, record: RunRecord | None) -> None:
    """The status panel, and once the run has ended its outputs; None is no run.

    Each part has one place whatever is in it, so that nothing of the run before is left to stand
    under the next one's status until the page is drawn to its end.
    """
    with st.container(key="run-status", border=True):
        if record is None:
            _nothing()
        elif record.ended:
            with st.empty().container():
                _head(record)
        else:
            _follow(record.id, session.owner, {"at once": True})
        outcome = st.empty()
    result = st.empty()
    if record and record.ended:
        with outcome.container():
            _outcome(record)
        if record.run:
            with result.container():
                _result(session, record, record.run)
    if state.is_to_be_addressed():
        time.sleep(HEAD_START)
        state.put_run_into_address()
    name_tab(record)


def _nothing() -> None:
    st.markdown(
        "##### :material/outbox: No run is shown\n\n"
        ":small[:gray[Fill in the inputs and press Run. The status and the outputs appear here.]]"
    )


def name_tab(record: RunRecord | None) -> None:
    """Put the status into the title of the browser's tab."""
    if record:
        shell.set_title(f"{status.LOOKS[record.status].sign} {status.word(record.status)}")


def wait_for_end(session: Session, record: RunRecord | None) -> None:
    """At the end of the page: a run that ends within the first tick is shown as soon as it has.

    A press on anything cuts this short; the fragment's own ticks take over afterwards.
    """
    until = time.monotonic() + WAIT_SECONDS
    while record is not None and not record.ended:
        left = until - time.monotonic()
        if left <= 0:
            return
        record = backend().runner.wait_change(record.id, record.version, left)
        if record is not None and record.owner == session.owner and record.ended:
            st.rerun()


@st.fragment(run_every=EVERY_SECONDS)
@problems.shown()
def _follow(run_id: str, owner: str, first: dict[str, bool]) -> None:
    """Draw the status again whenever it changes, and the whole page once when it has ended.

    Waits in short turns: clicks inside fragments wait for them. The first time, as a part of the
    page, it does not wait, so that the rest of the page is drawn. Nothing is asked of the server
    from here, so that a closed or hidden tab changes nothing for the run.
    """
    runner = backend().runner
    place = st.empty()
    at_once = first.pop("at once", False)
    until = time.monotonic() + (0 if at_once else WAIT_SECONDS)
    record = runner.get(run_id, owner)
    while record is not None:
        with place.container():
            _head(record)
        if not at_once:
            name_tab(record)
        if record.ended:
            st.rerun()
        left = until - time.monotonic()
        if left <= 0:
            return
        record = runner.wait_change(run_id, record.version, left)


def _head(record: RunRecord) -> None:
    took = duration_words(record.elapsed(datetime.now(timezone.utc)))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"{status.markdown_badge(record.status)}  **{took}**", width="content")
        st.caption(plain(record.flow_name), width="content")
    st.caption(" ".join(_sentences(record)))
    unwritten = backend().runner.disk_fault
    if unwritten:
        problems.show_words(
            "The console cannot write its records",
            f"{unwritten.message} The run itself goes on. What is shown here is lost if the "
            "console ends before it can write again, which it keeps trying.",
            unwritten.hint,
            warning=True,
        )


def _sentences(record: RunRecord) -> list[str]:
    left = record.mode == "sync" and record.status is RunStatus.CANCELLED
    said = [_LEFT if left else status.LOOKS[record.status].meaning]
    if record.status is RunStatus.QUEUED and record.queue_limit:
        said.append(f"The server runs {record.queue_limit} at a time.")
    if record.status is RunStatus.UNKNOWN and record.run:
        said.append(f"Its word: {plain(record.run.server_status)}.")
    if record.stop_requested_at and not record.stop_result and not record.ended:
        said.append("A stop was asked for.")
    if record.stop_result and not record.ended:
        said.append(plain(record.stop_result))
    if record.note:
        said.append(plain(record.note))
    return said


def _outcome(record: RunRecord) -> None:
    """What came of a stop, and what the console or the flow failed at."""
    if record.stop_result:
        st.markdown(f":material/stop_circle: {plain(record.stop_result)}")
    if record.problem:
        problems.show_words(
            "The run could not be done", record.problem.message, record.problem.hint
        )
    if record.run is None:
        return
    for error in record.run.errors:
        _error(error)
    for warning in record.run.warnings:
        st.warning(plain(warning), icon=":material/warning:")


def _error(error: RunError) -> None:
    where = error.component or error.component_id
    heading = f"**{plain(where)}** failed" if where else "**The flow failed**"
    st.error(f"{heading}\n\n{plain(error.message)}", icon=":material/error:")
    if error.traceback:
        with st.expander("The component's traceback", icon=":material/code:"):
            st.code(error.traceback, language=None, height=320)


def _result(session: Session, record: RunRecord, run: Run) -> None:
    def download(ref: FileRef) -> bytes:
        with client(session.connection) as api:
            return api.download(ref)

    run_id, owner = record.id, session.owner

    def again() -> Run | None:
        latest = backend().runner.get(run_id, owner)
        return latest.run if latest else None

    with st.container(key="outputs"):
        drawn = outputs.draw(run, run_id, download, again)
        if not drawn:
            completed = record.status is RunStatus.COMPLETED
            st.caption("This flow returns nothing." if completed else "No output.")
    _details(record, run)


def _details(record: RunRecord, run: Run) -> None:
    facts = {
        "Mode": MODES[record.mode],
        "Session": run.session_id or record.session_id,
        "Job": record.job_id,
        "Run": record.id,
        "Server": record.server_name,
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Details", icon=":material/info:", type="tertiary"):
            for name, value in facts.items():
                if value:
                    st.markdown(f":gray[{name}]  \n{plain(str(value))}")
            _inputs(record)
        opened = st.toggle("Raw answer", key=f"raw-{record.id}")
    if opened:
        _raw(record, run)


def _inputs(record: RunRecord) -> None:
    """What the run was given; the form beside it may hold something else by now."""
    given = {
        key: f"variable {value.name}" if isinstance(value, Variable) else value
        for key, value in record.overrides.items()
    }
    st.markdown(":gray[Inputs]")
    if given:
        text = export.json_bytes(given).decode()
        st.code(clip(text, INPUTS_LIMIT), language="json", wrap_lines=True)
    else:
        st.caption("None that differ from the flow's own.")


def _raw(record: RunRecord, run: Run) -> None:
    text = state.kept("raw", lambda: export.json_bytes(run.raw))
    limit = outputs.structured.TREE_LIMIT
    st.caption("What the server answered, with secrets replaced by ••••.")
    if len(text) <= limit:
        st.json(run.raw, expanded=2)
    else:
        st.caption(f"It is {len(text):,} bytes long; save it to read it whole.")
    st.download_button(
        "Save",
        text,
        file_name=export.file_name(record.flow_name, record.id[:8], ending="json"),
        mime="application/json",
        key=f"save-raw-{record.id}",
        on_click="ignore",
        icon=":material/download:",
    )
