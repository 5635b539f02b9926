"""Groups of runs with the same inputs and result, one row each."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.console.store.result_groups import MAX_GROUPED_RUNS, ResultGroup, ResultGroups
from lfclient.console.store.run_queries import UNKNOWN_RESULT
from pages._ui.compare import picker
from pages._ui.compare.runs import MAX_RUNS, MIN_RUNS
from pages._ui.history import actions
from pages._ui.history import filters as history_filters
from pages._ui.history.view import ListView
from pages._ui.state import history as history_state
from pages._ui.state.history import history_key


def group_text(group: ResultGroup) -> str:
    """Return the group's number of runs, and whether its result differs from the usual result.

    The usual result is the most common result of the same inputs. Return "" for a single run that
    doesn't differ.
    """
    if group.is_odd:
        return _differ(group.count)
    if group.count == 1:
        return ""
    return f"{group.count:,} {'equal' if group.is_known else 'not compared'}"


def _differ(count: int) -> str:
    return f"{count:,} {_verb(count)}"


def _verb(count: int) -> str:
    return "differs" if count == 1 else "differ"


def headline(groups: ResultGroups) -> str:
    """Return the number of runs and how many differ: "20 runs · 19 equal, 1 differs".

    Runs with several inputs have the number of inputs as well. Runs of several flows or with
    unknown inputs have the number of results instead.
    """
    runs = format_count(groups.runs, "run")
    if groups.runs >= MAX_GROUPED_RUNS:
        runs = f"The newest {runs}"
    known = [group.count for group in groups.groups if group.is_known]
    unknown = groups.runs - sum(known)
    not_compared = [f"{unknown:,} not compared"] if unknown and not groups.omitted else []
    if groups.inputs > 1:
        results = format_count(len(known) + groups.omitted, "result")
        can_count_inputs = groups.flows == 1 and not groups.has_unknown_inputs
        parts = [f"{groups.inputs:,} different inputs" if can_count_inputs else results]
        if groups.odd:
            parts.append(f"{format_count(groups.odd, 'run')} {_verb(groups.odd)}")
        return " · ".join([f"**{runs}**", *parts, *not_compared])
    usual = sum(group.count for group in groups.groups if group.is_usual)
    other = sum(known) - usual
    parts = [f"{usual:,} equal"] if usual > 1 else []
    if usual and other:
        parts.append(_differ(other))
    elif other:
        all_differ = other == len(known)
        parts.append("all results differ" if all_differ else format_count(len(known), "result"))
    parts += not_compared
    return f"**{runs}**" + (f" · {', '.join(parts)}" if parts else "")


def draw_bar(view: ListView, groups: ResultGroups) -> None:
    """Draw the numbers of runs, and the actions on the selected groups."""
    listed = {group.run_id: group for group in groups.groups}
    selected = [listed[id] for id in history_state.selected() if id in listed]
    with st.container(
        key=history_key("results-bar"), horizontal=True, vertical_alignment="center", gap="small"
    ):
        text = _selection_text(selected, groups) if selected else headline(groups)
        st.container(key=history_key("count"), width="content").markdown(text)
        if selected:
            _draw_actions(view, selected, groups)
            actions.draw_clear_button()
        else:
            actions.draw_bulk_actions(view)
        st.space("stretch")
        actions.draw_group_switch(view)
    if groups.omitted:
        st.caption(
            f"Lists the first {len(groups.groups)} of {len(groups.groups) + groups.omitted:,} "
            "results. Choose a flow or a shorter time to see the others."
        )


def _selection_text(selected: Sequence[ResultGroup], groups: ResultGroups) -> str:
    """Return the number of selected groups, and for one group how its inputs' runs compare."""
    text = f"**{len(selected)} selected**"
    usual = _usual(selected[0], groups)
    if len(selected) > 1 or not usual or usual.count == usual.total or groups.inputs < 2:
        return text
    differ = _differ(usual.total - usual.count)
    return f"{text} · {usual.total:,} runs with these inputs: {usual.count:,} equal, {differ}"


def _draw_actions(view: ListView, selected: Sequence[ResultGroup], groups: ResultGroups) -> None:
    if len(selected) == 1:
        group = selected[0]
        actions.draw_open_button("Open newest", groups.newest_runs[group.run_id])
        st.button(
            "Show runs",
            key=history_key("group-runs"),
            icon=":material/list:",
            on_click=_list_runs,
            args=(view, group),
        )
        usual = _usual(group, groups)
        if usual and usual is not group:
            picker.compare_link(
                [usual.run_id, group.run_id],
                "Compare with the usual",
                usual=usual.run_id,
                equal=_equal_counts((usual, group)),
            )
    if MIN_RUNS <= len(selected) <= MAX_RUNS:
        runs, equal = [group.run_id for group in selected], _equal_counts(selected)
        usual = _usual(selected[0], groups)
        if usual and usual in selected and all(map(selected[0].has_same_inputs, selected)):
            picker.compare_link(runs, usual=usual.run_id, equal=equal, is_main=True)
        else:
            picker.compare_link(runs, baseline=_baseline(selected), equal=equal, is_main=True)
    elif len(selected) > MAX_RUNS:
        actions.draw_refused_comparison()


def _equal_counts(groups: Sequence[ResultGroup]) -> list[int]:
    """Return each group's number of equal runs, which is 1 for unknown results."""
    return [group.count if group.is_known else 1 for group in groups]


def _usual(group: ResultGroup, groups: ResultGroups) -> ResultGroup | None:
    """Return the group with the usual result of a group's inputs, or None if there is none."""
    usual = (one for one in groups.groups if one.is_usual and one.has_same_inputs(group))
    return next(usual, None) if group.is_known else None


def _baseline(selected: Sequence[ResultGroup]) -> str:
    """Return the largest group's run ID, or "" if two groups are equally large."""
    largest, second = sorted(selected, key=lambda group: -group.count)[:2]
    return largest.run_id if largest.count > second.count else ""


def _list_runs(view: ListView, group: ResultGroup) -> None:
    of_group = replace(
        view.filters,
        flow=group.flow_id,
        result=group.result_hash or UNKNOWN_RESULT,
        inputs=group.inputs.hash if group.is_known else None,
    )
    history_state.select([])
    history_filters.write(replace(of_group, grouped=False))
