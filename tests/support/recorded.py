"""Recorded and shortened responses of real servers, and small flows to read them with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from lfclient import Component, Edge, Flow

_FOLDER = Path(__file__).parent / "data"


@cache
def _responses(version: str, kind: str = "answers") -> dict[str, dict[str, Any]]:
    return json.loads((_FOLDER / f"{kind}-{version}.json").read_text(encoding="utf-8"))


def recorded(version: str, case: str) -> tuple[int, Any]:
    """Return the status and body of a recorded response."""
    response = _responses(version)[case]
    return response["status"], response["body"]


def events(version: str, case: str) -> list[dict[str, Any]]:
    """Return the frames of a recorded event stream."""
    return _responses(version, "events")[case]["body"]


def sse(frames: list[dict[str, Any]]) -> bytes:
    """Return recorded events as the bytes of a stream."""
    parts = []
    for frame in frames:
        payload = {name: value for name, value in frame.items() if name != "id"}
        number = f"id: {frame['id']}\n" if "id" in frame else ""
        parts.append(f"data: {json.dumps(payload)}\n{number}\n")
    return "".join(parts).encode()


def flow_of(*ids: str, edges: tuple[tuple[str, str], ...] = (), idle: tuple[str, ...] = ()) -> Flow:
    """Return a flow of components with ids `Type-key`; those in `idle` never run."""
    components = tuple(
        Component(
            one, one.split("-")[0], f"The {one}", runs=one not in idle, always_runs=one not in idle
        )
        for one in ids
    )
    return Flow("f", "A flow", components, tuple(Edge(*edge) for edge in edges))


WORKFLOWS = "/api/v2/workflows"
FLOW = flow_of(
    "ChatInput-abc12", "ChatOutput-xyz34", edges=(("ChatInput-abc12", "ChatOutput-xyz34"),)
)
QUEUED = recorded("1.13.0", "bg_submit")
DONE = recorded("1.13.0", "bg_completed")
TRANSIENT = recorded("1.13.0", "status_transient_500_after_stop")
JOB = "00000000-0000-4000-8000-000000000001"
