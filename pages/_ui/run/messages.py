"""The messages of a run or a conversation: text, approvals, the steps of an agent, files."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.coerce import as_str
from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import clip, format_duration
from lfclient.runs.components import Message, read_decisions
from pages._ui.form.input_values import value_text
from pages._ui.outputs.message import MAX_MARKDOWN_LENGTH, MAX_TEXT_LENGTH, draw_text
from pages._ui.widgets import controls, downloads
from pages._ui.widgets.markdown import escape, sanitize

MAX_CHARS = 100_000  # characters in all; a browser takes 1.3 s to draw 100 KB of Markdown
MAX_BLOCKS = 30  # blocks drawn of one message
_MAX_VALUE_CHARS = 2_000
_MAX_PARTIAL_CHARS = 10_000  # characters drawn of an incomplete text, from its end
_MAX_ERROR_CHARS = 1_000
_MAX_FILES = 20
_USER_AVATAR = ":material/person:"
_GENERIC_NAMES = ("User", "Machine", "AI", "")
_QUESTION = "human_input"
_TOOL_CALL = "tool_use"


def latest(
    messages: Sequence[Message], max_count: int, max_chars: int = MAX_CHARS
) -> list[Message]:
    """Return the latest messages within both limits, at least one, in their order."""
    fitting: list[Message] = []
    for message in reversed(messages):
        max_chars -= min(len(message.text), MAX_MARKDOWN_LENGTH)
        if fitting and (len(fitting) >= max_count or max_chars < 0):
            break
        fitting.append(message)
    return fitting[::-1]


def is_open_question(message: Message) -> bool:
    """Return whether a stored message is a question to a person, without a decision."""
    return any(
        block.get("type") == _QUESTION and not block.get("submitted_action")
        for block in message.blocks
    )


def draw(message: Message, *, is_final: bool = True) -> None:
    """Draw a message; one that is not final may be written further and has no buttons or steps.

    Draw a message with buttons once on a page: their keys contain its id.
    """
    if message.category == "error":
        with st.chat_message("error", avatar=":material/error:"):
            heading = f"**{escape(message.sender or 'A component')}** failed"
            reason = escape(clip(message.visible_text, _MAX_ERROR_CHARS))
            st.error(f"{heading}\n\n{reason}")
        return
    is_user = message.sender == "User"
    with st.chat_message("user", avatar=_USER_AVATAR) if is_user else answer_frame():
        if message.sender_name not in _GENERIC_NAMES:
            st.caption(escape(clip(message.sender_name, 80)))
        text = message.visible_text
        if is_user:
            st.text(text[:MAX_TEXT_LENGTH])
        elif not (is_final or message.complete):
            _partial_text(text)
        elif text or not message.blocks:
            _text(text, message.id, is_final=is_final)
        if is_final:
            _blocks(message)
        if is_final and not message.complete:
            st.caption(":material/content_cut: Incomplete")
        for file in message.files[:_MAX_FILES]:
            st.markdown(f":material/attach_file: {escape(uploaded_name(file))}")
        if len(message.files) > _MAX_FILES:
            st.caption(f"{len(message.files) - _MAX_FILES} more files")


def answer_frame() -> DeltaGenerator:
    """Return the frame of a message of the flow."""
    return st.chat_message("assistant", avatar=":material/robot_2:")


def _text(text: str, message_id: str, *, is_final: bool) -> None:
    if not text.strip():
        st.caption("Empty message")
        return
    draw_text(text)
    if is_final and len(text) > MAX_MARKDOWN_LENGTH:
        downloads.draw_button("Download", text, "message.txt", f"save-message-{message_id}")


def _partial_text(text: str) -> None:
    if len(text) > _MAX_PARTIAL_CHARS:
        st.caption(f"{len(text):,} characters so far, showing the end")
        st.code(text[-_MAX_PARTIAL_CHARS:], language=None, wrap_lines=True, height=420)
    else:
        st.markdown(f"{sanitize(text)[0]} …")


def _blocks(message: Message) -> None:
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
    calls = sum(block.get("type") == _TOOL_CALL for block in steps)
    noun = "Tool calls" if calls == len(steps) else "Steps and tool calls" if calls else "Steps"
    controls.lazy_expander(
        f"{noun} · {len(steps)}",
        ":material/format_list_numbered:",
        f"talk-steps-{message.id}",
        lambda: _steps(steps),
    )


def _question(block: Mapping[str, Any]) -> None:
    decisions = read_decisions(block.get("options"), block.get("allowed_decisions"))
    labels = {decision.action_id: decision.label for decision in decisions}
    action = as_str(block.get("submitted_action"))
    st.markdown(escape(clip(as_str(block.get("prompt")), _MAX_VALUE_CHARS)) or "*No question.*")
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
        if isinstance(value, dict) and value.get("type") == "tool":
            value = value.get("content")  # the rest is LangChain's: ids, metadata
        if value:
            st.caption(key.replace("_", " "))
            st.code(clip(value_text(value), _MAX_VALUE_CHARS), language=None, wrap_lines=True)
