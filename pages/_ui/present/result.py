"""The result of a run as an audience sees it: the output large, errors in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip, format_duration
from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.store.run_record import MISSING_OUTPUTS_REASONS, RunRecord
from lfclient.console.wording.run_notes import describe_notes
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs
from lfclient.outputs.model import FileRef
from lfclient.resources.server_resources import ServerResources
from lfclient.runs.answers import LiveOutput
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.components import Message, RunError
from lfclient.runs.error_causes import ErrorCause, explain_error
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.outputs import view as outputs_view
from pages._ui.outputs.card import Source
from pages._ui.outputs.message import draw_partial
from pages._ui.present import problems, share_result
from pages._ui.present.presented import (
    Presented,
    input_keys,
    is_presentable,
    output_titles,
)
from pages._ui.run import approval, progress, status, status_panel
from pages._ui.state import run_page
from pages._ui.state.present import visitor_presents
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape

_HEADINGS = {
    RunStatus.FAILED: "The flow failed",
    RunStatus.TIMED_OUT: "The flow took too long",
    RunStatus.INTERRUPTED: "The connection to the flow was lost",
    RunStatus.OUTCOME_UNKNOWN: "The connection to the flow was lost",
    RunStatus.UNKNOWN: "The outcome of the flow is unknown",
}
# causes of the console's own
_REASONS = {
    CauseCode.LANGFLOW_KEY_REFUSED: problems.NO_ACCESS,
    CauseCode.LANGFLOW_BUSY: ErrorCause(CauseCode.LANGFLOW_BUSY).message,
}
# of others, whoever made the flow has to know
_STEPS = {
    CauseCode.UNREACHABLE: problems.TRY_AGAIN,
    CauseCode.LIMITED: problems.TRY_AGAIN,
    CauseCode.CUT_OFF: problems.TRY_AGAIN,
    CauseCode.FILE_MISSING: problems.CHECK_VALUES,
}
_NOT_ACCEPTED = "The server could not be reached or did not accept it."


class AudiencePanel(status_panel.StatusPanel):
    """A running run without its components, tokens and notes; only the chosen outputs."""

    show_errors = staticmethod(problems.show_part_errors)

    def __init__(
        self,
        places: status_panel.Places,
        draw_result: Callable[[RunRecord], object],
        chosen: tuple[str, ...] | None,
    ) -> None:
        super().__init__(places, draw_result)
        self._chosen = chosen

    def live_outputs(self, run: Run, flow: Flow | None) -> list[LiveOutput]:
        """Return the chosen outputs; of a flow with only one, what is being written."""
        outputs = [
            replace(one, message=None)
            if one.message and not _is_of_chosen(one.message, flow, self._chosen)
            else one
            for one in super().live_outputs(run, flow)
        ]
        if flow is None or len(flow.terminals) < 2:
            return outputs
        chosen = self._chosen_ids(flow)
        return [one for one in outputs if one.component_id in chosen]

    def has_titles(self, outputs: list[LiveOutput], flow: Flow | None) -> bool:
        """Return whether there are several chosen outputs."""
        return len(self._chosen_ids(flow)) > 1

    def _chosen_ids(self, flow: Flow | None) -> Sequence[str]:
        return [
            leaf.id
            for leaf in (flow.terminals if flow else ())
            if self._chosen is None or leaf.id in self._chosen
        ]

    def title(self, output: LiveOutput, name: str) -> str:
        """Return the name."""
        return f"**{escape(name)}**"

    def draw_head(self, place: DeltaGenerator, record: RunRecord) -> None:
        """Draw the status and the duration."""
        draw_status(place, record)

    def summarize(self, record: RunRecord, flow: Flow | None) -> tuple[float | None, str]:
        """Return the share of ended components, without their names; or words on a long call."""
        ended, total = progress.count_components(record)
        if ended:
            return ended / total, f"{ended} of {total} steps"
        return None, progress.long_call_text(record)

    def set_tab_title(self, record: RunRecord) -> None:
        """Leave the title of the browser tab."""

    def describe_work(self, message: Message, flow: Flow | None) -> str:
        """Return nothing: tools are for who made the flow."""
        return ""

    def draw_frames(self, count: int, has_titles: bool) -> None:
        """Draw no frames, so that the text stays in its place at the end."""
        self.places = [status_panel.output_places(has_titles) for _ in range(count)]

    def draw_components(self, server: ServerSession, record: RunRecord, flow: Flow | None) -> None:
        """Draw nothing."""


def draw(
    presented: Presented,
    record: RunRecord | None,
    progress_place: DeltaGenerator,
    *,
    is_click_refused: bool = False,
) -> status_panel.StatusPanel | None:
    """Draw the run; return the panel of a running one.

    `is_click_refused` if a click had no effect, which stands in place of a result that is to come.
    """
    server = presented.server
    with st.container(key="run-status"):
        if record is None:
            if not is_click_refused:
                st.markdown(":gray[Results appear here.]")
            return None
        places = status_panel.Places(st.container(key="run-head"), progress_place)
        if record.ended:
            draw_status(places.head.empty(), record)
        status.draw_check_button(server, record)
        question = st.empty()
        if approval.pending_question(record):
            with question.container():
                approval.draw(server, record)
        with st.container(key="present-output"):
            panel = _draw_output(presented, record, places)
    if run_page.NEW_RUN.get():
        status_panel.show_first_update(server, record, panel)
    return panel


def _draw_output(
    presented: Presented, record: RunRecord, places: status_panel.Places
) -> status_panel.StatusPanel | None:
    """Draw a running run's text, and return its panel; or an ended run's result."""
    server = presented.server
    if not record.ended:
        chosen = presented.settings.outputs
        draw_result = partial(_draw_result, presented)
        make_panel = partial(AudiencePanel, places, draw_result, chosen)
        return status_panel.follow(server, record, make_panel)
    # the containers of the panel, which showed the result first, as on the Run page
    with st.container(), st.container(), st.container():
        _draw_result(presented, record)
    is_audience = not visitor_presents()
    share_result.draw(server, record, presented.flow, is_audience=is_audience)
    return None


def _draw_result(presented: Presented, record: RunRecord) -> None:
    server = presented.server
    draw_problem(record, presented)
    source = _PresentedSource(server, problems.advise(problems.TRY_AGAIN))
    outputs = presented.settings.outputs
    titles = output_titles(record, presented.flow, outputs)
    draw_outputs(
        record, presented.flow, outputs, titles, source, _reload(server, record), record.id
    )


def draw_problem(record: RunRecord, presented: Presented | None) -> None:
    """Draw why an ended run has no result, or not all of it.

    Without a presented flow, as for a shared result, nothing can be done about it.
    """
    heading, problem = _HEADINGS.get(record.status), record.problem
    if heading is None:
        return
    server = presented.server if presented else None
    errors = record.run.errors if record.run else ()
    found = [explain_error(error.message) for error in errors]
    if problem:
        is_own = problem.code in _REASONS
        found.append(ErrorCause(CauseCode(problem.code)) if is_own else problem.cause)
    causes = [cause for cause in found if cause]
    reasons = [_REASONS.get(cause.code, cause.message) for cause in causes]
    if problem and record.run is None and record.status is RunStatus.FAILED:
        heading, reasons = "The run did not start", reasons or [_NOT_ACCEPTED]
    if (
        server
        and server.takes_own_key
        and causes[:1] == [ErrorCause(CauseCode.LANGFLOW_KEY_REFUSED)]
    ):
        own_error = problems.own_key_error(server)
        alerts.show_message(heading, own_error.message, own_error.hint)
        problems.draw_connection_link()
        return
    hint = ""
    if presented and any(_is_of_input(presented, record, error) for error in errors):
        hint = problems.advise(problems.CHECK_VALUES)
    elif presented:
        hint = _hint(record, causes[0] if causes else None)
    alerts.show_message(heading, " ".join(dict.fromkeys(reasons)), hint)
    if server and visitor_presents():
        with problems.place_for_presenter("error"):
            st.caption("Exit shows the error of this run on the Run page.")


def _is_of_input(presented: Presented, record: RunRecord, error: RunError) -> bool:
    """Return whether what caused an error can be mended by an input of the view."""
    cause, flow = explain_error(error.message), presented.flow
    if cause is None:
        return False
    parameters = {cause.parameter, *cause.alternatives}
    needs = find_needs(flow, record.overrides, ServerResources())
    fields = map(flow.fields_by_key.get, input_keys(presented.settings, flow, needs))
    return any(
        field.target[1] in parameters and error.component_id in (None, field.target[0])
        for field in fields
        if field and is_presentable(field, record.overrides.get(field.key, field.default))
    )


def _hint(record: RunRecord, cause: ErrorCause | None) -> str:
    """Return what to do about a run that has failed."""
    if cause is None:
        has_run = record.status is RunStatus.FAILED and record.run
        return problems.advise(problems.CHECK_VALUES if has_run else problems.TRY_AGAIN)
    if cause.code is CauseCode.LANGFLOW_BUSY and record.problem:
        return record.problem.hint  # how long to wait
    if cause.code in _STEPS:
        return problems.advise(_STEPS[cause.code])
    return "" if visitor_presents() else problems.TELL_SENDER


def draw_status(place: DeltaGenerator, record: RunRecord) -> None:
    """Draw the status and the duration of a run, and what it waits for."""
    badge = status_badges.markdown_badge(record)
    waiting = "" if record.ended else _describe_wait(record)
    text = f"  :gray[{waiting}]" if waiting else ""
    place.markdown(f"{badge}  **{format_duration(record.elapsed())}**{text}")


def _describe_wait(record: RunRecord) -> str:
    if not record.worker:  # the console needs a key to go on
        hint = problems.CHECK_CONNECTION if visitor_presents() else problems.TELL_SENDER
        return f"{problems.NOT_FOLLOWED} {hint}"
    if not record.attempts:
        return problems.NOT_SENT
    is_refused = has_code(record.notes, NoteCode.DECISION_REFUSED, NoteCode.DECISION_LOST)
    if is_refused and approval.pending_question(record):
        return problems.DECIDE_AGAIN
    if has_code(record.stop_result, NoteCode.STOP_REFUSED):
        return describe_notes([Note(NoteCode.STOP_REFUSED)])
    return problems.WAITING if record.notes or record.status is RunStatus.QUEUED else ""


def draw_outputs(
    record: RunRecord,
    flow: Flow | None,
    chosen: tuple[str, ...] | None,
    titles: Mapping[str, str],
    source: Source,
    reload: outputs_view.GetRun,
    name: str,
) -> None:
    """Draw the chosen outputs of an ended run, by default all.

    A shared result has no `flow`. `titles`, by component id, replace the names that the run has.
    `name` stands for the run's id on the page. An audience reads no ids.
    """
    run = record.run
    if run is None or record.stored_parts in MISSING_OUTPUTS_REASONS:
        if record.status is RunStatus.COMPLETED:
            st.caption("The result was not saved.")
        return
    with st.container(key="outputs"):
        outputs = {id: output for id, output in run.distinct_outputs.items() if not output.is_error}
        ids = [id for id in outputs if chosen is None or id in chosen]
        possible = {*ids, *(one.component_id for one in run.not_run)}
        shown = possible if chosen is None else possible.intersection(chosen)
        for message in run.unfinished_messages if record.status is not RunStatus.COMPLETED else ():
            if _is_of_chosen(message, flow, chosen):
                draw_partial(message.visible_text, "Result", name, message.id, source)
        for number, id in enumerate(ids):
            outputs_view.draw_card(
                outputs_view.get_lazily(run, reload),
                id,
                name,
                source,
                key=str(number),
                title=titles.get(id) or outputs[id].display_name or "Result",
                with_title=len(shown) > 1,
                show_errors=problems.show_part_errors,
                is_presented=True,
            )
        if not ids and record.status is RunStatus.COMPLETED:
            st.caption("The flow returned nothing to show.")


def _is_of_chosen(message: Message, flow: Flow | None, chosen: tuple[str, ...] | None) -> bool:
    """Return whether a message can be of chosen outputs only; if `chosen` is None, of any.

    It names what feeds its output: outputs that share it can't be told apart, nor any without the
    flow.
    """
    if chosen is None or (flow and len(flow.terminals) < 2):
        return True
    outputs = flow.outputs_by_sender.get(message.component_id or "", ()) if flow else ()
    return bool(outputs) and all(one.id in chosen for one in outputs)


def _reload(server: ServerSession, record: RunRecord) -> Callable[[], Run | None]:
    run_id, owner = record.id, server.owner

    def reload() -> Run | None:
        latest = app_context().runner.get(run_id, owner)
        return latest.run if latest else None

    return reload


@dataclass(frozen=True)
class _PresentedSource:
    """The server, with errors in words for an audience. `hint` says what to do."""

    server: ServerSession
    hint: str

    def require_access(self) -> None:
        self.server.require_access()

    def download(self, ref: FileRef) -> bytes:
        try:
            return self.server.download(ref)
        except LangflowError as error:
            message = f"“{clip(ref.name, 100)}” can't be loaded right now."
            raise LangflowError(message, hint=self.hint) from error
