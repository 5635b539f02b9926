"""The messages of a run or a conversation: text, approvals, the steps of an agent, files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.coerce import as_str
from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import clip
from lfclient.flows.model import Flow
from lfclient.runs.answers import outputs_by_message
from lfclient.runs.components import Message, read_decisions
from pages._ui.outputs.message import MAX_MARKDOWN_LENGTH, MAX_TEXT_LENGTH, draw_text
from pages._ui.run import steps
from pages._ui.widgets import downloads
from pages._ui.widgets.markdown import escape, sanitize

MAX_CHARS = 100_000  # characters in all; a browser takes 1.3 s to draw 100 KB of Markdown
_MAX_VALUE_CHARS = 2_000
_MAX_PARTIAL_CHARS = 10_000  # characters drawn of an incomplete text, from its end
_MAX_ERROR_CHARS = 1_000
_MAX_FILES = 20
_USER_AVATAR = ":material/person:"
_GENERIC_NAMES = ("User", "Machine", "AI", "")
_NO_ANSWER = "The run ended before the answer began"


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
        block.get("type") == steps.QUESTION and not block.get("submitted_action")
        for block in message.blocks
    )


def output_names(messages: Iterable[Message], flow: Flow | None) -> Mapping[str, str]:
    """Return the names of the outputs that return the messages, by message id, if several do."""
    if flow is None or len(flow.terminals) < 2:
        return {}
    found = outputs_by_message(messages, flow)
    return {id: flow.component_label(terminal.id) for id, terminal in found.items()}


def draw(
    message: Message,
    *,
    is_final: bool = True,
    tool_names: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Draw a message; one that is not final may be written further and has no buttons or steps.

    `tool_names` are those of `steps.tool_names`, `names` those of `output_names`.
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
        name = (names or {}).get(message.id, message.sender_name)
        if name not in _GENERIC_NAMES:
            st.caption(escape(clip(name, 80)))
        text = message.visible_text
        if is_user:
            st.text(text[:MAX_TEXT_LENGTH])
        elif not (is_final or message.complete):
            _partial_text(text)
        elif text or (message.complete and not message.blocks):
            _text(text, message.id, is_final=is_final)
        if is_final:
            _questions(message)
            steps.draw([message], f"talk-steps-{message.id}", tool_names or {})
        if is_final and not message.complete:
            st.caption(f":material/content_cut: {'Incomplete' if text else _NO_ANSWER}")
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


def _questions(message: Message) -> None:
    for block in message.blocks[: steps.MAX_BLOCKS]:
        if block.get("type") == steps.QUESTION:
            _question(block)


def _question(block: Mapping[str, Any]) -> None:
    decisions = read_decisions(block.get("options"), block.get("allowed_decisions"))
    labels = {decision.action_id: decision.label for decision in decisions}
    action = as_str(block.get("submitted_action"))
    st.markdown(escape(clip(as_str(block.get("prompt")), _MAX_VALUE_CHARS)) or "*No question.*")
    words = f"Decided: **{escape(labels.get(action, action))}**" if action else "Not decided"
    st.markdown(f":violet[:material/front_hand:] {words}")
