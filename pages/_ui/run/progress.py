"""The progress of a run: its components and the messages as they are written."""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip, list_names
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run
from lfclient.runs.tool_calls import mark_tools
from lfclient.wire.modes import MODES
from pages._ui.components import graph
from pages._ui.components import view as components_view
from pages._ui.components.states import leaf_components, leaf_runs, leaf_status
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.message import MAX_ERROR_LENGTH
from pages._ui.state import run_page
from pages._ui.widgets.markdown import escape, sanitize

MAX_SHOWN_CHARS = 20_000  # last characters of a message in progress; the result has the full text
_RESULT_STATES = (ComponentState.DONE, ComponentState.FAILED)
_ENDED_STATES = (*_RESULT_STATES, ComponentState.SKIPPED, ComponentState.NOT_CALLED)
_NO_EVENTS_TEXT = "This Langflow release does not report progress."
_LONG_CALL = timedelta(minutes=2)
_LONG_CALL_TEXT = (
    "No response for more than 2 minutes. A flow may take that long. If the connection broke or "
    "Langflow was restarted, there will be none: stop waiting."
)


def component_states(record: RunRecord) -> Hashable:
    """Return a value that changes whenever a component's state does."""
    components = record.run.components if record.run else {}
    return tuple((name, one.state) for name, one in components.items())


def reports_progress(record: RunRecord) -> bool:
    """Return whether a run reports progress."""
    # the releases that do not are those without a limit on parallel runs
    return MODES[record.mode].has_events and record.queue_limit is not None


def count_components(record: RunRecord) -> tuple[int, int]:
    """Return how many of the known components have ended, and how many are known."""
    components = record.run.components if record.run else {}
    return sum(one.state in _ENDED_STATES for one in components.values()), len(components)


def long_call_text(record: RunRecord) -> str:
    """Return what to say of a call that was sent minutes ago; "" for other runs."""
    if MODES[record.mode].response != "result" or record.started_at is None:
        return ""
    is_long = datetime.now(UTC) - record.started_at > _LONG_CALL
    return _LONG_CALL_TEXT if is_long else ""


def summarize(record: RunRecord, flow: Flow | None) -> tuple[float | None, str]:
    """Return the share of ended components and a caption, or None and why it is unknown."""
    components = record.run.components if record.run else {}
    if components:
        ended, total = count_components(record)
        running = (one for one in components.values() if one.state is ComponentState.RUNNING)
        names = ComponentNames(flow, components)
        labels = [names.label(one.component_id, one.display_name, 40) for one in running]
        words = f"{ended} of {total} components"
        if labels:
            words += f" · Running {escape(list_names(labels, 3))}"
        return ended / total, words
    mode = MODES[record.mode]
    if not mode.has_events:
        return None, long_call_text(record) or f"{mode.label} runs report no progress."
    is_silent = record.run is not None and not reports_progress(record)
    return None, _NO_EVENTS_TEXT if is_silent else ""


def draw_summary(place: DeltaGenerator, part: float | None, words: str) -> None:
    """Draw what `summarize` returned."""
    if part is not None:
        place.progress(part, words)
    elif words:
        place.caption(words)


def draw_text(place: DeltaGenerator, text: str, note: str = "") -> None:
    """Draw the end of a text that is being written, and a note on how it goes on."""
    visible = sanitize(text[-MAX_SHOWN_CHARS:])[0]
    if len(text) <= MAX_SHOWN_CHARS and not note:
        place.markdown(visible)
        return
    with place.container():
        if len(text) > MAX_SHOWN_CHARS:
            st.caption(f"Showing the last {MAX_SHOWN_CHARS:,} of {len(text):,} characters")
        if text:
            st.markdown(visible)
        if note:
            st.caption(escape(note))


