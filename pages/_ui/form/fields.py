"""One field of the form: its label, badges, widget and messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.statuses import DOES_NOT_RUN
from lfclient.flows.encoding import minor_version, sends_bare_values
from lfclient.flows.field import Field, FieldKind, Problem, Variable
from lfclient.flows.file_fields import format_types
from lfclient.flows.validation import REQUIRED_MESSAGE
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import file_fields
from pages._ui.form.file_fields import FileContext
from pages._ui.form.form_state import FormState, reset_fields
from pages._ui.form.table_widgets import KeyValueEditor, TableEditor, fits_table
from pages._ui.form.widgets import (
    DurationInput,
    JsonArea,
    MultiSelect,
    Password,
    SelectBox,
    Slider,
    Switch,
    Tabs,
    TextArea,
    ValueOrVariable,
    VariablePicker,
    Widget,
    WidgetSpec,
    fits_slider,
    help_text,
)
from pages._ui.widgets.markdown import escape

_MULTILINE_KINDS = frozenset({FieldKind.MULTILINE, FieldKind.PROMPT})
_ICONS = {"error": ":red[:material/error:]", "warning": ":orange[:material/warning:]"}


@dataclass(frozen=True)
class FormContext:
    """The context that the fields of one form share.

    `drawn` are the keys of the fields drawn so far, in order; `silent` are the ids of components
    that do not run.
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
    def files(self) -> FileContext:
        """The context of this form's file fields."""
        return FileContext(self.form, self.server, self.server_info)


def draw_field(
    field: Field,
    context: FormContext,
    *,
    with_component: bool = False,
    widget: Widget | None = None,
    label: str | None = None,
) -> None:
    """Draw one field, in a container with a stable key for tests and styles."""
    form = context.form
    widget = widget or choose_widget(field, form.value(field), context)
    key = form.live_widget(field, widget).key
    context.drawn[field.key] = None
    with st.container(key=f"param-{field.component}-{field.parameter}", gap="xxsmall"):
        spec = WidgetSpec(field, key, accessible_label(label or field.label), context.variables)
        _draw_header(field, context, widget, spec, with_component, label)
        if not widget.has_own_label:
            widget.draw(spec)
        if field.kind is FieldKind.FILE:
            by_path = isinstance(widget, file_fields.FileUpload)
            file_fields.draw_files(field, context.files, values=by_path)
        for line in _messages(field, context):
            st.caption(line)


class _MessageArea(TextArea):
    """The text box of the chat message."""

    def draw(self, spec: WidgetSpec) -> None:
        st.text_area(spec.label, height=150, placeholder="Enter a message", **spec.hidden)


def draw_chat_input(field: Field, context: FormContext) -> None:
    """Draw the chat message."""
    draw_field(field, context, widget=_MessageArea(), label="Message")


def draw_chat_files(field: Field, context: FormContext) -> None:
    """Draw the chat's attachments in an expander, since most runs have none."""
    form = context.form
    with st.container(key=f"param-{field.component}-{field.parameter}", gap="xxsmall"):
        opened = st.expander(
            "Attachments",
            icon=":material/attach_file:",
            key=f"open-files-{form.owner[:12]}-{form.flow_id}-{field.component}",
            on_change="rerun",
        )
        if form.is_modified(field.key):
            st.badge("Changed", color="violet")
        widget = choose_widget(field, form.value(field), context)
        context.drawn[field.key] = None
        if opened.open:
            key = form.live_widget(field, widget).key
            with opened:
                widget.draw(WidgetSpec(field, key, "Attachments"))
        shown = opened.open and not isinstance(widget, file_fields.FileUpload)
        file_fields.draw_files(field, context.files, values=not shown)
        for line in (
            _messages(field, context) if opened.open or context.problems.get(field.key) else ()
        ):
            st.caption(line)


def choose_widget(field: Field, value: Any, context: FormContext) -> Widget:
    """Return the widget for a field with this value."""
    if field.takes_variable and (field.secret or isinstance(value, Variable)):
        return _variable_widget(field, context)
    if field.kind in _MULTILINE_KINDS:
        return TextArea()
    if isinstance(value, str) and "\n" in value and not field.secret:
        return TextArea(height=70)  # a one-line box would drop the line breaks
    if field.kind in (FieldKind.JSON, FieldKind.UNKNOWN):
        return JsonArea()
    if field.kind is FieldKind.TEXT_LIST:
        lines = all(text.strip() and "\n" not in text for text in value or [])
        return TextArea(height=90) if lines else JsonArea()
    if field.kind is FieldKind.DICT:
        return KeyValueEditor() if fits_table(field, value) else JsonArea()
    if field.kind is FieldKind.TABLE:
        return TableEditor() if fits_table(field, value) else JsonArea()
    if field.kind is FieldKind.SLIDER:
        return Slider() if fits_slider(field, value) else Widget()
    if field.kind is FieldKind.FILE:
        return file_fields.choose_widget(field, context.files)
    if field.kind is FieldKind.ORDERED_LIST and field.max_choices != 1:
        return MultiSelect()
    if field.kind in (FieldKind.SELECT, FieldKind.MODEL, FieldKind.ORDERED_LIST):
        return SelectBox() if field.options or field.choices else Widget()
    return _SIMPLE_WIDGETS.get(field.kind, Widget)()


