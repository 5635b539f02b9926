"""One field of the form: its label, badges, widget and messages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from lfclient.common.formatting import clip, list_names
from lfclient.console.wording.statuses import DOES_NOT_RUN
from lfclient.errors import LangflowError
from lfclient.flows.encoding import looks_up_variables, sends_bare_values
from lfclient.flows.field import Field, FieldKind, ProblemCode, Variable
from lfclient.flows.run_inputs import field_label
from pages._ui.connection import loading
from pages._ui.form import file_fields
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.model_picker import (
    ModelPicker,
    model_hint,
    offered_models,
    ready_providers,
    unlisted_model,
)
from pages._ui.form.resource_picker import choose_resource_widget
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
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape

# takes the error of a request, and the request, which raises an error for as long as it fails
ShowError = Callable[[LangflowError, Callable[[], object]], object]
_MAX_NAMED = 5  # components that get the same value
_ICONS = {
    "error": ":red[:material/error:]",
    "warning": ":orange[:material/warning:]",
    "note": ":material/info:",
}


def draw_field(
    field: Field,
    form: FlowForm,
    *,
    with_component: bool = False,
    is_needed: bool = False,
    followers: Sequence[Field] = (),
    alternatives: Sequence[str] = (),
) -> None:
    """Draw one field, in a container with a stable key for tests and styles.

    `is_needed` marks one that the flow can't run without and that is not filled in; one of the
    `alternatives`, fields by their labels, may be filled in instead. The components of `followers`,
    which get the same value, are named with the field's component.
    """
    show_error = partial(loading.show, form.server, retry=f"retry-options-{field.key}")
    field = _with_options(field, form, show_error)
    widget, label = _choose_widget(field, form), field_label(field)
    users = [_component_name(each, form) for each in (field, *followers)]
    component = list_names(users, _MAX_NAMED) if with_component else ""
    component = "" if component == label else component
    spec = _spec(field, form, widget, f"{label}, {component}" if component else label)
    with st.container(key=f"param-{field.component}-{field.parameter}", gap="xxsmall"):
        suffix = f" :gray[· {escape(component)}]" if component else ""
        with st.container(
            key=f"field-head-{field.key}",
            horizontal=True,
            vertical_alignment="center",
            gap="xsmall",
        ):
            if widget.has_own_label:
                widget.draw(spec)
                if suffix:
                    st.markdown(suffix.strip(), width="content")
            else:
                words = f"**{escape(clip(label, 120))}**{suffix}"
                st.markdown(words, width="content", help=help_text(field))
            if with_component and not form.run_flow.fields_by_key[field.key].runs:
                reason = form.run_flow.idle_reason
                st.badge(DOES_NOT_RUN, color="gray", help=escape(reason[:1].upper() + reason[1:]))
            _draw_badges(field, form, is_needed=is_needed and not alternatives)
        if not widget.has_own_label:
            _draw_widget(spec, widget, form)
        if field.kind is FieldKind.FILE:
            file_fields.draw_files(field, form)
        if alternatives:
            names = escape(f"{', '.join((label, *alternatives[:-1]))} and {alternatives[-1]}")
            st.caption(f"{_ICONS['warning']} Fill in just one of {names}.")
        for line in _messages(field, form):
            st.caption(line)
        if not is_needed:  # else Setup says first what is missing
            form.draw_mode_button(field.key, form.better_modes.get(field.key))


def _component_name(field: Field, form: FlowForm) -> str:
    """Return the label of a field's component, and what tells it apart by its text.

    A chat's message shows that text itself.
    """
    is_chat = field.chat_input or field.chat_files
    words = "" if is_chat else form.distinctions.get(field.component)
    label = field.component_label(80)
    return f"{label} · {words}" if words else label


def draw_plain_field(
    field: Field, form: FlowForm, label: str, help: str, show_error: ShowError
) -> None:
    """Draw one field with this label and help, and nothing of its component or the server's files.

    Not for secrets, whose widgets name the server's variables.
    """
    field = _with_options(field, form, show_error)
    is_file = field.kind is FieldKind.FILE
    widget = file_fields.FileUpload(form) if is_file else _choose_widget(field, form)
    spec = _spec(replace(field, label=label, help=""), form, widget, label)
    with st.container(key=f"param-{field.component}-{field.parameter}", gap="xxsmall"):
        if widget.has_own_label:
            widget.draw(spec)
        else:
            st.markdown(f"**{escape(clip(label, 120))}**")
            widget.draw(spec)
        if help:
            st.caption(escape(help))
        if is_file:
            file_fields.draw_files(field, form)
        for line in _messages(field, form):
            st.caption(line)


def draw_chat_files(field: Field, form: FlowForm, *, with_component: bool = False) -> None:
    """Draw the chat's attachments in an expander, since most runs have none."""
    state, label = form.state, "Attachments"
    component = _component_name(field, form) if with_component else ""
    with st.container(key=f"param-{field.component}-{field.parameter}", gap="xxsmall"):
        opened = st.expander(
            f"{label} :gray[· {escape(component)}]" if component else label,
            key=f"{state.key('open-files')}-{field.component}",
            on_change="rerun",
        )
        if state.is_modified(field.key):
            st.badge("Changed", color="violet")
        form.drawn[field.key] = None
        if opened.open:
            widget = _choose_widget(field, form)
            with opened:
                spec = _spec(field, form, widget, f"{label}, {component}" if component else label)
                _draw_widget(spec, widget, form)
        file_fields.draw_files(field, form, is_open=bool(opened.open))
        if opened.open or form.problems.get(field.key):
            for line in _messages(field, form):
                st.caption(line)