def draw_components(
    server: ServerSession, record: RunRecord, flow: Flow | None, *, ended: bool
) -> graph.FlowGraph | None:
    """Draw the components as a graph or a table, and one component's output; return the graph.

    They can be folded away, which holds for other runs and after a reload. Call it once per script
    or fragment run: its widgets have keys.
    """
    run = record.run
    if run is None or not run.components:
        return None
    panel = st.expander(
        "Components",
        expanded=not run_page.are_components_folded(),
        key=f"components-{record.id}",
        on_change="rerun",
    )
    run_page.set_components_folded(not panel.open)
    if not panel.open:
        return None
    with panel:
        return _draw_components(server, record, run, flow, ended=ended)


def _draw_components(
    server: ServerSession, record: RunRecord, run: Run, flow: Flow | None, *, ended: bool
) -> graph.FlowGraph | None:
    names = ComponentNames(flow, run.components, run.outputs)
    drawn = flow or _flow_without_edges(record, run, names)
    components = mark_tools(run, drawn).components
    with_result = {
        component.component_id: component
        for _, component, _ in leaf_runs(drawn, components, ended=ended)
        if component.state in _RESULT_STATES
    }
    key = run_page.component_key(record.id)

    def choose(component_id: str) -> None:
        """Choose the component, or the last one with a result inside a group."""
        chosen = drawn.component(component_id)
        ids = [leaf.id for leaf in leaf_components(chosen)] if chosen else [component_id]
        choices = [id for id in ids if id in with_result]
        if choices:
            st.session_state[key] = choices[-1]

    graph_key = f"graph-{record.id}"
    flow_graph = components_view.draw(
        drawn, components, ended=ended, key=graph_key, on_choose=choose
    )
    # without a graph there is nothing else to choose a component from
    if with_result and (flow_graph is None or st.session_state.get(key) is not None):
        _draw_result(server, record.id, with_result, names)
    return flow_graph


def _draw_result(
    server: ServerSession,
    run_id: str,
    with_result: dict[str, ComponentRun],
    names: ComponentNames,
) -> None:
    """Draw a select box of the components with a result, and the chosen one's output."""
    statuses = {
        component_id: leaf_status(component, None, ended=True)
        for component_id, component in with_result.items()
    }

    def label(component_id: str) -> str:
        if component_id not in statuses:
            return component_id
        status = statuses[component_id]
        # the browser identifies an option by its label; these names are unique
        words = f"{status.style.symbol} {names.label(component_id)}"
        return f"{words} · {status.detail}" if status.detail else words

    is_any_done = any(status.state is ComponentState.DONE for status in statuses.values())
    chosen = st.selectbox(
        "Component output",
        list(with_result),
        index=None,
        format_func=label,
        key=run_page.component_key(run_id),
        placeholder="Select a finished component" if is_any_done else "Select a failed component",
    )
    if chosen in with_result:
        status = statuses[chosen]
        with st.container(border=True, key="component-result"):
            badge = status.style.badge(status.word)
            name = names.label(chosen)
            st.markdown(f"**{escape(name)}** {badge}")
            _draw_component_output(server, run_id, with_result[chosen], name)


def _draw_component_output(
    server: ServerSession, run_id: str, component: ComponentRun, name: str
) -> None:
    if component.error:
        st.error(escape(clip(component.error.message, MAX_ERROR_LENGTH)), icon=":material/error:")
    elif component.output is None:
        st.caption("No output")
    else:
        key = f"component-{component.component_id}"
        title = f"component {name}"  # its output may also be drawn as one of the run
        outputs_view.draw_output(component.output, run_id, key, server, title)
    if component.log:
        st.caption("Log")
        st.code("\n".join(component.log), language=None, wrap_lines=True, height=160)


def _flow_without_edges(record: RunRecord, run: Run, names: ComponentNames) -> Flow:
    """Return the components of a run whose flow is not loaded or was deleted, by unique names."""
    components = (Component(id, "", names.label(id, max_length=40)) for id in run.components)
    return Flow(record.flow_id, record.flow_name, tuple(components))
