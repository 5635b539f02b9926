"""The progress of a run: its components and the messages as they are written."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import format_timing
from lfclient.console.presentation.component_names import ComponentNames
from lfclient.console.presentation.statuses import component_state_label
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef
from lfclient.runs.components import ComponentRun, ComponentState, Message
from lfclient.runs.model import Run
from pages._ui.components import graph
from pages._ui.components import view as components_view
from pages._ui.components.states import leaf_components, leaf_runs
from pages._ui.connection.app_context import open_client
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import view as outputs_view
from pages._ui.state import run_page
from pages._ui.widgets.markdown import escape, strip_remote_images
from pages._ui.widgets.placeholder import Placeholder
from pages._ui.widgets.status_badges import component_style

MAX_SHOWN_CHARS = 20_000  # of a message in progress, its end; the full text follows with the result
_ENDED_STATES = (ComponentState.DONE, ComponentState.FAILED, ComponentState.SKIPPED)
_RESULT_STATES = (ComponentState.DONE, ComponentState.FAILED)
_PLACEHOLDERS = {  # by whether any component is done
    True: "Select a finished component",
    False: "Select a failed component",
}
_NO_EVENTS_TEXT = (
    "This Langflow release does not report progress. Component details appear when the run ends."
)
_ONE_CALL_TEXT = "Synchronous runs report no progress. Component details appear when the run ends."


def component_states(record: RunRecord) -> Hashable:
    """Return a value that changes whenever a component's state does."""
    components = record.run.components if record.run else {}
    return tuple((name, one.state) for name, one in components.items())


class LiveProgress:
    """The view of a running run: progress, components and text, each updated in place."""

    def __init__(self) -> None:
        self._progress = Placeholder()
        self._components = st.container()
        self._graph: graph.FlowGraph | None = None
        self._frames = Placeholder(empty=())
        self._texts: dict[str, Placeholder] = {}

    def show(self, record: RunRecord, flow: Flow | None) -> None:
        """Update what has changed."""
        progress = _progress(record, flow)
        self._progress.show(progress, lambda place: _draw_progress(place, *progress))
        if self._graph and record.run:
            self._graph.update(record.run.components)
        written = [one for one in flow_messages(record.run) if not one.complete]
        names = tuple((one.id, one.sender_name) for one in written)
        self._frames.show(names, lambda place: self._draw_frames(place, written))
        for one in written:
            text = one.visible_text
            self._texts[one.id].show(text, partial(_draw_text, text=text))

    def draw_components(self, server: ServerSession, record: RunRecord, flow: Flow | None) -> None:
        """Draw the components once; `show` then updates their graph."""
        with self._components:
            self._graph = draw_components(server, record, flow, ended=False)

    def _draw_frames(self, place: DeltaGenerator, written: list[Message]) -> None:
        """Draw a frame for each message in progress."""
        with place.container():
            for message in written:
                with st.container(border=True):
                    st.caption(
                        f":material/edit: {escape(message.sender_name or 'The flow')} is writing…"
                    )
                    self._texts[message.id] = Placeholder()


def reports_progress(record: RunRecord) -> bool:
    """Return whether a run reports progress."""
    # the releases that do not are those without a limit on parallel runs
    return record.mode != "sync" and record.queue_limit is not None


def _progress(record: RunRecord, flow: Flow | None) -> tuple[float | None, str]:
    """Return the share of ended components and a caption, or None and why it is unknown."""
    components = record.run.components if record.run else {}
    if components:
        done = sum(one.state in _ENDED_STATES for one in components.values())
        running = (one for one in components.values() if one.state is ComponentState.RUNNING)
        names = ComponentNames(flow, components)
        labels = [names.label(one.component_id, one.display_name, 40) for one in running]
        words = f"{done} of {len(components)} components"
        if labels:
            words += f" · Running {', '.join(map(escape, labels[:3]))}"
        return done / len(components), words
    if record.mode == "sync":
        return None, _ONE_CALL_TEXT
    is_silent = record.run is not None and not reports_progress(record)
    return None, _NO_EVENTS_TEXT if is_silent else ""


def _draw_progress(place: DeltaGenerator, part: float | None, words: str) -> None:
    if part is not None:
        place.progress(part, words)
    elif words:
        place.caption(words)


