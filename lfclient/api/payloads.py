"""The request that runs a flow, in each dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lfclient.api.requests import WORKFLOWS, RequestSpec
from lfclient.errors import Unsupported
from lfclient.flows.encoding import encode, override_targets
from lfclient.flows.field import Variable
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.model import Mode
from lfclient.wire.server_info import NO_EVENTS_MESSAGE, ServerInfo


def session_parameter(server: ServerInfo, flow: Flow) -> str | None:
    """Where a session id goes: `session_id` on 1.11+, before an override; None if nowhere."""
    if server.capabilities.session_field:
        return "session_id"
    takers = (leaf for leaf in flow.leaves if "session_id" in leaf.template)
    place = flow.chat_input or next(takers, None)
    return f"{place.id}.session_id" if place else None


def run_request(
    server: ServerInfo,
    flow: Flow,
    overrides: Mapping[str, Any],
    mode: Mode,
    session_id: str | None = None,
    idempotency_key: str | None = None,
    repeat: bool = True,
) -> RequestSpec:
    """The request that runs a flow; raises `InvalidRequest` for what this mode can't take.

    `repeat`: it may be sent again where its key makes that safe.
    """
    values = list(_encode_overrides(server, flow, overrides, mode))
    if server.dialect == "inputs":
        if mode == "stream":
            raise Unsupported(NO_EVENTS_MESSAGE.format(server.version))
        body = _inputs_body(server, flow, values, mode, session_id)
    else:
        body = _modes_body(flow, values, mode, session_id)
        if idempotency_key and mode == "background":
            body["idempotency_key"] = idempotency_key
    return RequestSpec(
        "POST",
        WORKFLOWS,
        json=body,
        fresh=True,
        repeat=repeat and "idempotency_key" in body,
        patient=mode != "background",
    )


def _encode_overrides(
    server: ServerInfo, flow: Flow, overrides: Mapping[str, Any], mode: Mode
) -> Iterator[tuple[str, str, Any]]:
    """Component, parameter and value as they go out; unknown ones as they were given."""
    known = flow.fields_by_key if overrides else {}
    for key, value in overrides.items():
        field = known.get(key)
        if field is None:
            component, _, parameter = key.rpartition(".")
            if isinstance(value, Variable):
                value = {"value": value.name, "load_from_db": True}
            yield component, parameter, value
            continue
        sent = encode(field, value, mode, server)
        for component, parameter in override_targets(field):
            yield component, parameter, sent


def _inputs_body(
    server: ServerInfo,
    flow: Flow,
    values: list[tuple[str, str, Any]],
    mode: Mode,
    session_id: str | None,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    place = session_parameter(server, flow)
    if session_id and place:
        inputs[place] = session_id  # first: the first session_id of all becomes the run's
    for component, parameter, value in values:
        inputs.setdefault(f"{component}.{parameter}", value)
    return {
        "flow_id": flow.id,
        "background": mode == "background",
        "stream": False,
        "inputs": inputs,
    }


def _modes_body(
    flow: Flow, values: list[tuple[str, str, Any]], mode: Mode, session_id: str | None
) -> dict[str, Any]:
    tweaks: dict[str, dict[str, Any]] = {}
    for component, parameter, value in values:
        tweaks.setdefault(component, {})[parameter] = value
    body: dict[str, Any] = {"flow_id": flow.id, "mode": mode, "tweaks": tweaks}
    chat = _only_chat_input(flow)
    if chat:
        # a background or streamed run with a session loses both the tweak and the flow's own text
        text = tweaks.get(chat.id, {}).get("input_value", _stored_text(chat))
        if isinstance(text, str):
            body["input_value"] = text
            if mode != "sync":
                tweaks.get(chat.id, {}).pop("input_value", None)
    body["tweaks"] = {component: part for component, part in tweaks.items() if part}
    if session_id:
        body["session_id"] = session_id
    return body


def _only_chat_input(flow: Flow) -> Component | None:
    """The chat input, if there is one: with several, `input_value` would go to all."""
    several = sum(leaf.type == "ChatInput" for leaf in flow.leaves) > 1
    return None if several else flow.chat_input


def _stored_text(chat: Component) -> Any:
    return chat.template.get("input_value", {}).get("value", "")
