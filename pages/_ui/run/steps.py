"""The steps of agents: the tools that they called, with what, and what came back."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from lfclient.common.coerce import as_str
from lfclient.common.formatting import clip, format_duration
from lfclient.common.json_types import JsonObject
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.input_values import value_text
from lfclient.flows.model import Flow
from lfclient.flows.tools import find_tools, owners_of_functions
from lfclient.runs.components import ComponentState, Message
from lfclient.runs.tool_calls import ToolCall, read_call, read_calls
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.status_badges import COMPONENT_STYLES

MAX_BLOCKS = 30  # blocks drawn at once
QUESTION = "human_input"
_MAX_VALUE_CHARS = 2_000
_VALUES = ("tool_input", "output", "error", "reason", "text", "code", "data")


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


def draw(messages: Iterable[Message], key: str, names: Mapping[str, str]) -> None:
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
        if block.get("type") != QUESTION
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
    for key in _VALUES:
        value = block.get(key)
        if isinstance(value, dict) and value.get("type") == "tool":
            value = value.get("content")  # the rest is LangChain's: ids, metadata
        if value:
            st.caption(key.replace("_", " "))
            st.code(clip(value_text(value), _MAX_VALUE_CHARS), language=None, wrap_lines=True)


def _tool_name(call: ToolCall, names: Mapping[str, str]) -> str:
    return clip(names.get(call.function) or call.function or "a tool", 80)
