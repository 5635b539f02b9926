"""The filter controls of the run history. The URL has their values."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, remove_bidi_controls
from lfclient.console.store.run_queries import UNKNOWN_RESULT
from lfclient.console.store.search_text import MAX_SEARCHABLE_CHARACTERS
from lfclient.runs.model import RunStatus
from lfclient.wire.modes import MODES
from pages._ui.app import window
from pages._ui.history import filters as history_filters
from pages._ui.history.filters import BETWEEN, MAX_DATE, MIN_DATE, PERIODS, Filters
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import controls, status_badges
from pages._ui.widgets.markdown import escape

SEARCH_HELP = (
    f"Searches labels, errors, and the first {MAX_SEARCHABLE_CHARACTERS:,} characters of inputs "
    'and outputs. Finds all words in any order; quote a phrase: "annual report" 2026.'
)
_MAIN_FILTERS = ("flow", "statuses", "when")  # in narrow windows in the panel as well
_EXTRA_FILTERS = ("mode", "server", "label", "starred", "shared")  # in the panel


@dataclass(frozen=True)
class FilterOptions:
    """The available flow names by ID, server names, and labels."""

    flows: dict[str, str]
    servers: list[str]
    labels: list[str]


def draw(filters: Filters, options: FilterOptions) -> None:
    """Draw the controls with the URL's values. Changes are written only to the URL."""
    for name, value in vars(filters).items():
        st.session_state[history_key(name)] = list(value) if name == "statuses" else value

    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key=history_key("filters")
    ):
        st.text_input(
            "Search",
            **_widget(filters, "text"),
            type="search",
            max_chars=history_state.MAX_TEXT_LENGTH,
            placeholder="Search inputs and outputs",
            icon=":material/search:",
            help=SEARCH_HELP,
        )
        narrow = window.is_narrow()
        if not narrow:
            _draw_main_filters(filters, options)
        _draw_panel(filters, options, has_all=narrow)
        if filters.result or filters.inputs:
            st.button(
                "Runs not compared" if filters.result == UNKNOWN_RESULT else "Equal results only",
                key=history_key("clear-result"),
                icon=":material/close:",
                help="Also show runs with other inputs and results",
                on_click=history_filters.write,
                args=(replace(filters, result=None, inputs=None),),
            )
        if history_filters.is_narrowed(filters):
            clear_button("clear-filters", filters)


def _widget(filters: Filters, name: str) -> dict[str, Any]:
    """Return the arguments of the widget that changes this filter."""
    return {"key": history_key(name), "on_change": _apply_change, "args": (filters,)}


def clear_button(name: str, filters: Filters) -> None:
    """Draw a button that removes all filters. A grouped list stays grouped."""
    st.button(
        "Clear filters",
        key=history_key(name),
        type="tertiary",
        icon=":material/filter_alt_off:",
        on_click=history_filters.write,
        args=(Filters(grouped=filters.grouped),),
    )


def unknown_values(filters: Filters, options: FilterOptions) -> list[str]:
    """Return a sentence about each filter whose value no run has."""
    values = (
        (filters.flow, options.flows, "No runs of the flow “{}”."),
        (filters.server, options.servers, "No server “{}”. Connect to it on the Connection page."),
        (filters.label, options.labels, "No runs with the label “{}”."),
    )
    return [
        text.format(escape(clip(value, 40)))
        for value, existing, text in values
        if value and value not in existing
    ]


def _draw_panel(filters: Filters, options: FilterOptions, *, has_all: bool) -> None:
    """Draw a panel with the other filters or all filters. Its label counts the filters in use.

    The filters are drawn only while the panel is open: the browser keeps the values of a closed
    panel's controls, and would restore a filter that was cleared outside.
    """
    label = "Filters" if has_all else "More filters"
    names = (*_MAIN_FILTERS, *_EXTRA_FILTERS) if has_all else _EXTRA_FILTERS
    used = sum(bool(getattr(filters, name)) for name in names)
    panel = st.popover(
        f"{label} ({used})" if used else label,
        icon=":material/filter_list:",
        key=history_key("more"),
        on_change="rerun",
    )
    if panel.open:
        with panel:
            if has_all:
                _draw_main_filters(filters, options)
            _draw_extra_filters(filters, options)


def _draw_main_filters(filters: Filters, options: FilterOptions) -> None:
    _draw_select(filters, "Flow", "flow", options.flows, "All flows")
    st.multiselect(
        "Status",
        list(status_badges.STATUS_STYLES),
        **_widget(filters, "statuses"),
        format_func=status_badges.filter_text,
        placeholder="Any status",
    )
    started = _widget(filters, "when")
    st.selectbox("Started", list(PERIODS), **started, format_func=PERIODS.__getitem__)
    if filters.when == BETWEEN:
        st.date_input("From", None, MIN_DATE, MAX_DATE, **_widget(filters, "start"))
        st.date_input("To", None, MIN_DATE, MAX_DATE, **_widget(filters, "end"))


def _draw_extra_filters(filters: Filters, options: FilterOptions) -> None:
    modes = {str(mode): traits.label for mode, traits in MODES.items()}
    _draw_select(filters, "Mode", "mode", modes, "Any mode")
    if len(options.servers) > 1 or filters.server:
        names = {name: name for name in options.servers}
        _draw_select(filters, "Server", "server", names, "All servers")
    labels = {label: label for label in options.labels}
    _draw_select(filters, "Label", "label", labels, "Any label")
    st.toggle("Starred only", **_widget(filters, "starred"))
    st.toggle("Shared only", **_widget(filters, "shared"))


def _draw_select(
    filters: Filters, label: str, name: str, options: dict[str, str], placeholder: str
) -> None:
    """Draw a select box. An unknown value in the URL is added to its options."""
    names = {option: remove_bidi_controls(text) for option, text in options.items()}
    value = getattr(filters, name)
    if value is not None and value not in names:
        names[value] = f"{clip(remove_bidi_controls(value), 36)} (unknown)"
    labels = controls.unique_labels(names)
    st.selectbox(
        label,
        list(names),
        **_widget(filters, name),
        format_func=lambda option: labels.get(option, option),
        placeholder=placeholder,
    )


def _apply_change(before: Filters) -> None:
    """Write a change to the URL. Controls that were not drawn keep their values."""
    after = {
        name: st.session_state.get(history_key(name), value) for name, value in vars(before).items()
    }
    after["statuses"] = tuple(RunStatus(status) for status in after["statuses"])
    after["text"] = after["text"] or ""
    history_filters.write(replace(before, **after))
