"""Draw a run's errors: in words where the cause is known, with a button that leads to the fix."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.components import RunError
from lfclient.runs.error_causes import explain_error
from lfclient.runs.model import Run
from pages._ui.connection import local_panel
from pages._ui.connection.server_session import ServerSession
from pages._ui.run import error_advice
from pages._ui.run.error_advice import Advice, FixButton
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, escape_message


def draw(
    server: ServerSession,
    record: RunRecord,
    run: Run,
    *,
    show_form: Callable[[], None] | None = None,
    buttons: DeltaGenerator | None = None,
) -> None:
    """Draw a run's errors, each with a button that leads to its field or provider.

    The buttons are in the place `buttons`, by default below their errors. They call `show_form`
    first, where the form may be closed.
    """
    needs_flow = any(map(error_advice.needs_flow, run.errors))
    flow = server.cached_flow(record.flow_id, max_wait=None if needs_flow else 0)
    names = ComponentNames(flow, run.components, run.outputs)
    for number, error in enumerate(run.errors):
        key = f"{record.id}-{number}"
        source = names.error_source(error) or error_advice.name_sources(error.message, flow)
        advice = error_advice.advise(server, record, flow, error)
        _draw_error(error, source, advice, key)
        with nullcontext() if buttons is None else buttons:
            _draw_button(advice.button, key, show_form)


def draw_problem(
    server: ServerSession,
    record: RunRecord,
    heading: str,
    *,
    warning: bool,
    show_form: Callable[[], None] | None = None,
) -> None:
    """Draw why the console could not start a run or tell its outcome.

    The components that the server's text means are named instead of `heading`.
    """
    problem = record.problem
    if problem is None:
        return
    if problem.cause is None:
        alerts.show_message(heading, problem.message, problem.hint, warning=warning)
        return
    flow = server.cached_flow(record.flow_id, max_wait=None)
    source = error_advice.name_sources(problem.message, flow)
    advice = error_advice.advise(server, record, flow, RunError(problem.message))
    title = f"{source} failed" if source else heading
    alerts.show_message(title, advice.reason, advice.hint, warning=warning)
    _draw_details("Details", problem.message, f"problem-{record.id}", "content")
    _draw_button(advice.button, record.id, show_form)


def draw_packages(server: ServerSession, record: RunRecord) -> None:
    """Draw a button for each package that the local Langflow lacked, by the run's errors."""
    messages = [record.problem.message] if record.problem else []
    messages += [error.message for error in record.run.errors] if record.run else []
    causes = [cause for cause in map(explain_error, messages) if cause]
    names = [cause.name for cause in causes if cause.code is CauseCode.PACKAGE_MISSING]
    local_panel.draw_install_buttons(server.connection, names, "run")


def _draw_error(error: RunError, source: str, advice: Advice, key: str) -> None:
    heading = f"**{escape(source)}** failed" if source else "**The flow failed**"
    lines = [heading, escape_message(advice.reason)]
    if advice.hint:
        lines.append(f":material/arrow_forward: {escape_message(advice.hint)}")
    st.error("\n\n".join(lines), icon=":material/error:")
    is_whole = advice.reason == error.message
    details = "\n\n".join(filter(None, ["" if is_whole else error.message, error.traceback]))
    if details:
        height: int | Literal["content"] = 320 if error.traceback else "content"
        _draw_details("Traceback" if is_whole else "Details", details, f"traceback-{key}", height)


def _draw_details(label: str, text: str, key: str, height: int | Literal["content"]) -> None:
    draw = partial(st.code, text, language=None, height=height)
    st.fragment(controls.lazy_expander)(label, key, draw)


def _draw_button(button: FixButton | None, key: str, show_form: Callable[[], None] | None) -> None:
    if button:
        st.button(
            button.label,
            key=f"fix-{key}",
            icon=":material/build:",
            on_click=_show_part,
            args=(button, show_form),
        )


@notify_errors()
def _show_part(button: FixButton, show_form: Callable[[], None] | None) -> None:
    if show_form:
        show_form()
    button.on_click()
