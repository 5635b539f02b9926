"""The presented flow on the page: its head, its inputs, and the buttons."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip, list_names
from lfclient.console.form.check import FormResult
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidRequest
from lfclient.flows.field import ProblemCode
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.flows.validation import SECRET_MASK
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.form.fields import draw_plain_field
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form import mark_refused
from pages._ui.present import editing, entry, head, problems, readiness
from pages._ui.present.presented import (
    Presented,
    examples,
    fill_example,
    misfits,
    shown_inputs,
)
from pages._ui.run import controls as run_controls
from pages._ui.run import run_form
from pages._ui.state import run_options, run_page
from pages._ui.state.notices import notify_errors
from pages._ui.state.present import ENTERED, visitor_presents
from pages._ui.widgets import alerts, controls, focus
from pages._ui.widgets.alerts import MissingValue, NotReady
from pages._ui.widgets.markdown import escape

_MAX_NAMED = 5  # fields in a sentence


def find_run(presented: Presented) -> RunRecord | None:
    """Return the run in the address if it is one of this flow."""
    run_id = run_page.run_id()
    found = servers.find_run(run_id, presented.server) if run_id else None
    record = found[1] if found else None
    return record if record and record.flow_id == presented.flow.id else None


def places(presented: Presented) -> tuple[DeltaGenerator, DeltaGenerator | None]:
    """Return the place of the view, and that of its editor while it is open."""
    if not _is_edited(presented):
        return st.container(), None
    side, stage = st.columns([4, 9], gap="large")
    return stage.container(key="present-preview"), side


def _is_edited(presented: Presented) -> bool:
    return editing.is_edited(presented.server.owner, presented.flow.id)


def draw_head(presented: Presented, record: RunRecord | None) -> None:
    """Draw the title with the buttons beside it, and the description."""
    settings = presented.settings
    head.draw(
        presented.title,
        presented.description,
        settings.accent,
        large=settings.large,
        draw_controls=partial(_draw_controls, presented, record),
    )


def _draw_controls(presented: Presented, record: RunRecord | None) -> None:
    """Draw the buttons of whoever came from the Run page."""
    if not visitor_presents():
        return
    if not _is_edited(presented):
        if editing.has_draft(presented.server.owner, presented.flow.id):
            with st.container(key="present-unsaved", width="content"):
                st.caption("Unsaved changes")
        st.button(
            "Edit",
            key="present-edit",
            icon=":material/edit:",
            type="tertiary",
            on_click=editing.start,
            args=(presented.server.owner, presented.flow.id),
        )
    st.button(
        "Exit",
        key="present-exit",
        icon=":material/close:",
        type="tertiary",
        shortcut="Alt+P",
        on_click=entry.leave,
        args=(presented.server.owner, presented.flow.id, record.id if record else None),
    )


def draw_inputs(presented: Presented, form: FlowForm) -> None:
    """Draw the chosen inputs."""
    inputs = shown_inputs(presented, form)
    with controls.place_above_fields():
        _draw_entered(presented)
        _draw_examples(presented, form)
        obstacle = readiness.find_obstacle(presented, form, form.result.problems)
        if obstacle:
            with problems.place_for_presenter("obstacle"):
                words = escape(f"{obstacle.message} {obstacle.hint}")
                st.caption(f":orange[:material/warning:] {words}")
        elif not inputs:
            with st.container(key="no-inputs"):
                st.caption("There is nothing to fill in. Click Run.")
    for field, label, help_text in inputs:
        draw_plain_field(field, form, label, help_text, problems.show_field_error)
    with problems.place_for_presenter("warnings"):
        _draw_warnings(presented, form)
    form.state.discard_undrawn(form.drawn)
    form.state.save()


def _draw_warnings(presented: Presented, form: FlowForm) -> None:
    if presented.lacks_preset:
        alerts.show_message(
            "The preset of this link was deleted",
            "The values of the presentation's own link are used instead.",
            warning=True,
        )
    name, omitted = misfits(form.state).get() or ("", [])
    if omitted:
        fields = presented.flow.fields_by_key
        names = [qualified_label_for_key(fields, key) for key in omitted]
        alerts.show_message(
            f"“{clip(name, 60)}” no longer fits this flow",
            f"The flow's own values are used for: {list_names(names, _MAX_NAMED)}."
            if visitor_presents()
            else "Some of the flow's own values are used instead.",
            warning=True,
        )


def _draw_entered(presented: Presented) -> None:
    """Show what an audience gets of the Run page's values to the presenter who came from there."""
    entered = ENTERED.get()
    if not entered or not entered.overrides or entered.flow_id != presented.flow.id:
        return
    secrets = [key for key, value in entered.overrides.items() if value == SECRET_MASK]
    with st.container(key="presenter-entered", gap="xsmall"):
        st.caption(
            "Shows the values of the Run page. Your audience gets them after *Edit* and *Save*."
        )
        if secrets:
            names = [qualified_label_for_key(presented.flow.fields_by_key, key) for key in secrets]
            words = escape(list_names(names, _MAX_NAMED))
            st.caption(f"Not used here: {words}. Presentations have no secrets.")


