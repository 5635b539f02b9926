"""The form of a flow's parameters."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.statuses import DOES_NOT_RUN
from lfclient.flows.field import Field, Problem
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import field_label
from lfclient.flows.validation import REQUIRED_MESSAGE, check_overrides
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import json_editor, prefill
from pages._ui.form.fields import FormContext, draw_chat_files, draw_chat_input, draw_field
from pages._ui.form.form_state import FormState, form_state, reset_fields
from pages._ui.widgets import focus
from pages._ui.widgets.markdown import escape, inline_code

MAX_TOP_FIELDS = 24  # fields at the top; the others are in their components
PAGE_SIZE = 30  # fields of one component or search drawn at once
MAX_DRAWN_FIELDS = 60  # the cost of text boxes in a rerun grows with the square of their number


@dataclass(frozen=True)
class FormResult:
    """The overrides to send; `ready` is true if no problem prevents a run."""

    overrides: dict[str, Any]
    problems: list[Problem]
    ready: bool


@dataclass(frozen=True)
class FlowForm:
    """A form whose entries are read and checked, but which is not drawn yet.

    The two steps let a run start and show its status before the form is drawn again.
    """

    flow: Flow
    result: FormResult
    _context: FormContext

    def draw(self) -> None:
        """Draw the form."""
        form = self._context.form
        fields = self.flow.fields_by_key
        prefill.draw(form, self.flow)
        _draw_fields(self.flow, _form_fields(fields, form.chat), self._context)
        json_editor.draw(form, self.flow, fields)
        form.discard_undrawn(self._context.drawn)
        form.save(self.flow)
        if form.scroll_token:
            _scroll_to_first_problem(self._context)


def flow_form(
    flow: Flow,
    server: ServerSession,
    *,
    mode: str,
    server_info: ServerInfo,
    variables: Sequence[str],
    chat: bool = False,
) -> FlowForm:
    """Read and check the form of a flow.

    Files are sent to `server`, whose owner separates the forms of flows with the same id on
    different servers. `variables` are the names of the server's variables. A `chat` has its own
    form, without the flow's message and attachments.
    """
    form = form_state(server.owner, flow, chat=chat)
    fields = flow.fields_by_key
    form.read_widgets(fields)
    if form.collect_uploads(fields):
        server.refresh("files")
    form.drop_stale(fields)
    result = _evaluate(form, flow, _form_fields(fields, chat), mode, server_info)
    by_field: dict[str, list[Problem]] = {}
    uploading = form.unfinished_uploads()  # drawn as progress, not as errors
    for problem in [each for each in result.problems if each not in uploading]:
        by_field.setdefault(problem.key, []).append(problem)
    for key, text in prefill.active_hints(form).items():
        by_field.setdefault(key, []).append(Problem(key, "warning", text))
    silent = frozenset(component.id for component in flow.unconnected)
    context = FormContext(form, server, mode, server_info, variables, by_field, {}, silent)
    return FlowForm(flow, result, context)


def _form_fields(fields: Mapping[str, Field], chat: bool) -> dict[str, Field]:
    """Return the fields of the form; a chat's form leaves out its message and attachments."""
    if not chat:
        return dict(fields)
    return {
        key: field for key, field in fields.items() if not (field.chat_input or field.chat_files)
    }


def apply_json_edits(owner: str, flow: Flow, *, chat: bool = False) -> None:
    """Apply pending JSON edits before the form is read for a run."""
    json_editor.apply_pending(form_state(owner, flow, chat=chat), flow)


def mark_started(owner: str, flow: Flow, *, chat: bool = False) -> None:
    """Clear the form's messages after a run has started."""
    form = form_state(owner, flow, chat=chat)
    prefill.clear_source(form)
    form.was_refused = False


