"""Blocks of a message besides its text: approvals and the steps of an agent."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lfclient.common.coerce import as_str
from lfclient.common.formatting import clip, format_duration
from lfclient.runs.components import Message, read_decisions
from pages._ui.widgets import controls, downloads
from pages._ui.widgets.markdown import escape

MAX_BLOCKS = 30  # drawn of one message
_MAX_CHARS = 2_000  # characters of one value
_QUESTION = "human_input"


def draw(message: Message) -> None:
    """Draw approvals openly, and steps in a closed expander."""
    for block in message.blocks[:MAX_BLOCKS]:
        if block.get("type") == _QUESTION:
            _question(block)
    # the last text of an agent's steps is the message itself
    steps = [
        block
        for block in message.blocks
        if block.get("type") != _QUESTION and as_str(block.get("text")) != message.text
    ]
    if not steps:
        return
    controls.lazy_expander(
        f"Steps · {len(steps)}",
        ":material/format_list_numbered:",
        f"talk-steps-{message.id}",
        lambda: _steps(steps),
    )


def _question(block: Mapping[str, Any]) -> None:
    decisions = read_decisions(block.get("options"), block.get("allowed_decisions"))
    labels = {decision.action_id: decision.label for decision in decisions}
    action = as_str(block.get("submitted_action"))
    st.markdown(escape(clip(as_str(block.get("prompt")), _MAX_CHARS)) or "*No question.*")
    words = f"Decided: **{escape(labels.get(action, action))}**" if action else "Not decided"
    st.markdown(f":violet[:material/front_hand:] {words}")


def _steps(blocks: Sequence[Mapping[str, Any]]) -> None:
    for block in blocks[:MAX_BLOCKS]:
        _step(block)
    if len(blocks) > MAX_BLOCKS:
        st.caption(f"{len(blocks) - MAX_BLOCKS} more steps")


def _step(block: Mapping[str, Any]) -> None:
    ms = block.get("duration")
    name = as_str(block.get("name")) or as_str(block.get("type")) or "Step"
    # Langflow sends milliseconds
    time = f" :gray[{format_duration(ms / 1000)}]" if isinstance(ms, (int, float)) else ""
    st.markdown(f"**{escape(clip(name, 80))}**{time}")
    for key in ("tool_input", "output", "error", "reason", "text", "code", "data"):
        value = block.get(key)
        if value:
            text = value if isinstance(value, str) else downloads.to_json_bytes(value).decode()
            st.caption(key.replace("_", " "))
            st.code(clip(text, _MAX_CHARS), language=None, wrap_lines=True)