def _spec(field: Field, form: FlowForm, widget: Widget, label: str) -> WidgetSpec:
    live = form.state.live_widget(field, widget)
    form.drawn[field.key] = None
    return WidgetSpec(field, live.key, _accessible_label(label), form.variables, live.seed_value)


def _draw_widget(spec: WidgetSpec, widget: Widget, form: FlowForm) -> None:
    if spec.field.kind is FieldKind.FILE:
        file_fields.draw_source(spec, form.state)
    widget.draw(spec)


def _with_options(field: Field, form: FlowForm, show_error: ShowError) -> Field:
    """Return a select field with the server's options if the flow stores none."""
    is_select = field.kind in (FieldKind.SELECT, FieldKind.MULTISELECT)
    if not is_select or field.resource or not field.refreshes:
        return field
    with controls.place_above_fields():  # also with options, which another choice may add or remove
        if field.options:
            return field
        try:
            return replace(field, options=tuple(form.server.options(form.flow, field.key)))
        except LangflowError as error:  # it can be typed meanwhile
            show_error(error, partial(form.server.options, form.flow, field.key))
            return field


def _choose_widget(field: Field, form: FlowForm) -> Widget:
    """Return the widget for a field with its current value."""
    kind, value = field.kind, form.state.value(field)
    if field.takes_variable and (field.secret or isinstance(value, Variable)):
        return _variable_widget(field, form)
    if field.chat_input:
        return TextArea(placeholder="Enter a message")
    if kind in (FieldKind.MULTILINE, FieldKind.PROMPT):
        return TextArea()
    if isinstance(value, str) and "\n" in value and not field.secret:
        return TextArea()  # a one-line box would drop the line breaks
    if kind is FieldKind.TEXT_LIST:
        lines = all(text.strip() and "\n" not in text for text in value or [])
        return TextArea() if lines else JsonArea()
    if kind is FieldKind.DICT:
        return KeyValueEditor() if fits_table(field, value) else JsonArea()
    if kind is FieldKind.TABLE:
        return TableEditor() if fits_table(field, value) else JsonArea()
    if kind is FieldKind.SLIDER:
        return Slider() if fits_slider(field, value) else Widget()
    if kind is FieldKind.FILE:
        return file_fields.choose_widget(field, form)
    if kind is FieldKind.ORDERED_LIST and field.max_choices != 1:
        return MultiSelect()
    models = offered_models(field, form.resources) if kind is FieldKind.MODEL else ()
    if models:
        return ModelPicker(models, form.resources.providers, ready_providers(field, form))
    if field.resource in ("knowledge_base", "memory_base", "mcp_server"):
        return choose_resource_widget(field, form)
    if kind in (FieldKind.SELECT, FieldKind.MODEL, FieldKind.ORDERED_LIST):
        return SelectBox() if field.options or field.choices else Widget()
    return _SIMPLE_WIDGETS.get(kind, Widget)()