def mark_refused(
    owner: str, flow: Flow, problems: Sequence[Problem], *, chat: bool = False
) -> None:
    """Mark the form after a refused run: fields show their problems, and the page scrolls there."""
    form = form_state(owner, flow, chat=chat)
    form.was_refused, form.scroll_token = True, uuid.uuid4().hex
    wrong = {problem.key for problem in problems if problem.level == "error"}
    top = {
        field.key
        for field in [field for field in flow.fields if _is_top_field(field)][:MAX_TOP_FIELDS]
    }
    for field in flow.fields:
        if field.key in wrong - top and not (field.chat_input or field.chat_files):
            st.session_state[_expander_key(form, field.component)] = True


def load_overrides(
    owner: str,
    flow: Flow,
    overrides: Mapping[str, Any],
    source: str = "",
    hints: Mapping[str, str] | None = None,
) -> None:
    """Fill the form with overrides; the earlier entries can be restored.

    `source` is a sentence about their origin, shown above the form. `hints` are shown at fields,
    by key, and the components of those fields are opened.
    """
    form = form_state(owner, flow)
    prefill.fill(form, flow, overrides, source, hints or {})
    for field in flow.fields:
        if hints and field.key in hints:
            st.session_state[_expander_key(form, field.component)] = True


def _expander_key(form: FormState, component_id: str) -> str:
    return f"open-{form.owner[:12]}-{form.flow_id}-{component_id}"


def _scroll_to_first_problem(context: FormContext) -> None:
    """Scroll to the first drawn field with an error."""
    form = context.form
    mark, form.scroll_token = form.scroll_token, ""
    for field in context.drawn:
        if any(problem.level == "error" for problem in context.problems.get(field, ())):
            component, _, parameter = field.rpartition(".")
            key = f"param-{component}-{parameter}"
            focus.scroll_to(mark, key, key)
            return


def _evaluate(
    form: FormState, flow: Flow, fields: Mapping[str, Field], mode: str, server_info: ServerInfo
) -> FormResult:
    overrides = form.overrides(fields)
    for field in fields.values():
        if field.chat_input and field.key not in overrides:
            overrides[field.key] = field.default or ""
    left_out = {field.key for field in flow.fields} - fields.keys()
    problems = [
        problem
        for problem in check_overrides(flow, overrides, mode, server_info)
        if problem.key not in form.entries.errors
        and not (problem.key in left_out and problem.message == REQUIRED_MESSAGE)
    ]
    problems += [
        Problem(key, "error", text)
        for key, text in form.entries.errors.items()
        if key not in left_out
    ]
    problems += [*form.file_problems(fields), *form.unfinished_uploads()]
    # a field whose value was refused or is still uploading is not missing
    there = {
        one.key for one in problems if one.level == "error" and one.message != REQUIRED_MESSAGE
    }
    problems = [one for one in problems if one.message != REQUIRED_MESSAGE or one.key not in there]
    if form.json_error:
        problems.append(Problem("Overrides as JSON", "error", form.json_error))
    ready = not any(problem.level == "error" for problem in problems)
    return FormResult(overrides, problems, ready)


def _draw_fields(flow: Flow, fields: Mapping[str, Field], context: FormContext) -> None:
    chat = [field for field in fields.values() if field.chat_input]
    for field in chat:
        draw_chat_input(field, context)
    with_text = {field.component for field in chat}
    files = [
        field for field in fields.values() if field.chat_files and field.component in with_text
    ]
    for field in files:
        draw_chat_files(field, context)
    top = {field.key for field in (*chat, *files)}
    first = [field for field in fields.values() if field.key not in top and _is_top_field(field)][
        :MAX_TOP_FIELDS
    ]
    for field in first:
        draw_field(field, context, with_component=True)
    top |= {field.key for field in first}
    rest = [field for field in fields.values() if field.key not in top]
    if not fields:
        st.caption(":material/info: This flow has no parameters. Press Run.")
        return
    _draw_dropped(context.form)
    text = _draw_search(fields, context) if len(fields) > 1 else ""
    if text:
        _draw_matches(text, fields, context)
    else:
        _draw_components(flow, rest, context)


def _is_top_field(field: Field) -> bool:
    return field.api_editable or field.required


