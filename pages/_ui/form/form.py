"""The form of a flow: what a person sets before a run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.flows.field import Field, Problem
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import field_label
from lfclient.flows.validation import REQUIRED_MESSAGE, check_overrides
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import json_editor, prefill
from pages._ui.form.fields import Context, draw, draw_attachments, draw_chat
from pages._ui.form.form_state import FormState, form_state, reset
from pages._ui.widgets import focus
from pages._ui.widgets.markdown import escape, inline_code

FIRST = 24  # fields that stand open at the top; the others are found in their components
PAGE = 30  # fields of one component or of one search that are drawn at once
BUDGET = 60  # fields drawn at once: text boxes cost a rerun the square of their number


@dataclass(frozen=True)
class FormResult:
    """What is to be sent; `ready` if no problem keeps it from being sent."""

    overrides: dict[str, Any]
    problems: list[Problem]
    ready: bool


@dataclass(frozen=True)
class FlowForm:
    """A flow's form whose entries were read and checked, and which has not been drawn yet.

    Two steps, so that a run starts and its status is seen before the form is drawn again.
    """

    flow: Flow
    result: FormResult
    _context: Context

    def draw(self) -> None:
        """Draw it where the script is now."""
        form = self._context.form
        fields = self.flow.fields_by_key
        prefill.draw(form, self.flow)
        _draw(self.flow, _asked(fields, form.chat), self._context)
        json_editor.draw(form, self.flow, fields)
        form.undrawn(self._context.drawn)
        form.save(self.flow)
        if form.to_sight:
            _bring_to_sight(self._context)


def flow_form(
    flow: Flow,
    server: ServerSession,
    *,
    mode: str,
    server_info: ServerInfo,
    variables: Sequence[str],
    chat: bool = False,
) -> FlowForm:
    """Read the form of a flow: what it holds, and whether that can be sent.

    `session` is where its files are sent to; its owner tells servers and keys apart, so that forms
    of flows with the same id are not mixed. `variables` are the names of the server's variables.
    That of a `chat` is one of its own, and has neither the flow's message nor the files with it.
    """
    form = form_state(server.owner, flow, chat=chat)
    fields = flow.fields_by_key
    form.harvest(fields)
    if form.collect(fields):
        server.refresh("files")
    form.settle(fields)
    result = _result(form, flow, _asked(fields, chat), mode, server_info)
    by_field: dict[str, list[Problem]] = {}
    going = form.sending()  # drawn as that, and not as what is wrong
    for problem in [each for each in result.problems if each not in going]:
        by_field.setdefault(problem.key, []).append(problem)
    for key, text in prefill.hints_of(form).items():
        by_field.setdefault(key, []).append(Problem(key, "warning", text))
    silent = frozenset(component.id for component in flow.unconnected)
    context = Context(form, server, mode, server_info, variables, by_field, {}, silent)
    return FlowForm(flow, result, context)


def _asked(fields: Mapping[str, Field], chat: bool) -> dict[str, Field]:
    """The fields that the form is about."""
    if not chat:
        return dict(fields)
    return {key: of for key, of in fields.items() if not (of.chat_input or of.chat_files)}


def commit(owner: str, flow: Flow, *, chat: bool = False) -> None:
    """Take up what was edited as JSON and not applied yet, before the form is read to be run."""
    json_editor.commit(form_state(owner, flow, chat=chat), flow)


def note_begun(owner: str, flow: Flow, *, chat: bool = False) -> None:
    """A run of what the form holds was started: what was said of it before is over."""
    form = form_state(owner, flow, chat=chat)
    prefill.forget_source(form)
    form.refused = False


def note_refused(
    owner: str, flow: Flow, problems: Sequence[Problem], *, chat: bool = False
) -> None:
    """A run of what the form holds was refused: each field says why, and the first is shown."""
    form = form_state(owner, flow, chat=chat)
    form.refused, form.to_sight = True, uuid.uuid4().hex
    wrong = {problem.key for problem in problems if problem.level == "error"}
    top = {of.key for of in [of for of in flow.fields if _is_first(of)][:FIRST]}
    for of in flow.fields:
        if of.key in wrong - top and not (of.chat_input or of.chat_files):
            st.session_state[_open_key(form, of.component)] = True


def load_overrides(
    owner: str,
    flow: Flow,
    overrides: Mapping[str, Any],
    source: str = "",
    hints: Mapping[str, str] | None = None,
) -> None:
    """Put overrides into the form in place of what it holds, to which there is a way back.

    `source` says above the form where they come from. The components of the fields that `hints`
    are about, by key, stand open.
    """
    form = form_state(owner, flow)
    prefill.fill(form, flow, overrides, source, hints or {})
    for of in flow.fields:
        if hints and of.key in hints:
            st.session_state[_open_key(form, of.component)] = True


def _open_key(form: FormState, component_id: str) -> str:
    return f"open-{form.owner[:12]}-{form.flow_id}-{component_id}"


def _bring_to_sight(context: Context) -> None:
    """The first field that is wrong, of those that are drawn."""
    form = context.form
    mark, form.to_sight = form.to_sight, ""
    for of in context.drawn:
        if any(problem.level == "error" for problem in context.problems.get(of, ())):
            component, _, parameter = of.rpartition(".")
            key = f"param-{component}-{parameter}"
            focus.scroll_to(mark, key, key)
            return


def _result(
    form: FormState, flow: Flow, fields: Mapping[str, Field], mode: str, server_info: ServerInfo
) -> FormResult:
    overrides = form.overrides(fields)
    for of in fields.values():
        if of.chat_input and of.key not in overrides:
            overrides[of.key] = of.default or ""
    left_out = {of.key for of in flow.fields} - fields.keys()
    problems = [
        problem
        for problem in check_overrides(flow, overrides, mode, server_info)
        if problem.key not in form.faults and problem.key not in left_out
    ]
    problems += [
        Problem(key, "error", text) for key, text in form.faults.items() if key not in left_out
    ]
    problems += [*form.file_problems(fields), *form.sending()]
    # what is there and refused, or on its way, is not missing
    there = {
        one.key for one in problems if one.level == "error" and one.message != REQUIRED_MESSAGE
    }
    problems = [one for one in problems if one.message != REQUIRED_MESSAGE or one.key not in there]
    if form.json_fault:
        problems.append(Problem("Overrides as JSON", "error", form.json_fault))
    ready = not any(problem.level == "error" for problem in problems)
    return FormResult(overrides, problems, ready)


def _draw(flow: Flow, fields: Mapping[str, Field], context: Context) -> None:
    chat = [of for of in fields.values() if of.chat_input]
    for of in chat:
        draw_chat(of, context)
    with_text = {of.component for of in chat}
    files = [of for of in fields.values() if of.chat_files and of.component in with_text]
    for of in files:
        draw_attachments(of, context)
    top = {of.key for of in (*chat, *files)}
    first = [of for of in fields.values() if of.key not in top and _is_first(of)][:FIRST]
    for of in first:
        draw(of, context, with_component=True)
    top |= {of.key for of in first}
    rest = [of for of in fields.values() if of.key not in top]
    if not fields:
        st.caption(":material/info: This flow has nothing to set: just run it.")
        return
    _dropped(context.form)
    text = _search(fields, context) if len(fields) > 1 else ""
    if text:
        _found(text, fields, context)
    else:
        _components(flow, rest, context)


def _is_first(of: Field) -> bool:
    return of.api_editable or of.required


def _search(fields: Mapping[str, Field], context: Context) -> str:
    form = context.form
    changed = [of for of in fields.values() if form.marked(of.key)]
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
            on_click=reset,
            args=(form, changed),
        )
    return (text or "").strip().casefold()


def _found(text: str, fields: Mapping[str, Field], context: Context) -> None:
    found = [
        of
        for of in fields.values()
        if of.key not in context.drawn and all(word in _haystack(of) for word in text.split())
    ]
    if not found:
        above = any(text in _haystack(fields[key]) for key in context.drawn)
        st.caption("Found above." if above else "No parameter is called that.")
    for of in found[:PAGE]:
        draw(of, context, with_component=True)
    if len(found) > PAGE:
        st.caption(f"{len(found) - PAGE} more: add a word to the search.")


def _haystack(of: Field) -> str:
    return (
        f"{field_label(of)} {of.label} {of.parameter} {of.component_name} {of.component}".casefold()
    )


def _components(flow: Flow, fields: Sequence[Field], context: Context) -> None:
    for component in flow.components:
        own = [of for of in fields if of.component == component.id]
        if own:
            _component(component, own, context)
    silent = [c for c in flow.unconnected if not any(of.component == c.id for of in fields)]
    if silent:
        names = ", ".join(escape(c.display_name) for c in silent[:20])
        st.caption(
            f":material/link_off: Will not run, since the chat input leads nowhere near: {names}"
        )


def _component(component: Component, fields: Sequence[Field], context: Context) -> None:
    changed = sum(context.form.marked(of.key) for of in fields)
    wrong = any(
        problem.level == "error" for of in fields for problem in context.problems.get(of.key, ())
    )
    silent = "" if component.runs else " :gray-badge[will not run]"
    title = f"{escape(clip(component.display_name, 80))} :gray[{inline_code(component.id)}]"
    with st.container(key=f"component-{component.id}", gap=None):
        # a changed label would make it another expander, which is closed: marks stand over it
        opened = st.expander(
            f"{title} :gray[{len(fields)}]{silent}",
            key=_open_key(context.form, component.id),
            on_change="rerun",
        )
        if changed or wrong:
            with st.container(key=f"marks-{component.id}", horizontal=True, gap="xsmall"):
                if wrong:
                    st.badge("Check", color="red", help="A value in here needs a correction")
                if changed:
                    st.badge(f"{changed} changed", color="violet")
        if opened.open:
            with opened:
                _inside(component, sorted(fields, key=lambda of: of.advanced), context)


def _inside(component: Component, fields: Sequence[Field], context: Context) -> None:
    st.code(component.id, language=None, width="content")
    if not component.runs:
        st.caption("Nothing set here has an effect: the chat input does not lead to it.")
    if len(context.drawn) + min(len(fields), PAGE) > BUDGET and context.drawn:
        st.caption("Close another component to open this one here, or search for the parameter.")
        return
    pages = -(-len(fields) // PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"page-{context.form.flow_id}-{component.id}")
    for of in fields[(page - 1) * PAGE : page * PAGE]:
        draw(of, context)


def _dropped(form: FormState) -> None:
    if not form.dropped:
        return
    names = ", ".join(inline_code(key) for key in form.dropped[:10])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/info: The flow has changed: what was entered for {names} was left out.",
            width="stretch",
        )
        st.button("OK", key="form-dropped", type="tertiary", on_click=form.dropped.clear)
