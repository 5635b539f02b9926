"""The messages of a run or a conversation: text, approvals, files, and an agent's tool calls."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.coerce import as_str
from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import clip, format_duration
from lfclient.common.json_types import JsonObject
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.input_values import value_text
from lfclient.flows.model import Flow
from lfclient.runs.answers import outputs_by_message
from lfclient.runs.components import ComponentState, Message, read_decisions
from lfclient.runs.tool_calls import (
    ToolCall,
    find_tools,
    owners_of_functions,
    read_call,
    read_calls,
)
from pages._ui.outputs.message import MAX_MARKDOWN_LENGTH, MAX_TEXT_LENGTH, draw_text
from pages._ui.widgets import controls, downloads
from pages._ui.widgets.markdown import escape, sanitize
from pages._ui.widgets.status_badges import COMPONENT_STYLES

MAX_BLOCKS = 30  # blocks of a message drawn at once
MAX_CHARS = 100_000  # characters in all; a browser takes 1.3 s to draw 100 KB of Markdown
_MAX_VALUE_CHARS = 2_000
_MAX_PARTIAL_CHARS = 10_000  # characters drawn of an incomplete text, from its end
_MAX_ERROR_CHARS = 1_000
_MAX_FILES = 20
_QUESTION = "human_input"  # the type of a block
_STEP_VALUES = ("tool_input", "output", "error", "reason", "text", "code", "data")
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
        block.get("type") == _QUESTION and not block.get("submitted_action")
        for block in message.blocks
    )


def output_names(messages: Iterable[Message], flow: Flow | None) -> Mapping[str, str]:
    """Return the names of the outputs that return the messages, by message id, if several do."""
    if flow is None or len(flow.terminals) < 2:
        return {}
    found = outputs_by_message(messages, flow)
    return {id: flow.component_label(terminal.id) for id, terminal in found.items()}


def drawer(messages: Sequence[Message], flow: Flow | None) -> Callable[..., None]:
    """Return `draw` with the names of the outputs and tools of these messages."""
    names = output_names(messages, flow)
    return partial(draw, tool_names=tool_names(flow), names=names)


def draw(
    message: Message,
    *,
    is_final: bool = True,
    tool_names: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Draw a message; one that is not final may be written further and has no buttons or steps.

    `tool_names` are those of `tool_names`, `names` those of `output_names`.
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
            draw_steps([message], f"talk-steps-{message.id}", tool_names or {})
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
    for block in message.blocks[:MAX_BLOCKS]:
        if block.get("type") == _QUESTION:
            _question(block)


def _question(block: Mapping[str, Any]) -> None:
    decisions = read_decisions(block.get("options"), block.get("allowed_decisions"))
    labels = {decision.action_id: decision.label for decision in decisions}
    action = as_str(block.get("submitted_action"))
    st.markdown(escape(clip(as_str(block.get("prompt")), _MAX_VALUE_CHARS)) or "*No question.*")
    words = f"Decided: **{escape(labels.get(action, action))}**" if action else "Not decided"
    st.markdown(f":violet[:material/front_hand:] {words}")


def tool_names(flow: Flow | None) -> Mapping[str, str]:
    """Return the names of the tools' components by the functions that agents call."""
    if flow is None:
        return {}
    names, owners = ComponentNames(flow, {}), owners_of_functions(find_tools(flow))
    return {name: names.label(owner) for name, owner in owners.items()}


def using_text(messages: Iterable[Message], names: Mapping[str, str]) -> str:
    """Return which tools are running, such as "Using Search …", "" if none is."""
    running = [_tool_name(call, names) for call in read_calls(messages) if call.is_open]
    return f"Using {', '.join(dict.fromkeys(running))} …" if running else ""


def draw_steps(messages: Iterable[Message], key: str, names: Mapping[str, str]) -> None:
    """Draw a closed expander with the steps in ended messages, nothing without any."""
    steps = [block for message in messages for block in _steps_of(message)]
    if not steps:
        return
    calls = [call for call in map(read_call, steps) if call]
    label = f"Tools called · {len(calls)}" if calls else f"Steps · {len(steps)}"
    failed = sum(bool(call.error) for call in calls)
    interrupted = sum(call.is_open for call in calls)
    for count, word in ((failed, "failed"), (interrupted, "interrupted")):
        label += f" · {count} {word}" if count else ""
    controls.lazy_expander(label, key, lambda: _draw_steps(steps, names))


def _steps_of(message: Message) -> list[JsonObject]:
    # the last text of an agent's steps is the message itself
    return [
        block
        for block in message.blocks
        if block.get("type") != _QUESTION
        and (not block.get("text") or as_str(block["text"]) != message.text)
    ]


def _draw_steps(steps: Sequence[JsonObject], names: Mapping[str, str]) -> None:
    for block in steps[:MAX_BLOCKS]:
        _draw_step(block, names)
    if len(steps) > MAX_BLOCKS:
        st.caption(f"{len(steps) - MAX_BLOCKS} more steps")


def _draw_step(block: JsonObject, names: Mapping[str, str]) -> None:
    ms, call = block.get("duration"), read_call(block)
    name = as_str(block.get("name")) or as_str(block.get("type")) or "Step"
    heading = f"**{escape(clip(name, 80))}**"
    if call and call.function in names:
        heading = f"**{escape(clip(names[call.function], 80))}** :gray[{escape(clip(name, 80))}]"
    if call and call.error:
        heading += f" {COMPONENT_STYLES[ComponentState.FAILED].badge('Failed')}"
    elif call and call.is_open:
        heading += f" {COMPONENT_STYLES[ComponentState.INTERRUPTED].badge('Interrupted')}"
    elif isinstance(ms, (int, float)):  # Langflow sends milliseconds
        heading += f" :gray[{format_duration(ms / 1000)}]"
    st.markdown(heading)
    for key in _STEP_VALUES:
        value = block.get(key)
        if isinstance(value, dict) and value.get("type") == "tool":
            value = value.get("content")  # the rest is LangChain's: ids, metadata
        if value:
            st.caption(key.replace("_", " "))
            st.code(clip(value_text(value), _MAX_VALUE_CHARS), language=None, wrap_lines=True)


def _tool_name(call: ToolCall, names: Mapping[str, str]) -> str:
    return clip(names.get(call.function) or call.function or "a tool", 80)