_SIMPLE_WIDGETS: dict[FieldKind, type[Widget]] = {
    FieldKind.SWITCH: Switch,
    FieldKind.TAB: Tabs,
    FieldKind.MULTISELECT: MultiSelect,
    FieldKind.DURATION: DurationInput,
    FieldKind.SECRET: Password,
}


def _variable_widget(field: Field, context: FormContext) -> Widget:
    """Return a widget for a value, a variable or both, as the mode and release accept them."""
    if not sends_bare_values(context.mode, context.server_info):
        return ValueOrVariable()
    if minor_version(context.server_info) == 11 and field.loads_variable:
        return VariablePicker()
    return Password() if field.secret else ValueOrVariable()


def accessible_label(label: str) -> str:
    """Return a label for screen readers, without markup and links."""
    kept = "".join(letter if letter.isalnum() or letter in " .,-/&'" else " " for letter in label)
    return " ".join(kept.split()) or "Value"


def _draw_header(
    field: Field,
    context: FormContext,
    widget: Widget,
    spec: WidgetSpec,
    with_component: bool,
    label: str | None = None,
) -> None:
    marked = context.form.is_modified(field.key)
    with st.container(
        key=f"field-head-{field.key}", horizontal=True, vertical_alignment="center", gap="xsmall"
    ):
        if widget.has_own_label:
            widget.draw(spec)
            if with_component:
                st.markdown(_component_suffix(field, True).strip(), width="content")
        else:
            suffix = _component_suffix(field, with_component)
            st.markdown(
                f"**{label or escape(clip(field.label, 120))}**{suffix}",
                width="content",
                help=help_text(field),
            )
        if with_component and field.component in context.silent:
            st.badge(DOES_NOT_RUN, color="gray", help="The chat input does not lead to it")
        missing = any(
            problem.message == REQUIRED_MESSAGE for problem in context.problems.get(field.key, ())
        )
        if missing:
            st.badge("Required", color="red")
        elif field.required and not marked:
            st.badge("Required", color="gray")
        if marked:
            st.badge("Changed", color="violet")
        if marked:
            st.button(
                "Reset",
                key=f"reset-{field.key}",
                type="tertiary",
                on_click=reset_fields,
                args=(context.form, [field]),
            )


def _component_suffix(field: Field, with_component: bool) -> str:
    return f" :gray[· {escape(field.component_label(80))}]" if with_component else ""


def _messages(field: Field, context: FormContext) -> list[str]:
    lines = []
    fault = context.form.entries.errors.get(field.key)
    if fault:
        lines.append(f"{_ICONS['error']} :red[{escape(fault)}]")
    at_files = context.form.file_problems({field.key: field})  # drawn next to each file
    for problem in context.problems.get(field.key, ()):
        if problem in at_files:
            continue
        shown = context.form.was_refused if problem.message == REQUIRED_MESSAGE else not fault
        if shown or problem.level != "error":
            icon = _ICONS.get(problem.level, ":material/info:")
            lines.append(f"{icon} {escape(problem.message)}")
    return [*lines, *filter(None, [_hint(field, context)])]


def _hint(field: Field, context: FormContext) -> str:
    """Return a hint on how to fill in the field, or ""."""
    if field.kind is FieldKind.TEXT_LIST:
        return "One per line"
    if field.kind is FieldKind.PROMPT and field.variables:
        braces = ("{{", "}}") if field.double_braces else ("{", "}")
        names = ", ".join(f"{braces[0]}{name}{braces[1]}" for name in field.variables)
        return escape(f"May use {names}.")
    if field.kind is FieldKind.FILE:
        return _file_hint(field, context)
    if field.kind is FieldKind.TEXT and context.form.value(field) in ("\n", "\n\n"):
        return "Multiline"
    if field.kind is FieldKind.SELECT and not field.options:
        return "Enter one of the options shown in Langflow's editor"
    if field.kind is FieldKind.MODEL and not field.choices:
        return "Enter a model's name as shown in Langflow's editor"
    if field.kind is FieldKind.ORDERED_LIST and field.max_choices != 1:
        return "Order matters"
    if (
        field.secret
        and sends_bare_values(context.mode, context.server_info)
        and field.takes_variable
    ):
        if minor_version(context.server_info) != 11:
            return "Variables work in synchronous mode only"
        if field.loads_variable:
            return "Values work in synchronous mode only"
    return ""


def _file_hint(field: Field, context: FormContext) -> str:
    types = format_types(field, max_names=12)
    takes = f"Takes {types}." if types else ""
    widget = file_fields.choose_widget(field, context.files)
    if isinstance(widget, file_fields.FileUpload):
        limit = file_fields.max_upload_mb(context.server_info)
        return escape(f"{takes} Up to {limit:g} MB{' each' if field.is_list else ''}.")
    if isinstance(widget, file_fields.ServerFilePicker):
        return escape(takes)
    each = ", one per line" if field.is_list else ""
    return escape(f"The path of a file on the server, as Langflow names it{each}. {takes}")