def _draw_text(place: DeltaGenerator, text: str) -> None:
    """Draw the end of a message's text so far."""
    visible = strip_remote_images(text[-MAX_SHOWN_CHARS:])[0]
    if len(text) <= MAX_SHOWN_CHARS:
        place.markdown(visible)
        return
    with place.container():
        st.caption(f"Showing the last {MAX_SHOWN_CHARS:,} of {len(text):,} characters")
        st.markdown(visible)


def flow_messages(run: Run | None) -> list[Message]:
    """Return the messages of the flow, not the user's, in order."""
    return [one for one in run.messages.values() if one.sender != "User"] if run else []


def draw_components(
    server: ServerSession, record: RunRecord, flow: Flow | None, *, ended: bool
) -> graph.FlowGraph | None:
    """Draw the components as a graph or a table, and one component's output; return the graph.

    Call it once per script or fragment run: its widgets have keys.
    """
    run = record.run
    if run is None or not run.components:
        return None
    # the run still names the components of a flow that is not loaded or was deleted
    drawn = flow or _flow_without_edges(record, run)
    view = components_view.choose_view()
    known = {
        one.component_id: one
        for _, one, _ in leaf_runs(drawn, run.components, ended=ended)
        if one.state in _RESULT_STATES
    }

    def choose(component_id: str) -> None:
        """Choose the component, or the last one with a result inside a group."""
        inside = drawn.component(component_id)
        ids = [leaf.id for leaf in leaf_components(inside)] if inside else [component_id]
        found = [name for name in ids if name in known]
        if found:
            st.session_state[run_page.component_key(record.id)] = found[-1]

    drawing = components_view.draw(
        drawn,
        run.components,
        view=view,
        ended=ended,
        key=f"graph-{record.id}-{ended}",
        on_choose=choose,
    )
    draw_result(server, record, known)
    return drawing


def draw_result(server: ServerSession, record: RunRecord, known: dict[str, ComponentRun]) -> None:
    """Draw a select box of the components with a result, and the chosen one's output."""
    if not known:
        return

    def label(name: str) -> str:
        one = known.get(name)
        if one is None:
            return name
        look = component_style(one.state, ended=record.ended)
        took = f" · {format_timing(one.seconds)}" if one.seconds is not None else ""
        # the browser identifies an option by its label, so labels must be unique
        has_namesake = (
            sum(_component_name(other) == _component_name(one) for other in known.values()) > 1
        )
        return f"{look.symbol} {_component_name(one)}{f' ({name})' if has_namesake else ''}{took}"

    chosen = st.selectbox(
        "Component output",
        list(known),
        index=None,
        format_func=label,
        key=run_page.component_key(record.id),
        placeholder=_PLACEHOLDERS[any(one.state is ComponentState.DONE for one in known.values())],
    )
    if chosen in known:
        with st.container(border=True, key="component-result"):
            _draw_component_output(server, record, known[chosen])


def _draw_component_output(server: ServerSession, record: RunRecord, one: ComponentRun) -> None:
    def download(ref: FileRef) -> bytes:
        with open_client(server.connection) as api:
            return api.download(ref)

    look = component_style(one.state, ended=record.ended)
    word = component_state_label(one.state, ended=record.ended)
    st.markdown(f"**{escape(_component_name(one))}** :{look.colour}-badge[{look.icon} {word}]")
    if one.error:
        st.error(escape(one.error.message), icon=":material/error:")
    elif one.output is None:
        st.caption("No output")
    else:
        outputs_view.draw_output(one.output, record.id, f"component-{one.component_id}", download)
    if one.log:
        st.caption("Log")
        st.code("\n".join(one.log), language=None, wrap_lines=True, height=160)


def _component_name(one: ComponentRun, flow: Flow | None = None) -> str:
    known = flow.component(one.component_id) if flow else None
    return one.display_name or (known.display_name if known else one.component_id)


def _flow_without_edges(record: RunRecord, run: Run) -> Flow:
    found = (
        Component(one.component_id, "", _component_name(one)) for one in run.components.values()
    )
    return Flow(record.flow_id, record.flow_name, tuple(found))
