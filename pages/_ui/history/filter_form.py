"""The controls that narrow the list of runs; the address holds what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presentation.modes import MODE_NAMES
from lfclient.console.store.search_text import MAX_SEARCHABLE_CHARACTERS
from lfclient.runs.model import RunStatus
from pages._ui.history import filters as history_filters
from pages._ui.history.filters import BETWEEN, MAX_DATE, MIN_DATE, PERIODS, Filters
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key
from pages._ui.widgets import alerts, status_badges
from pages._ui.widgets.markdown import escape

SEARCH_HELP = (
    "Finds runs by their inputs, outputs, errors and labels. Every word has to be there, anywhere; "
    'words in double quotes stand together: "annual report" 2026. Upper and lower case are alike, '
    f"and no sign has a meaning of its own. Of very long inputs and outputs, the first "
    f"{MAX_SEARCHABLE_CHARACTERS:,} characters are searched."
)
_EXTRA_FILTERS = ("mode", "server", "label", "starred")  # those in the panel
_FILTER_NAMES = ("text", "flow", "statuses", "when", "start", "end", *_EXTRA_FILTERS)


@dataclass(frozen=True)
class FilterOptions:
    """What there is to choose from: flows by id, servers by name, labels."""

    flows: dict[str, str]
    servers: list[str]
    labels: list[str]


def draw(filters: Filters, choices: FilterOptions) -> None:
    """The controls as the address says; a change goes into the address, and nowhere else."""
    for name in _FILTER_NAMES:
        value = getattr(filters, name)
        st.session_state[history_key(name)] = list(value) if name == "statuses" else value

    def common(name: str) -> dict[str, Any]:
        return {"key": history_key(name), "on_change": _apply_change, "args": (filters,)}

    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key=history_key("filters")
    ):
        st.text_input(
            "Search",
            **common("text"),
            type="search",
            max_chars=history_state.MAX_TEXT_LENGTH,
            placeholder="Search inputs and outputs",
            icon=":material/search:",
            help=SEARCH_HELP,
        )
        _draw_select("Flow", filters.flow, choices.flows, "All flows", common("flow"))
        st.multiselect(
            "Status",
            list(status_badges.STATUS_STYLES),
            **common("statuses"),
            format_func=lambda each: (
                f"{status_badges.STATUS_STYLES[each].symbol} {status_badges.status_label(each)}"
            ),
            placeholder="Any status",
        )
        st.selectbox("Started", list(PERIODS), **common("when"), format_func=PERIODS.__getitem__)
        if filters.when == BETWEEN:
            st.date_input("From", None, MIN_DATE, MAX_DATE, **common("start"))
            st.date_input("To", None, MIN_DATE, MAX_DATE, **common("end"))
        _draw_extra_filters(filters, choices, common)
        if history_filters.is_narrowed(filters):
            clear_button("clear-filters")


def clear_button(name: str) -> None:
    """A button that lists all runs again."""
    st.button(
        "Clear filters",
        key=history_key(name),
        type="tertiary",
        icon=":material/filter_alt_off:",
        on_click=history_filters.write,
        args=(Filters(),),
    )


def warn_ignored(said: list[str]) -> None:
    """What of the address makes no sense."""
    if said:
        alerts.show_message(
            "Some of the filters in the address were left aside", " ".join(said), warning=True
        )


def unknown_values(filters: Filters, choices: FilterOptions) -> list[str]:
    """Why there can be no run: what is asked for is not there, or not any more."""
    said = []
    if filters.flow and filters.flow not in choices.flows:
        said.append(f"No run of the flow {escape(clip(filters.flow, 40))} is kept.")
    if filters.server and filters.server not in choices.servers:
        said.append(
            f"This browser has no server “{escape(clip(filters.server, 40))}”: connect with it "
            "first, under Connection."
        )
    if filters.label and filters.label not in choices.labels:
        said.append(f"No run has the label “{escape(clip(filters.label, 40))}”.")
    return said


def _draw_extra_filters(
    filters: Filters, choices: FilterOptions, common: Callable[[str], dict[str, Any]]
) -> None:
    used = sum(bool(getattr(filters, name)) for name in _EXTRA_FILTERS)
    panel = st.popover(
        f"More filters ({used})" if used else "More filters",
        icon=":material/filter_list:",
        key=history_key("more"),
    )
    with panel:
        _draw_select("Mode", filters.mode, {**MODE_NAMES}, "Any mode", common("mode"))
        if len(choices.servers) > 1 or filters.server:
            names = {name: name for name in choices.servers}
            _draw_select("Server", filters.server, names, "All servers", common("server"))
        labels = {label: label for label in choices.labels}
        _draw_select("Label", filters.label, labels, "Any label", common("label"))
        st.toggle("Starred only", **common("starred"))


def _draw_select(
    label: str, chosen: str | None, known: dict[str, str], nothing: str, common: dict[str, Any]
) -> None:
    """A select box; what the address asks for is an option even if there is no such thing."""
    names = dict(known)
    if chosen is not None and chosen not in names:
        names[chosen] = f"{clip(chosen, 36)} (not known)"
    # the browser tells of the choice by its words, so that no two may be the same
    twice = {name for name, many in Counter(names.values()).items() if many > 1}

    def words(value: str) -> str:
        name = names.get(value, value)
        return f"{name} · {value}" if name in twice else name

    st.selectbox(label, list(names), **common, format_func=words, placeholder=nothing)


def _apply_change(before: Filters) -> None:
    """Called before the page is drawn; controls that were not on the screen say what they did."""
    after = {
        name: st.session_state.get(history_key(name), getattr(before, name))
        for name in _FILTER_NAMES
    }
    after["statuses"] = tuple(RunStatus(each) for each in after["statuses"])
    after["text"] = after["text"] or ""
    history_filters.write(replace(before, **after))
