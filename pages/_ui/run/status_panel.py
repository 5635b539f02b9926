"""The run on the page: its status as it changes, then its result."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitInvalidLayoutContextError

from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.statuses import component_state_label
from lfclient.flows.model import Flow
from lfclient.runs.answers import LiveOutput, live_outputs
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from pages._ui.app import navigation
from pages._ui.components.graph import FlowGraph
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form_state import FormState
from pages._ui.outputs import view as outputs_view
from pages._ui.run import approval, messages, pace, progress, status
from pages._ui.run import controls as run_controls
from pages._ui.run import details as run_details
from pages._ui.state import run_page
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.controls import Placeholder
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.status_badges import component_style

# how long a fragment continues before it reruns: an immediate rerun would drop what was just
# drawn, and components that end together share one rerun
FLUSH_SECONDS = 0.02
# how long the rest of the page waits for a new run, which often ends meanwhile, and for the
# browser to show its status or result: drawing the page competes with both for the processor
FIRST_UPDATE_SECONDS = 0.3
HEAD_START = 0.03


@dataclass(frozen=True)
class Places:
    """Where the status and the progress of a run are drawn, beside its output."""

    head: DeltaGenerator
    progress: DeltaGenerator


class StatusPanel:
    """The status of a running run, its progress, text and components; only changes are redrawn.

    The duration is refreshed with other changes only: each tick starts with a new panel. At the
    end, `draw_result` draws the result, until the page is redrawn.
    """

    show_errors = staticmethod(alerts.show_errors)

    def __init__(self, places: Places, draw_result: Callable[[RunRecord], object]) -> None:
        self._draw_result = draw_result
        with places.head:
            self._head = Placeholder()
        with places.progress:
            self._progress = Placeholder()
        self._output: Placeholder | None = None
        self._graph: FlowGraph | None = None
        self.places: list[tuple[Placeholder | None, Placeholder]] = []

    def show(self, record: RunRecord, flow: Flow | None) -> None:
        """Update what has changed.

        "Completed" is not shown before the result, unless so many watch that their results wait for
        their turns, in `rerun_page`. "Failed" is: advice on an error may ask the server first.
        """
        record = record.with_tool_states(flow)
        if record.ended and not pace.is_crowded():
            if record.status is not RunStatus.COMPLETED:
                self._show_status(record, flow)
            self._show_result(record)
        else:
            outputs = self.live_outputs(record.run, flow) if record.run else []
            self._show_outputs(outputs, record, flow)
        self._show_status(record, flow)
        if self._graph and record.run:
            self._graph.update(record.run.components)

    def _show_status(self, record: RunRecord, flow: Flow | None) -> None:
        save_error = status.save_error(record)
        shown = (record.status, status.describe(record), save_error and save_error.message)
        self._head.show(shown, lambda place: self.draw_head(place, record))
        summary = self.summarize(record, flow)
        self._progress.show(summary, lambda place: progress.draw_summary(place, *summary))

    def _show_outputs(
        self, outputs: list[LiveOutput], record: RunRecord, flow: Flow | None
    ) -> None:
        has_titles = self.has_titles(outputs, flow)
        names = ComponentNames(flow, record.run.components if record.run else {})
        ids = tuple(one.component_id or (one.message and one.message.id) for one in outputs)
        count = len(outputs)
        self._show_output((ids, has_titles), lambda: self.draw_frames(count, has_titles))
        for (title_place, text_place), output in zip(self.places, outputs, strict=True):
            if title_place:
                title = self.title(output, _name(output, names))
                title_place.show(title, partial(DeltaGenerator.markdown, body=title))
            if output.message:
                text, is_complete = output.message.visible_text, output.message.complete
                work = self.describe_work(output.message, flow)
                note = work or ("" if text or is_complete else "Waiting for the first words.")
                draw_text = partial(progress.draw_text, text=text, note=note)
                text_place.show((text, note), draw_text)

    def _show_result(self, record: RunRecord) -> None:
        with suppress(Exception):  # the page that follows shows the error
            self._show_output("result", lambda: self._draw_result(record))

    def _show_output(self, content: Hashable, draw: Callable[[], object]) -> None:
        def fill(place: DeltaGenerator) -> None:
            with place.container():
                draw()

        # not before it is filled: what is below would jump up for a moment at each tick
        if self._output is None:
            with st.container(key="run-output"):
                self._output = Placeholder()
        self._output.show(content, fill)

    def rerun_page(self, record: RunRecord) -> None:
        """Rerun the page. If its run has ended, show the result while the page waits its turn."""
        if record.ended:
            time.sleep(HEAD_START)  # a rerun drops what was not sent yet
        pace.rerun_page(partial(self._show_result, record) if record.ended else None)

    def live_outputs(self, run: Run, flow: Flow | None) -> list[LiveOutput]:
        """Return what to show while the run goes on."""
        return live_outputs(run, flow)

    def has_titles(self, outputs: list[LiveOutput], flow: Flow | None) -> bool:
        """Return whether outputs have titles, as in the result: text must not move at the end."""
        return outputs_view.are_several(len(outputs), flow)

    def title(self, output: LiveOutput, name: str) -> str:
        """Return the title of one of several outputs as Markdown: its name, and what it does."""
        if output.message:
            badge = "" if output.message.complete else " :gray-badge[writing…]"
            return f":material/chat: **{escape(name)}**{badge}"
        style = component_style(output.state, ended=False)
        badge = style.badge(component_state_label(output.state, ended=False))
        return f"**{escape(name)}** {badge}"

    def draw_head(self, place: DeltaGenerator, record: RunRecord) -> None:
        """Draw the run's status."""
        status.draw(place, record)

    def summarize(self, record: RunRecord, flow: Flow | None) -> tuple[float | None, str]:
        """Return the share of ended components and a caption."""
        return progress.summarize(record, flow)

    def set_tab_title(self, record: RunRecord) -> None:
        """Show the run's status in the title of the browser tab."""
        _set_tab_title(record)

    def draw_components(self, server: ServerSession, record: RunRecord, flow: Flow | None) -> None:
        """Draw the components below the text, once; `show` then updates their graph."""
        with st.container(), st.container():  # as in the result, where they have a fragment
            self._graph = progress.draw_components(server, record, flow, ended=False)

    def describe_work(self, message: Message, flow: Flow | None) -> str:
        """Return which tools the writer of a message waits for, "" if none."""
        if not message.blocks:
            return ""
        return messages.using_text([message], messages.tool_names(flow))

    def draw_frames(self, count: int, has_titles: bool) -> None:
        """Draw a frame for each output, with places for its title and text in `self.places`."""
        if not count:
            with st.container(border=True):
                st.caption("Waiting for the first output.")
        self.places = []
        for _ in range(count):
            with st.container(border=True):
                self.places.append(output_places(has_titles))


