"""The widgets of form fields.

`session_state` is seeded before a widget is drawn and read when the next rerun starts, so that a
value survives its widget. To add a widget, add a subclass and a line in `_choose_widget`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lfclient.common.json_text import to_json
from lfclient.flows.field import Field, FieldKind, Range, Variable
from lfclient.flows.field_kinds import KIND_HANDLERS, option_names
from lfclient.flows.validation import is_changed
from lfclient.resources.models import model_label
from pages._ui.widgets.markdown import escape

WidgetStates = dict[str, Any]  # the states of a field's widgets, by key suffix

PERSIST: dict[str, Any] = {"persist_state": "session"}
_MAX_SLIDER_VALUE = 2.0**53


@dataclass(frozen=True)
class WidgetSpec:
    """What a widget needs to draw itself.

    `key` is the key of its first part, `seed_value` the value it was seeded with.
    """

    field: Field
    key: str
    label: str
    variables: Sequence[str] = ()
    seed_value: Any = None

    @property
    def hidden(self) -> dict[str, Any]:
        """The arguments shared by widgets whose label is drawn above them."""
        return {"key": self.key, "label_visibility": "collapsed", **PERSIST}

    @property
    def placeholder(self) -> str:
        """The placeholder of an empty box."""
        field = self.field
        if field.placeholder:
            return field.placeholder
        if field.kind in (FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.SLIDER):
            stored = KIND_HANDLERS[field.kind].write(field.default)
            return f"The flow's value: {stored}" if stored else "A number"
        return ""

    def part(self, suffix: str) -> WidgetSpec:
        """Return the specification of another part of the widget."""
        return replace(self, key=self.key + suffix)

    def options(self, names: Iterable[str]) -> list[str]:
        """Return `names` and the chosen options missing from them."""
        chosen = st.session_state.get(self.key) or []
        return list(dict.fromkeys([*names, *([chosen] if isinstance(chosen, str) else chosen)]))


class Widget:
    """A one-line text box, and the base class of all widgets."""

    suffixes: tuple[str, ...] = ("",)
    seeded = True  # whether session_state may be set before the widget is drawn
    has_own_label = False  # whether the widget draws its label itself

    def seed(self, field: Field, value: Any) -> WidgetStates:
        """Return the states that show a value."""
        return {"": KIND_HANDLERS[field.kind].write(value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        """Return the value that the states show, None for the flow's own.

        `base` is the value the widget was seeded with. Raises `ValueError` for an invalid value.
        """
        return KIND_HANDLERS[field.kind].parse(field, states[""] or "")

    def draw(self, spec: WidgetSpec) -> None:
        st.text_input(spec.label, placeholder=spec.placeholder, **spec.hidden)


class TextArea(Widget):
    """A text box that grows with its lines, up to a part of the window's height."""

    def __init__(self, placeholder: str = "") -> None:
        self.placeholder = placeholder

    def draw(self, spec: WidgetSpec) -> None:
        placeholder = self.placeholder or spec.placeholder
        st.text_area(spec.label, height="content", placeholder=placeholder, **spec.hidden)


class JsonArea(TextArea):
    """A multiline text box for JSON."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": "" if value is None else to_json(value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        text = (states[""] or "").strip()
        value = KIND_HANDLERS[FieldKind.UNKNOWN].parse(field, text)
        for sentence in KIND_HANDLERS[field.kind].check(field, value) if text else ():
            raise ValueError(sentence)
        return value


class Slider(Widget):
    """A slider, for a value within the flow's range."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": float(value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        # rounded because a slider adds up steps in floating point
        return round(float(states[""]), 9)

    def draw(self, spec: WidgetSpec) -> None:
        assert spec.field.range  # `fits_slider` has checked it
        low, high, step = _slider_range(spec.field.range)
        whole = all(part.is_integer() for part in (low, high, step))
        st.slider(spec.label, low, high, step=step, format="%.0f" if whole else None, **spec.hidden)


def _slider_range(limits: Range) -> tuple[float, float, float]:
    """Return a slider's minimum, maximum and step; zeros for a missing limit."""
    low, high = float(limits.min or 0), float(limits.max or 0)
    return low, high, float(limits.step or 0) or (high - low) / 100


def fits_slider(field: Field, value: Any) -> bool:
    """Return whether a slider can show a value."""
    if field.range is None or field.range.min is None or field.range.max is None or value is None:
        return False
    low, high, step = _slider_range(field.range)
    sane = all(math.isfinite(part) and abs(part) < _MAX_SLIDER_VALUE for part in (low, high, step))
    return sane and low < high and 0 < step <= high - low and low <= value <= high


class Switch(Widget):
    """A toggle."""

    has_own_label = True

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value is True}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] is True

    def draw(self, spec: WidgetSpec) -> None:
        st.toggle(escape(spec.field.label), key=spec.key, help=help_text(spec.field), **PERSIST)