def _draw_examples(presented: Presented, form: FlowForm) -> None:
    offered = examples(presented)
    if not offered:
        return
    with st.container(key="present-examples", horizontal=True, vertical_alignment="center"):
        st.markdown("Fill in an example", width="content")
        for each in offered:
            st.button(
                escape(clip(each.name, 60)),
                key=f"example-{each.id}",
                on_click=_use_example,
                args=(presented, form, each.id),
            )


@notify_errors()
def _use_example(presented: Presented, form: FlowForm, preset_id: str) -> None:
    example = app_context().runner.store.presets.get(presented.server.owner, preset_id)
    if example is None:
        raise InvalidRequest("This example was deleted.")
    fill_example(presented, form, example)


def draw_buttons(presented: Presented, form: FlowForm, record: RunRecord | None) -> None:
    """Draw Run, or Stop while a run goes on."""
    running = record if record and not record.ended else None
    run_controls.show_refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        if running:
            run_controls.draw_stop_button(presented.server, running)
            run_controls.draw_refusing_key()
        else:
            run_controls.note_return_of_run()
            with st.container(key="run-button", width="content"):
                st.button(
                    "Run",
                    key="run",
                    on_click=_on_run,
                    args=(presented, form, run_page.submit_token()),
                    type="primary",
                    icon=":material/play_arrow:",
                    shortcut="Ctrl+Enter",
                )
    shown_id = record.id if record else None
    opened = run_page.run_to_scroll_to(shown_id, is_running=running is not None)
    focus.scroll_to(opened, "run-status", "run-status")


@notify_errors()
def _on_run(presented: Presented, form: FlowForm, token: str) -> None:
    """Start the run in a callback, before the page is drawn, so that the page shows its status."""
    if run_controls.was_meant_for_stop():
        return
    result = form.check(form.mode, {})
    if not result.ready:
        mark_refused(form, result.problems)
        raise _not_ready(presented, form, result)
    has_session = run_form.supports_session(form.server_info, form.flow)
    session_id = run_options.random_run_session() if has_session else None
    run_id = run_controls.start_runs(form, result.overrides, form.mode, [session_id], token)
    run_page.drop_submit_token(token)
    run_page.show_started(run_id)
    ENTERED.clear()


def _not_ready(presented: Presented, form: FlowForm, result: FormResult) -> InvalidRequest:
    labels = {field.key: label for field, label, _ in shown_inputs(presented, form)}
    errors = [problem for problem in result.problems if problem.level == "error"]
    own = [problem for problem in errors if problem.key in labels]
    obstacle = readiness.find_obstacle(presented, form, result.problems)
    if obstacle and len(own) < len(errors):
        return NotReady("", hint="")  # the line above the inputs says why
    if all(problem.code is ProblemCode.REQUIRED for problem in own):
        return MissingValue(list_names([labels[problem.key] for problem in own], _MAX_NAMED))
    reasons = " ".join(f"{labels[each.key]}: {each.message}" for each in own[:_MAX_NAMED])
    return InvalidRequest(reasons, hint="Correct the marked fields, then run again.")