def output_places(has_title: bool) -> tuple[Placeholder | None, Placeholder]:
    """Create the places of an output's title and text.

    The result has them in the same order: where it has no title, an empty place for one would let
    both texts be seen for a moment at the end.
    """
    return Placeholder() if has_title else None, Placeholder()


def _name(output: LiveOutput, names: ComponentNames) -> str:
    message = output.message
    if message and message.component_id == output.component_id:
        return names.message_label(message)
    return names.label(output.component_id or "")


def draw(
    server: ServerSession, record: RunRecord | None, progress_place: DeltaGenerator
) -> tuple[StatusPanel | None, run_details.ResultPlaces | None]:
    """Draw the status of a run and, once it has ended, its outputs; without a run, nothing.

    Returns the panel of a running run, for `wait_for_end` to update, and the places of the result
    of a run.

    Each part always has the same place on the page, so that nothing of the previous run stays
    under the next one's status until the page is complete.
    """
    if record is None:
        return None, None
    run_page.note_shown(record.id, has_ended=record.ended)
    with st.container(key="run-status"):
        with st.container(key="run-head", horizontal=True, vertical_alignment="center"):
            places = Places(st.container(), progress_place)
            status.draw_check_button(server, record)
            run_details.draw_width_switch(record)
            chat = st.container(key="run-chat", width="content")
            run_controls.draw_close_button(record)
        run_controls.draw_batch(server, record)
        if record.ended:
            status.draw(places.head.empty(), record)
        question = st.empty()
        if approval.pending_question(record):
            with question.container():
                approval.draw(server, record)
        tabs = run_details.draw_tabs(record)
        with tabs[0]:
            panel, components = _draw_output(server, record, places)
        links = run_details.draw_links_place()
    if run_page.NEW_RUN.get():
        show_first_update(server, record, panel)
    _set_tab_title(record)
    return panel, run_details.ResultPlaces(components, tabs[1:], links, chat)


def draw_empty(state: FormState) -> None:
    """Say where the results of a flow's first run will be, and how to start it unless one was."""
    step = "Fill in the form and click Run." if state.fields else "Click Run."
    advice = "" if state.was_refused else f"\n\n:small[:gray[{step}]]"
    with st.container(key="run-status"):
        st.markdown(f"## Results appear here{advice}")


def _draw_output(
    server: ServerSession, record: RunRecord, places: Places
) -> tuple[StatusPanel | None, DeltaGenerator | None]:
    """Draw a running run's text and components, or an ended run's problems and outputs.

    Return the running run's panel and the place of the ended run's components.

    Both runs have one place and the same containers: the browser shows the components of the
    running run until those of the ended one are drawn, and nothing moves meanwhile.
    """
    approval.draw_decisions(server, record)
    if not record.ended:
        make_panel = partial(StatusPanel, places, partial(_draw_result, server))
        return follow(server, record, make_panel), None
    # The panel showed the result first: with the same containers, the browser need not draw it
    # anew. They are the fragment's, `run-output`, and the one in its placeholder.
    with st.container():
        # with room for some lines only where it was started: components below were drawn before
        is_own = run_page.has_form(record.id, record.flow_id)
        opened_key = "opened-output" if run_page.was_opened_ended(record.id) else None
        with st.container(key="run-output" if is_own else opened_key), st.container():
            _draw_result(server, record)
        components = st.container()
    status.watch_saving(record)  # last, so that the output replaces the text that was written
    return None, components