def _draw_search(fields: Mapping[str, Field], context: FormContext) -> str:
    form = context.form
    changed = [field for field in fields.values() if form.is_modified(field.key)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="param-search"):
            text = st.text_input(
                "Search all parameters",
                key=f"param-search-{form.owner[:12]}-{form.flow_id}",
                placeholder=f"Search all {len(fields)} parameters",
                label_visibility="collapsed",
                icon=":material/search:",
                live=True,
                persist_state="session",
            )
        st.button(
            f"Reset all ({len(changed)})" if changed else "Reset all",
            key="reset-all",
            type="tertiary",
            disabled=not changed,
            on_click=reset_fields,
            args=(form, changed),
        )
    return (text or "").strip().casefold()


def _draw_matches(text: str, fields: Mapping[str, Field], context: FormContext) -> None:
    found = [
        field
        for field in fields.values()
        if field.key not in context.drawn
        and all(word in _search_text(field) for word in text.split())
    ]
    if not found:
        above = any(text in _search_text(fields[key]) for key in context.drawn)
        st.caption("Found above" if above else "No parameter found")
    for field in found[:PAGE_SIZE]:
        draw_field(field, context, with_component=True)
    if len(found) > PAGE_SIZE:
        st.caption(f"{len(found) - PAGE_SIZE} more. Refine your search.")


def _search_text(field: Field) -> str:
    names = (field.label, field.parameter, field.component_name, field.component)
    return " ".join((field_label(field), *names)).casefold()


def _draw_components(flow: Flow, fields: Sequence[Field], context: FormContext) -> None:
    for component in flow.components:
        own = [field for field in fields if field.component == component.id]
        if own:
            _draw_component(component, own, context)
    silent = [c for c in flow.unconnected if not any(field.component == c.id for field in fields)]
    if silent:
        names = ", ".join(escape(c.display_name) for c in silent[:20])
        st.caption(f":material/link_off: Will not run, not connected to the chat input: {names}")


def _draw_component(component: Component, fields: Sequence[Field], context: FormContext) -> None:
    changed = sum(context.form.is_modified(field.key) for field in fields)
    wrong = any(
        problem.level == "error"
        for field in fields
        for problem in context.problems.get(field.key, ())
    )
    silent = "" if component.runs else f" :gray-badge[{DOES_NOT_RUN}]"
    title = f"{escape(clip(component.display_name, 80))} :gray[{inline_code(component.id)}]"
    with st.container(key=f"component-{component.id}", gap=None):
        # changing the label would create a new, closed expander: the badges are drawn over it
        opened = st.expander(
            f"{title} :gray[{len(fields)}]{silent}",
            key=_expander_key(context.form, component.id),
            on_change="rerun",
        )
        if changed or wrong:
            with st.container(key=f"marks-{component.id}", horizontal=True, gap="xsmall"):
                if wrong:
                    st.badge("Check", color="red", help="Contains an invalid value")
                if changed:
                    st.badge(f"{changed} changed", color="violet")
        if opened.open:
            with opened:
                _draw_component_fields(
                    component, sorted(fields, key=lambda field: field.advanced), context
                )


def _draw_component_fields(
    component: Component, fields: Sequence[Field], context: FormContext
) -> None:
    st.code(component.id, language=None, width="content")
    if not component.runs:
        st.caption("These values have no effect: not connected to the chat input.")
    if len(context.drawn) + min(len(fields), PAGE_SIZE) > MAX_DRAWN_FIELDS and context.drawn:
        st.caption("Close another component first, or search for the parameter.")
        return
    pages = -(-len(fields) // PAGE_SIZE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"page-{context.form.flow_id}-{component.id}")
    for field in fields[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]:
        draw_field(field, context)


def _draw_dropped(form: FormState) -> None:
    if not form.dropped_keys:
        return
    names = ", ".join(inline_code(key) for key in form.dropped_keys[:10])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/info: The flow has changed. These values were dropped: {names}",
            width="stretch",
        )
        st.button("OK", key="form-dropped", type="tertiary", on_click=form.dropped_keys.clear)
