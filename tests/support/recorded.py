"""Answers of real servers, recorded and cut short, and small flows to read them with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from lfclient import Component, Edge, Flow

_FOLDER = Path(__file__).parent / "data"


@cache
def _answers(version: str, what: str = "answers") -> dict[str, dict[str, Any]]:
    return json.loads((_FOLDER / f"{what}-{version}.json").read_text(encoding="utf-8"))


def recorded(version: str, case: str) -> tuple[int, Any]:
    """The status and body of a recorded answer."""
    answer = _answers(version)[case]
    return answer["status"], answer["body"]


def events(version: str, case: str) -> list[dict[str, Any]]:
    """The frames of a recorded stream of events."""
    return _answers(version, "events")[case]["body"]


def sse(frames: list[dict[str, Any]]) -> bytes:
    """Recorded events as the bytes of a stream."""
    parts = []
    for frame in frames:
        payload = {name: value for name, value in frame.items() if name != "id"}
        number = f"id: {frame['id']}\n" if "id" in frame else ""
        parts.append(f"data: {json.dumps(payload)}\n{number}\n")
    return "".join(parts).encode()


def flow_of(*ids: str, edges: tuple[tuple[str, str], ...] = (), idle: tuple[str, ...] = ()) -> Flow:
    """A flow of components named `Type-key`; `idle` ones are not connected with the chat input."""
    components = tuple(
        Component(
            one,
            one.split("-")[0],
            f"The {one}",
            runs=one not in idle,
            always_runs=one not in idle,
        )
        for one in ids
    )
    return Flow("f", "A flow", components, tuple(Edge(*edge) for edge in edges))