class SelectBox(Widget):
    """A choice of one option, or free text if the field accepts it."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        if isinstance(value, list):
            return {"": model_label(value[0]) if value else None}
        return {"": value or None}

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        models = [model_label(item) for item in field.choices]
        st.selectbox(
            spec.label,
            spec.options(models if field.kind is FieldKind.MODEL else field.options),
            index=0 if field.default else None,  # without a default the choice can be cleared
            accept_new_options=field.free_text,
            placeholder="Choose or type" if field.free_text else "Choose",
            **spec.hidden,
        )


class Tabs(SelectBox):
    """A choice of one option, all visible."""

    def draw(self, spec: WidgetSpec) -> None:
        names = spec.options(spec.field.options)
        st.segmented_control(spec.label, names, format_func=escape, **spec.hidden)


class MultiSelect(Widget):
    """A choice of several options, in the order chosen."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": option_names(value or [])}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        names = list(states[""] or [])
        return [{"name": n} for n in names] if field.kind is FieldKind.ORDERED_LIST else names

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        st.multiselect(
            spec.label,
            spec.options(field.options),
            accept_new_options=field.free_text,
            max_selections=field.max_choices,
            placeholder="Choose or type, Enter adds" if field.free_text else "Choose",
            **spec.hidden,
        )


class Password(Widget):
    """A password box; the flow's own secret is never shown."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value if isinstance(value, str) else ""}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] or None

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        placeholder = "Stored in the flow" if field.has_stored_value else field.placeholder
        if isinstance(field.default, Variable):
            placeholder = f"Server variable {field.default.name}"
        st.text_input(
            spec.label,
            type="password",
            autocomplete="off",
            live=True,  # without it, a click on the eye icon discards the text
            placeholder=placeholder,
            **spec.hidden,
        )


class VariablePicker(Widget):
    """A choice of a server variable."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value.name if isinstance(value, Variable) else None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return Variable(states[""]) if states[""] else None

    def draw(self, spec: WidgetSpec) -> None:
        st.selectbox(
            f"{spec.label}, server variable",
            spec.options(spec.variables),
            index=None,
            accept_new_options=True,
            placeholder="Choose or type a variable",
            **spec.hidden,
        )


class ValueOrVariable(Widget):
    """A value or a server variable."""

    suffixes = ("", "-from", "-variable")
    TYPED, SERVER = "Value", "Server variable"

    def seed(self, field: Field, value: Any) -> WidgetStates:
        by_name = isinstance(value, Variable)
        return {
            "": value if isinstance(value, str) else "",
            "-from": self.SERVER if by_name else self.TYPED,
            "-variable": value.name if by_name else None,
        }

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        if states.get("-from") == self.SERVER:
            return Variable(states["-variable"]) if states.get("-variable") else None
        text = states.get("") or ""
        return (text or None) if field.secret else text

    def draw(self, spec: WidgetSpec) -> None:
        with st.container():
            source = st.segmented_control(
                f"{spec.label}, from where",
                [self.TYPED, self.SERVER],
                required=True,
                **spec.part("-from").hidden,
            )
            if source == self.SERVER:
                VariablePicker().draw(spec.part("-variable"))
            else:
                (Password() if spec.field.secret else Widget()).draw(spec)


class DurationInput(Widget):
    """A number and its unit."""

    suffixes = ("", "-unit")

    def seed(self, field: Field, value: Any) -> WidgetStates:
        duration = value or {"value": "", "unit": field.units[0] if field.units else ""}
        return {"": str(duration["value"]), "-unit": duration["unit"] or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        number = (states[""] or "").strip()
        if not number:
            return None
        return KIND_HANDLERS[field.kind].parse(field, f"{number} {states.get('-unit') or ''}")

    def draw(self, spec: WidgetSpec) -> None:
        with st.container(horizontal=True):
            Widget().draw(spec)
            unit = spec.part("-unit")
            st.selectbox(f"{spec.label}, unit", unit.options(spec.field.units), **unit.hidden)


def help_text(field: Field) -> str | None:
    """Return the flow's help on a field as a tooltip, with markup escaped."""
    lines = [escape(line) for line in field.help.split("\n") if line.strip()]
    if field.kind is FieldKind.MODEL:
        lines.append("Type a model that is not listed as “Provider: name”.")
    return "  \n".join(lines) or None


def shows_default(field: Field, widget: Widget, states: Mapping[str, Any], value: Any) -> bool:
    """Return whether a widget shows the flow's own value or one that looks the same."""
    if not is_changed(field, value):
        return True
    if not widget.seeded or isinstance(field.default, Variable):
        return False
    if isinstance(widget, Slider) and not fits_slider(field, field.default):
        return False
    return dict(states) == widget.seed(field, field.default)


@dataclass
class LiveWidget:
    """A widget on the page, with its last known states and the value it was seeded with."""

    key: str
    widget: Widget
    states: WidgetStates
    seed_value: Any

    def current_states(self) -> WidgetStates:
        """Return a copy of the states in `session_state`, which Streamlit may change in place."""
        keys = {suffix: self.key + suffix for suffix in self.widget.suffixes}
        states = st.session_state
        return {suffix: self._copy(states[key]) for suffix, key in keys.items() if key in states}

    def _copy(self, state: Any) -> Any:
        if isinstance(state, (list, tuple)):
            return list(state)
        if self.widget.seeded:
            return state
        return {part: copy.deepcopy(changes) for part, changes in state.items() if changes}