_SIMPLE_WIDGETS: dict[FieldKind, type[Widget]] = {
    FieldKind.JSON: JsonArea,
    FieldKind.UNKNOWN: JsonArea,
    FieldKind.SWITCH: Switch,
    FieldKind.TAB: Tabs,
    FieldKind.MULTISELECT: MultiSelect,
    FieldKind.DURATION: DurationInput,
    FieldKind.SECRET: Password,
}


def _variable_widget(field: Field, form: FlowForm) -> Widget:
    """Return a widget for a value, a variable or both, as the mode and release accept them.

    A variable that was entered is shown in any case.
    """
    if not sends_bare_values(form.mode, form.server_info):
        return ValueOrVariable()
    if looks_up_variables(form.server_info) and field.loads_variable:
        return VariablePicker()
    value = form.state.value(field)
    is_entered = isinstance(value, Variable) and value != field.default
    return ValueOrVariable() if is_entered or not field.secret else Password()


def _accessible_label(label: str) -> str:
    """Return a label for screen readers, without markup and links."""
    plain = "".join(letter if letter.isalnum() or letter in " .,-/&'" else " " for letter in label)
    return " ".join(plain.split()) or "Value"


def _draw_badges(field: Field, form: FlowForm, *, is_needed: bool) -> None:
    is_modified = form.state.is_modified(field.key)
    problems = form.problems.get(field.key, ())
    lacks_value = any(problem.code is ProblemCode.REQUIRED for problem in problems)
    # after a refused run, a line below the field says so
    if (is_needed or lacks_value) and not (lacks_value and form.state.was_refused):
        st.badge("Required", color="orange")
    if is_modified:
        st.badge("Changed", color="violet")
        st.button(
            "Reset",
            key=f"reset-{field.key}",
            type="tertiary",
            on_click=form.state.reset,
            args=([field],),
        )


def _messages(field: Field, form: FlowForm) -> list[str]:
    state, lines = form.state, []
    invalid = state.entries.invalid.get(field.key)
    if invalid:
        lines.append(f"{_ICONS['error']} :red[{escape(invalid.error)}]")
    at_files = state.file_problems([field])  # drawn next to each file
    for problem in form.problems.get(field.key, ()):
        is_drawn = state.was_refused if problem.code is ProblemCode.REQUIRED else not invalid
        if problem not in at_files and (is_drawn or problem.level != "error"):
            text = escape(problem.message)
            text = f":red[{text}]" if problem.level == "error" else text
            lines.append(f"{_ICONS[problem.level]} {text}")
    unlisted = unlisted_model(field, form) if field.kind is FieldKind.MODEL else ""
    if unlisted:
        lines.append(f"{_ICONS['warning']} {escape(unlisted)}")
    hint = _hint(field, form)
    return [*lines, escape(hint)] if hint else lines


def _hint(field: Field, form: FlowForm) -> str:
    """Return a hint on how to fill in the field, or ""."""
    kind = field.kind
    if kind is FieldKind.TEXT_LIST:
        return "One per line"
    if kind is FieldKind.PROMPT and field.variables:
        start, end = ("{{", "}}") if field.double_braces else ("{", "}")
        return f"May use {', '.join(f'{start}{name}{end}' for name in field.variables)}."
    if kind is FieldKind.FILE:
        return file_fields.hint(field, form)
    if kind is FieldKind.TEXT and form.state.value(field) in ("\n", "\n\n"):
        return "A line break" if form.state.value(field) == "\n" else "Two line breaks"
    if kind is FieldKind.SELECT and not (field.options or field.resource):
        return "Enter one of the options shown in Langflow's editor"
    if kind is FieldKind.MODEL:
        return model_hint(field, form)
    if kind is FieldKind.ORDERED_LIST and field.max_choices != 1:
        return "Order matters"
    is_bare = sends_bare_values(form.mode, form.server_info)
    if field.secret and field.loads_variable and is_bare and looks_up_variables(form.server_info):
        return "Values work in synchronous mode only"
    return ""
