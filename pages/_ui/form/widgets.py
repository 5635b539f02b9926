"""A field's widget: which one it is, how a value gets into it and out of it.

`session_state` is seeded before a widget is drawn and read when the next rerun begins, so that a
value survives whatever happens to its widget. To add one: a subclass, and a line in `choose`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.flows.field import Field, FieldKind, Variable
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.structured_values import model_label, option_names, to_json
from lfclient.flows.validation import is_changed, value_to_text
from pages._ui.widgets.markdown import escape

WidgetStates = dict[str, Any]  # of the widgets of one field, by the suffix of their keys

PERSIST: dict[str, Any] = {"persist_state": "session"}
_MAX_SLIDER_VALUE = 2.0**53


@dataclass(frozen=True)
class WidgetSpec:
    """What a widget needs to draw itself; `key` is that of its first part."""

    field: Field
    key: str
    label: str
    variables: Sequence[str] = ()

    @property
    def hidden(self) -> dict[str, Any]:
        """The arguments that all widgets share whose label stands above them."""
        return {"key": self.key, "label_visibility": "collapsed", **PERSIST}


class Widget:
    """One text box; the base of all."""

    suffixes: tuple[str, ...] = ("",)
    seeded = True  # whether session_state may be set beforehand
    has_own_label = False  # whether the label is the widget's own, and not above it

    def seed(self, field: Field, value: Any) -> WidgetStates:
        """What its parts show for a value."""
        return {"": value_to_text(field, value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        """The value that its parts show, None for the flow's own; raises `ValueError`.

        `base` is the value that it was seeded with.
        """
        return KIND_HANDLERS[field.kind].parse(field, states[""] or "")

    def draw(self, spec: WidgetSpec) -> None:
        st.text_input(spec.label, placeholder=placeholder(spec.field), **spec.hidden)


def placeholder(field: Field) -> str:
    """What an empty box says."""
    if field.placeholder:
        return field.placeholder
    if field.kind in (FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.SLIDER):
        stored = value_to_text(field, field.default)
        return f"The flow's value: {stored}" if stored else "A number"
    return ""


class TextArea(Widget):
    """A box of several lines."""

    def __init__(self, height: int = 110) -> None:
        self.height = height

    def draw(self, spec: WidgetSpec) -> None:
        st.text_area(
            spec.label, height=self.height, placeholder=placeholder(spec.field), **spec.hidden
        )


class JsonArea(TextArea):
    """A box of several lines that holds JSON."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": "" if value is None else to_json(value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        text = (states[""] or "").strip()
        value = KIND_HANDLERS[FieldKind.UNKNOWN].parse(field, text)
        for sentence in KIND_HANDLERS[field.kind].check(field, value) if text else ():
            raise ValueError(sentence)
        return value


class Slider(Widget):
    """A slider, where the flow gives a range and the value lies in it."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": float(value)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        # a slider's thumb stands at sums of steps, which no decimal fraction is exactly
        return round(float(states[""]), 9)

    def draw(self, spec: WidgetSpec) -> None:
        low, high, step = slider_range(spec.field)
        whole = all(part.is_integer() for part in (low, high, step))
        st.slider(spec.label, low, high, step=step, format="%.0f" if whole else None, **spec.hidden)


def slider_range(field: Field) -> tuple[float, float, float]:
    """Lowest, highest and step of a slider."""
    low, high = float(field.range.min), float(field.range.max)
    return low, high, float(field.range.step or 0) or (high - low) / 100


def fits_slider(field: Field, value: Any) -> bool:
    """Whether a value can be shown on a slider."""
    if field.range is None or field.range.min is None or field.range.max is None or value is None:
        return False
    low, high, step = slider_range(field)
    sane = all(math.isfinite(part) and abs(part) < _MAX_SLIDER_VALUE for part in (low, high, step))
    return sane and low < high and 0 < step <= high - low and low <= value <= high


class Switch(Widget):
    """On or off."""

    has_own_label = True

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value is True}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] is True

    def draw(self, spec: WidgetSpec) -> None:
        st.toggle(escape(spec.field.label), key=spec.key, help=help_text(spec.field), **PERSIST)


class SelectBox(Widget):
    """One of a list, or free text where the field takes it."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        if isinstance(value, list):
            names = [model_label(item) for item in value]
            return {"": names[0] if names else None}
        return {"": value or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return KIND_HANDLERS[field.kind].parse(field, states[""] or "")

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        names = [model_label(item) for item in field.choices] if is_model(field) else field.options
        shown = st.session_state.get(spec.key)
        st.selectbox(
            spec.label,
            list(dict.fromkeys([*names, *([shown] if shown else [])])),
            index=0 if field.default else None,  # without a default it may be emptied again
            accept_new_options=field.free_text,
            placeholder="Choose or type" if field.free_text else "Choose",
            **spec.hidden,
        )


def is_model(field: Field) -> bool:
    """Whether the options are models, with their providers."""
    return field.kind is FieldKind.MODEL


class Tabs(SelectBox):
    """One of a few, all visible."""

    def draw(self, spec: WidgetSpec) -> None:
        shown = st.session_state.get(spec.key)
        names = list(dict.fromkeys([*spec.field.options, *([shown] if shown else [])]))
        st.segmented_control(spec.label, names, format_func=escape, **spec.hidden)


class MultiSelect(Widget):
    """Any number of a list, in the order of choosing."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": option_names(value or [])}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        names = list(states[""] or [])
        return [{"name": n} for n in names] if field.kind is FieldKind.ORDERED_LIST else names

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        shown = st.session_state.get(spec.key) or []
        st.multiselect(
            spec.label,
            list(dict.fromkeys([*field.options, *shown])),
            accept_new_options=field.free_text,
            max_selections=field.max_choices,
            placeholder="Choose or type, Enter adds" if field.free_text else "Choose",
            **spec.hidden,
        )


class Password(Widget):
    """A typed secret; the flow's own is never shown."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value if isinstance(value, str) else ""}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return states[""] or None

    def draw(self, spec: WidgetSpec) -> None:
        st.text_input(
            spec.label,
            type="password",
            autocomplete="off",
            live=True,  # on leaving it for its eye, Streamlit takes up nothing
            placeholder=secret_placeholder(spec.field),
            **spec.hidden,
        )


def secret_placeholder(field: Field) -> str:
    """What the flow itself has for a secret, without saying it."""
    if isinstance(field.default, Variable):
        return f"The flow uses the server variable {field.default.name}"
    return "The flow has one stored" if field.has_stored_value else field.placeholder


class VariablePicker(Widget):
    """The name of one of the server's variables."""

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": value.name if isinstance(value, Variable) else None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return Variable(states[""]) if states[""] else None

    def draw(self, spec: WidgetSpec, key: str | None = None) -> None:
        key = key or spec.key
        shown = st.session_state.get(key)
        st.selectbox(
            f"{spec.label}, server variable",
            list(dict.fromkeys([*spec.variables, *([shown] if shown else [])])),
            index=None,
            accept_new_options=True,
            placeholder="Choose a server variable, or type its name",
            **{**spec.hidden, "key": key},
        )


class ValueOrVariable(Widget):
    """A value to be typed, or the name of a server variable."""

    suffixes = ("", "-from", "-variable")
    TYPED, SERVER = "Type it", "Server variable"

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
        with st.container(gap="small"):
            source = st.segmented_control(
                f"{spec.label}, from where",
                [self.TYPED, self.SERVER],
                required=True,
                **{**spec.hidden, "key": f"{spec.key}-from"},
            )
            if source == self.SERVER:
                VariablePicker().draw(spec, f"{spec.key}-variable")
            elif spec.field.secret:
                Password().draw(spec)
            else:
                Widget().draw(spec)


class DurationInput(Widget):
    """A number and its unit."""

    suffixes = ("", "-unit")

    def seed(self, field: Field, value: Any) -> WidgetStates:
        known = value or {"value": "", "unit": field.units[0] if field.units else ""}
        return {"": str(known["value"]), "-unit": known["unit"] or None}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        number = (states[""] or "").strip()
        if not number:
            return None
        return KIND_HANDLERS[field.kind].parse(field, f"{number} {states.get('-unit') or ''}")

    def draw(self, spec: WidgetSpec) -> None:
        with st.container(horizontal=True, gap="small"):
            Widget().draw(spec)
            shown = st.session_state.get(f"{spec.key}-unit")
            units = list(dict.fromkeys([*spec.field.units, *([shown] if shown else [])]))
            key = f"{spec.key}-unit"
            st.selectbox(f"{spec.label}, unit", units, **{**spec.hidden, "key": key})


def help_text(field: Field) -> str | None:
    """The flow's own words on a field, as a tooltip that shows them letter by letter."""
    return "  \n".join(escape(line) for line in field.help.split("\n") if line.strip()) or None


def shows_default(field: Field, widget: Widget, states: Mapping[str, Any], value: Any) -> bool:
    """Whether a widget shows the flow's own value, or what cannot be told from it."""
    if not is_changed(field, value):
        return True
    if not widget.seeded or isinstance(field.default, Variable):
        return False
    if isinstance(widget, Slider) and not fits_slider(field, field.default):
        return False
    return dict(states) == widget.seed(field, field.default)
