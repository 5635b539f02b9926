"""Two outputs of a run beside each other, and what differs where both are text."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import streamlit as st

from lfclient.outputs import Output, OutputKind
from pages._ui import export
from pages._ui.text import human_name, plain

SIDES, DIFFERENCES = "Side by side", "Differences"
# beyond these, finding the differences takes seconds
MOST_LINES = 3_000
MOST_CHARACTERS = 300_000
CONTEXT_LINES = 3


def draw(outputs: dict[str, Output], run_id: str, draw_one: Callable[[Output, str], None]) -> None:
    """A panel that costs nothing until it is opened; `draw_one` takes an output and a key."""
    names = list(outputs)
    panel = st.expander(
        "Compare two outputs",
        icon=":material/compare:",
        key=f"compare-{run_id}",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        left, right = st.columns(2)
        with left:
            one = _choose("First", names, 0, run_id)
        with right:
            other = _choose("Second", names, 1, run_id)
        texts = _text(outputs[one]), _text(outputs[other])
        view = SIDES
        if None not in texts:
            view = st.segmented_control(
                "View",
                (SIDES, DIFFERENCES),
                default=SIDES,
                required=True,
                key=f"compare-view-{run_id}",
                label_visibility="collapsed",
            )
        if view == DIFFERENCES:
            _differences(one, other, str(texts[0]), str(texts[1]))
            return
        left, right = st.columns(2)
        with left:
            draw_one(outputs[one], "compared-first")
        with right:
            draw_one(outputs[other], "compared-second")


def _choose(label: str, names: list[str], first: int, run_id: str) -> str:
    return st.selectbox(
        label,
        names,
        index=first,
        key=f"compare-{label}-{run_id}",
        persist_state="session",
    )


def named(outputs: dict[str, Output]) -> dict[str, Output]:
    """Outputs and their named parts, under names of which no two are alike."""
    found: dict[str, Output] = {}
    for output in outputs.values():
        for part, value in (output.parts or {"": output}).items():
            words = [output.display_name or output.component_id, human_name(part)]
            name = " · ".join(word for word in words if word)
            while name in found:
                name += f" ({output.component_id})"
            found[name] = value
    return found


def _text(output: Output) -> str | None:
    """An output as text, or None where it is none, or too much of it."""
    value = output.value
    if output.kind in (OutputKind.DATA, OutputKind.UNKNOWN) and isinstance(value, dict | list):
        value = export.json_bytes(value).decode()
    return value if isinstance(value, str) and len(value) <= MOST_CHARACTERS else None


def _differences(one: str, other: str, first: str, second: str) -> None:
    before, after = first.splitlines(), second.splitlines()
    if max(len(before), len(after)) > MOST_LINES:
        st.caption(f"Texts of more than {MOST_LINES:,} lines are not compared.")
        return
    lines = list(difflib.unified_diff(before, after, one, other, n=CONTEXT_LINES, lineterm=""))
    if lines:
        text = export.readable("\n".join(lines))
        tall = 420 if len(lines) > 20 else None
        st.code(text, language="diff", wrap_lines=True, height=tall)
    else:
        st.caption(f"{plain(one)} and {plain(other)} are the same text.")
