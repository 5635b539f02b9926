"""One field of the form: its label, its marks, its widget, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.flows.encoding import minor_version, sends_bare_values
from lfclient.flows.field import Field, FieldKind, Problem, Variable
from lfclient.flows.file_fields import format_types
from lfclient.flows.validation import REQUIRED_MESSAGE
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import file_fields
from pages._ui.form.file_fields import Files
from pages._ui.form.form_state import FormState, reset
from pages._ui.form.table_widgets import Pairs, Rows, fits_rows
from pages._ui.form.widgets import (
    Area,
    Choice,
    Draw,
    Duration,
    FromServer,
    Json,
    Password,
    Several,
    Slider,
    Switch,
    Tabs,
    TypedOrServer,
    Widget,
    fits_slider,
    help_of,
)
from pages._ui.widgets.markdown import escape

_AREAS = frozenset({FieldKind.MULTILINE, FieldKind.PROMPT})
_ICONS = {"error": ":red[:material/error:]", "warning": ":orange[:material/warning:]"}


@dataclass(frozen=True)
class Context:
    """What the fields of one form share; `drawn` are the keys of those that are, in their order,
    `silent` the ids of components that do not run.
    """

    form: FormState
    server: ServerSession
    mode: str
    server_info: ServerInfo
    variables: Sequence[str]
    problems: Mapping[str, list[Problem]]
    drawn: dict[str, None]
    silent: frozenset[str] = frozenset()

    @property
    def files(self) -> Files:
        """Where the files of this form go."""
        return Files(self.form, self.server, self.server_info)


def draw(of: Field, context: Context, *, with_component: bool = False) -> None:
    """One field, in a container that tests and styles find by its key."""
    form = context.form
    widget = choose(of, form.value(of), context)
    live = form.live[of.key] if form.is_live(of, widget) else form.make_live(of, widget)
    context.drawn[of.key] = None
    with st.container(key=f"param-{of.component}-{of.parameter}", gap="xxsmall"):
        to = Draw(of, live.key, words(of.label), context.variables)
        _header(of, context, widget, to, with_component)
        if not widget.own_label:
            widget.draw(to)
        if of.kind is FieldKind.FILE:
            by_path = isinstance(widget, file_fields.FromHere)
            file_fields.draw_files(of, context.files, values=by_path)
        for line in _lines(of, context):
            st.caption(line)


def draw_chat(of: Field, context: Context) -> None:
    """The chat text: what most flows are all about."""
    form = context.form
    widget = Area(height=150)
    live = form.live[of.key] if form.is_live(of, widget) else form.make_live(of, widget)
    context.drawn[of.key] = None
    with st.container(key=f"param-{of.component}-{of.parameter}", gap="xxsmall"):
        to = Draw(of, live.key, "Message")
        _header(of, context, widget, to, with_component=False, label="Message")
        st.text_area(to.label, height=150, placeholder="What the flow is to work on", **to.hidden)
        for line in _lines(of, context):
            st.caption(line)


def draw_attachments(of: Field, context: Context) -> None:
    """What is to go with the chat text: out of the way, as most runs have none."""
    form = context.form
    with st.container(key=f"param-{of.component}-{of.parameter}", gap="xxsmall"):
        opened = st.expander(
            "Images or files for the chat",
            icon=":material/attach_file:",
            key=f"open-files-{form.owner[:12]}-{form.flow_id}-{of.component}",
            on_change="rerun",
        )
        if form.marked(of.key):
            st.badge("Changed", color="violet")
        widget = choose(of, form.value(of), context)
        context.drawn[of.key] = None
        if opened.open:
            live = form.live[of.key] if form.is_live(of, widget) else form.make_live(of, widget)
            with opened:
                widget.draw(Draw(of, live.key, "Images or files for the chat"))
        shown = opened.open and not isinstance(widget, file_fields.FromHere)
        file_fields.draw_files(of, context.files, values=not shown)
        for line in _lines(of, context) if opened.open or context.problems.get(of.key) else ():
            st.caption(line)


def choose(of: Field, value: Any, context: Context) -> Widget:
    """The widget for a field that holds this value."""
    if of.takes_variable and (of.secret or isinstance(value, Variable)):
        return _by_variable(of, context)
    if of.kind in _AREAS:
        return Area()
    if isinstance(value, str) and "\n" in value and not of.secret:
        return Area(height=70)  # a box of one line would drop the breaks
    if of.kind in (FieldKind.JSON, FieldKind.UNKNOWN):
        return Json()
    if of.kind is FieldKind.TEXT_LIST:
        lines = all(text.strip() and "\n" not in text for text in value or [])
        return Area(height=90) if lines else Json()
    if of.kind is FieldKind.DICT:
        return Pairs() if fits_rows(of, value) else Json()
    if of.kind is FieldKind.TABLE:
        return Rows() if fits_rows(of, value) else Json()
    if of.kind is FieldKind.SLIDER:
        return Slider() if fits_slider(of, value) else Widget()
    if of.kind is FieldKind.FILE:
        return file_fields.widget(of, context.files)
    if of.kind is FieldKind.ORDERED_LIST and of.max_choices != 1:
        return Several()
    if of.kind in (FieldKind.SELECT, FieldKind.MODEL, FieldKind.ORDERED_LIST):
        return Choice() if of.options or of.choices else Widget()
    return _SIMPLE.get(of.kind, Widget)()


_SIMPLE: dict[FieldKind, type[Widget]] = {
    FieldKind.SWITCH: Switch,
    FieldKind.TAB: Tabs,
    FieldKind.MULTISELECT: Several,
    FieldKind.DURATION: Duration,
    FieldKind.SECRET: Password,
}


def _by_variable(of: Field, context: Context) -> Widget:
    """A box to type in, a choice of variables, or both: as the mode and the release take them."""
    if not sends_bare_values(context.mode, context.server_info):
        return TypedOrServer()
    if minor_version(context.server_info) == 11 and of.loads_variable:
        return FromServer()
    return Password() if of.secret else TypedOrServer()


def words(label: str) -> str:
    """A label for a screen reader: no mark-up, no links."""
    kept = "".join(letter if letter.isalnum() or letter in " .,-/&'" else " " for letter in label)
    return " ".join(kept.split()) or "Value"


def _header(
    of: Field,
    context: Context,
    widget: Widget,
    to: Draw,
    with_component: bool,
    label: str | None = None,
) -> None:
    marked = context.form.marked(of.key)
    with st.container(
        key=f"field-head-{of.key}", horizontal=True, vertical_alignment="center", gap="xsmall"
    ):
        if widget.own_label:
            widget.draw(to)
            if with_component:
                st.markdown(_where(of, True).strip(), width="content")
        else:
            st.markdown(
                f"**{label or escape(clip(of.label, 120))}**{_where(of, with_component)}",
                width="content",
                help=help_of(of),
            )
        if with_component and of.component in context.silent:
            st.badge("will not run", color="gray", help="The chat input does not lead to it")
        missing = any(
            problem.message == REQUIRED_MESSAGE for problem in context.problems.get(of.key, ())
        )
        if missing:
            st.badge("Required", color="red")
        elif of.required and not marked:
            st.badge("Required", color="gray")
        if marked:
            st.badge("Changed", color="violet")
        if marked:
            st.button(
                "Reset",
                key=f"reset-{of.key}",
                type="tertiary",
                on_click=reset,
                args=(context.form, [of]),
            )


def _where(of: Field, with_component: bool) -> str:
    return f" :gray[· {escape(of.component_label(80))}]" if with_component else ""


def _lines(of: Field, context: Context) -> list[str]:
    lines = []
    fault = context.form.faults.get(of.key)
    if fault:
        lines.append(f"{_ICONS['error']} :red[{escape(fault)}]")
    at_files = context.form.file_problems({of.key: of})  # which stand at the file each
    for problem in context.problems.get(of.key, ()):
        if problem in at_files:
            continue
        shown = context.form.refused if problem.message == REQUIRED_MESSAGE else not fault
        if shown or problem.level != "error":
            icon = _ICONS.get(problem.level, ":material/info:")
            lines.append(f"{icon} {escape(problem.message)}")
    return [*lines, *filter(None, [_hint(of, context)])]


def _hint(of: Field, context: Context) -> str:
    """What a person has to know to fill this one in."""
    if of.kind is FieldKind.TEXT_LIST:
        return "One on each line."
    if of.kind is FieldKind.PROMPT and of.variables:
        braces = ("{{", "}}") if of.double_braces else ("{", "}")
        names = ", ".join(f"{braces[0]}{name}{braces[1]}" for name in of.variables)
        return escape(f"May use {names}.")
    if of.kind is FieldKind.FILE:
        return _file_hint(of, context)
    if of.kind is FieldKind.TEXT and context.form.value(of) in ("\n", "\n\n"):
        return "Holds line breaks."
    if of.kind is FieldKind.SELECT and not of.options:
        return "The choices are known to Langflow's editor only: type one of them."
    if of.kind is FieldKind.MODEL and not of.choices:
        return "The name of a model, as Langflow's editor shows it."
    if of.kind is FieldKind.ORDERED_LIST and of.max_choices != 1:
        return "In the order chosen."
    if of.secret and sends_bare_values(context.mode, context.server_info) and of.takes_variable:
        if minor_version(context.server_info) != 11:
            return "A server variable can be named with “Wait for the result”."
        if of.loads_variable:
            return "A value can be typed with “Wait for the result”."
    return ""


def _file_hint(of: Field, context: Context) -> str:
    types = format_types(of, most=12)
    takes = f"Takes {types}." if types else ""
    widget = file_fields.widget(of, context.files)
    if isinstance(widget, file_fields.FromHere):
        limit = file_fields.limit_mb(context.server_info)
        return escape(f"{takes} Up to {limit:g} MB{' each' if of.is_list else ''}.")
    if isinstance(widget, file_fields.Listed):
        return escape(takes)
    each = ", one on each line" if of.is_list else ""
    return escape(f"The path of a file on the server, as Langflow names it{each}. {takes}")