def _draw_result(server: ServerSession, record: RunRecord) -> None:
    run_details.draw_problems(server, record)
    if record.run:
        run_details.draw_outputs(server, record, record.run)


def follow(
    server: ServerSession, record: RunRecord, make_panel: Callable[[], StatusPanel]
) -> StatusPanel | None:
    """Draw a running run, redraw it whenever it changes, and the page at its end."""
    first = {"at once": True}
    return _follow(server, record.id, make_panel, page_state(record), first)


def page_state(record: RunRecord) -> Hashable:
    """Return the state drawn outside the run's fragment; a change of it reruns the page."""
    question = approval.pending_question(record)
    stopping = record.stop_requested_at is not None
    asked = (question.request_id, question.sent) if question else None
    return record.ended, stopping, asked, status.is_asked_to_wait(record)


def _set_tab_title(record: RunRecord) -> None:
    navigation.set_title(status_badges.status_text(record))


def show_first_update(server: ServerSession, record: RunRecord, panel: StatusPanel | None) -> None:
    """Show the first moment of a new run. If it ends in it, show the end, then rerun the page."""
    if panel:
        for update in updates(record, time.monotonic() + FIRST_UPDATE_SECONDS):
            panel.show(update, server.cached_flow(update.flow_id))
            if update.ended:
                panel.rerun_page(update)
    time.sleep(HEAD_START)


def wait_for_end(
    server: ServerSession, record: RunRecord | None, panel: StatusPanel | None = None
) -> None:
    """Show updates of the run until the fragment's first tick; call it at the end of the page.

    Updates `panel`, and reruns the page if the run ends. Any click cuts the wait short.
    """
    if record is None:
        return
    for update in updates(record, time.monotonic() + pace.WAIT_SECONDS):
        if panel:
            panel.show(update, server.cached_flow(update.flow_id))
        if update.ended:
            panel.rerun_page(update) if panel else pace.rerun_page()
    # if a click has started another run of the script, end this one here: at its regular end it
    # would remove the fragments of the new one, which would then stop responding
    st.empty()


def updates(record: RunRecord, until: float) -> Iterator[RunRecord]:
    """Yield each newer record until the run has ended or the monotonic clock reaches `until`."""
    while not record.ended and (seconds_left := until - time.monotonic()) > 0:
        latest = app_context().runner.wait_for_change(
            record.id, record.version, seconds_left, pace.update_pause()
        )
        if latest is None or latest.version == record.version:
            return
        record = latest
        yield record


@st.fragment(run_every=pace.REFRESH_SECONDS)
def _follow(
    server: ServerSession,
    run_id: str,
    make_panel: Callable[[], StatusPanel],
    drawn: Hashable,
    first: dict[str, bool],
) -> StatusPanel | None:
    # After a lost connection, another thread of the session draws the page anew meanwhile, and the
    # places outside the fragment are gone.
    with suppress(StreamlitInvalidLayoutContextError), pace.watching():
        panel = make_panel()
        with panel.show_errors():
            return _redraw(server, run_id, panel, drawn, first)
    return None


def _redraw(
    server: ServerSession,
    run_id: str,
    panel: StatusPanel,
    drawn: Hashable,
    first: dict[str, bool],
) -> StatusPanel | None:
    """Redraw the run whenever it changes, and the whole page if `page_state` differs from `drawn`.

    Waits in short turns, since clicks inside fragments wait for it. The first time, as part of the
    page, it does not wait. Requests about the run are sent by its follower, not from here, so that
    closing or hiding the tab does not affect the run.
    """
    began = time.monotonic()
    record = app_context().runner.get(run_id, server.owner)
    if record is None:
        return None
    flow = server.cached_flow(record.flow_id)
    panel.show(record, flow)
    panel.draw_components(server, record, flow)
    if first.pop("at once", False):
        return panel
    panel.set_tab_title(record)
    if page_state(record) != drawn:
        panel.rerun_page(record)
    until = began + pace.tick_seconds()
    for latest in updates(record, until):
        panel.show(latest, flow)
        if page_state(latest) != drawn:
            panel.rerun_page(latest)
        if progress.component_states(latest) != progress.component_states(record):
            last = latest
            flushed = max(time.monotonic() + FLUSH_SECONDS, until - pace.WAIT_SECONDS)
            for last in updates(latest, flushed):
                panel.show(last, flow)
                if page_state(last) != drawn:
                    panel.rerun_page(last)
            # the select box of results has a key: it is drawn once a run
            st.rerun(scope="fragment")
    return panel
