"""Serialize runs and values to JSON and back, including bytes and file references.

A run becomes several documents: the run, then its large values in slices. A value that an output
shares with the raw response is written once. So storing a large response takes no second copy of
it in memory.

JSON has no bytes: an object with a tag as its key stands for them. The tag is random and created
after the response arrived, so no server can forge one.
"""

import base64
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from pydantic_core import from_json

from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import (
    ComponentRun,
    ComponentState,
    Decision,
    HumanInput,
    Message,
    NotRun,
    RunError,
)
from lfclient.runs.model import Run, RunStatus

# characters, bytes and items of a document
SLICE_SIZES: dict[type, int] = {str: 1_000_000, bytes: 1_000_000, list: 2_000}
# Outputs are no deeper in a response; searching deeper for shared values could overflow the stack.
_MAX_DEPTH = 12


def dump_value(value: Any) -> bytes:
    """Serialize JSON types, bytes, `Variable` and `FileRef`: a line with the tag, then JSON."""
    tag = _new_tag()
    return tag.encode() + b"\n" + _dumps(value, tag)


def load_value(data: bytes) -> Any:
    """Return the value that `dump_value` serialized."""
    tag, _, body = data.partition(b"\n")
    return _loads(body, tag.decode())


def dump_run(run: Run) -> Iterator[bytes]:
    """Yield the documents of a run, in order."""
    tag = _new_tag()
    shared = _Shared(run, tag)
    document = {
        **_plain(run),
        "outputs": {name: shared.output(output) for name, output in run.outputs.items()},
        "raw": shared.strip(run.raw),
        "components": [
            {**_plain(component), "output": component.output and shared.output(component.output)}
            for component in run.components.values()
        ],
        "messages": list(run.messages.values()),
    }
    yield tag.encode() + b"\n" + _dumps(document, tag)
    for index, value in enumerate(shared.values):
        size = SLICE_SIZES.get(type(value))
        if size is None:
            yield _dumps([index, value], tag)
            continue
        for start in range(0, len(value) or 1, size):
            yield _dumps([index, value[start : start + size]], tag)


def load_run(documents: Iterable[bytes]) -> Run:
    """Return the run that `dump_run` serialized. Raise ValueError, LookupError or TypeError if it
    is damaged.
    """
    iterator = iter(documents)
    first, _, body = next(iterator).partition(b"\n")
    tag = first.decode()
    run = _loads(body, tag)
    slices: list[list[Any]] = []
    for document in iterator:
        index, value = _loads(document, tag)
        if index == len(slices):
            slices.append([])
        slices[index].append(value)
    shared = []
    while slices:
        shared.append(_joined(slices.pop(0)))
    return Run(
        **{
            **run,
            "status": RunStatus(run["status"]),
            "outputs": {
                name: _output(entry, shared, tag) for name, entry in run["outputs"].items()
            },
            "not_run": tuple(NotRun(**entry) for entry in run["not_run"]),
            "errors": tuple(RunError(**entry) for entry in run["errors"]),
            "warnings": tuple(run["warnings"]),
            "raw": _restore(run["raw"], shared, tag),
            # earlier releases of the console did not write these
            "components": {
                entry["component_id"]: _component_run(entry, shared, tag)
                for entry in run.get("components", ())
            },
            "messages": {entry["id"]: _message(entry) for entry in run.get("messages", ())},
            "waiting_for": _human_input(run.get("waiting_for")),
            "decided": tuple(filter(None, map(_human_input, run.get("decided", ())))),
        }
    )


def _joined(slices: list[Any]) -> Any:
    if len(slices) == 1:
        return slices[0]
    if isinstance(slices[0], list):
        return list(chain.from_iterable(slices))
    return slices[0][:0].join(slices)


class _Shared:
    """Large values and output values by identity, each written once however often it occurs."""

    def __init__(self, run: Run, tag: str) -> None:
        self.values: list[Any] = []
        self._tag = tag
        self._index: dict[int, int] = {}
        for output in run.outputs.values():
            self._collect(output)
        for component in run.components.values():
            if component.output:
                self._collect(component.output)

    def _collect(self, output: Output) -> None:
        if isinstance(output.value, (str, list, dict, bytes)):
            self._add(output.value)
        for other in (*output.parts.values(), *output.extras):
            self._collect(other)

    def _add(self, value: Any) -> int:
        if id(value) not in self._index:
            self._index[id(value)] = len(self.values)
            self.values.append(value)  # keeps the value alive, so that its id stays unique
        return self._index[id(value)]

    def output(self, output: Output) -> dict[str, Any]:
        return {
            **_plain(output),
            "value": self.strip(output.value),
            "parts": {name: self.output(part) for name, part in output.parts.items()},
            "extras": [self.output(extra) for extra in output.extras],
        }

    def strip(self, value: Any, depth: int = 0) -> Any:
        """Return `value` with references in place of shared values."""
        size = SLICE_SIZES.get(type(value))
        if id(value) in self._index or (size is not None and len(value) > size):
            return {self._tag: "shared", "index": self._add(value)}
        return _map(value, depth, self.strip)


def _output(entry: dict[str, Any], shared: list[Any], tag: str) -> Output:
    parts = {name: _output(part, shared, tag) for name, part in entry["parts"].items()}
    return Output(
        **{
            **entry,
            "kind": OutputKind(entry["kind"]),
            "value": _restore(entry["value"], shared, tag),
            "parts": parts,
            "extras": tuple(_output(extra, shared, tag) for extra in entry["extras"]),
        }
    )


def _component_run(entry: dict[str, Any], shared: list[Any], tag: str) -> ComponentRun:
    return ComponentRun(
        **{
            **entry,
            "state": ComponentState(entry["state"]),
            "ended_at": _load_time(entry["ended_at"]),
            "output": entry["output"] and _output(entry["output"], shared, tag),
            "error": entry["error"] and RunError(**entry["error"]),
            "log": tuple(entry["log"]),
        }
    )


def _message(entry: dict[str, Any]) -> Message:
    lists = {name: tuple(entry.get(name, ())) for name in ("files", "blocks")}
    return Message(**{**entry, **lists})


def _human_input(entry: dict[str, Any] | None) -> HumanInput | None:
    if entry is None:
        return None
    decisions = tuple(Decision(**decision) for decision in entry["decisions"])
    times = {name: _load_time(entry.get(name)) for name in ("expires_at", "sent_at")}
    return HumanInput(**{**entry, "decisions": decisions, **times})


def _load_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _restore(value: Any, shared: list[Any], tag: str, depth: int = 0) -> Any:
    if isinstance(value, dict) and value.get(tag) == "shared":
        return shared[value["index"]]
    return _map(value, depth, lambda inner, depth: _restore(inner, shared, tag, depth))


def _map(value: Any, depth: int, change: Callable[[Any, int], Any]) -> Any:
    if depth < _MAX_DEPTH and isinstance(value, dict):
        return {key: change(inner, depth + 1) for key, inner in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, list):
        return [change(inner, depth + 1) for inner in value]
    return value


def _plain(instance: Any) -> dict[str, Any]:
    """Return the fields of a dataclass without copying their values."""
    return {field.name: getattr(instance, field.name) for field in fields(instance)}


def _new_tag() -> str:
    return f"$lfconsole-{secrets.token_hex(8)}"


def _dumps(value: Any, tag: str) -> bytes:
    def encode(value: Any) -> Any:
        if isinstance(value, bytes):
            return {tag: "bytes", "base64": base64.b64encode(value).decode("ascii")}
        if isinstance(value, Variable):
            return {tag: "variable", **_plain(value)}
        if isinstance(value, FileRef):
            return {tag: "file", **_plain(value)}
        if isinstance(value, datetime):
            return value.isoformat()
        if is_dataclass(value):
            return _plain(value)
        raise TypeError(f"{type(value).__name__} cannot be stored")

    return json.dumps(value, default=encode, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _loads(data: bytes, tag: str) -> Any:
    if tag.encode() not in data:
        with suppress(ValueError):  # half a surrogate pair, which the fast parser rejects
            return from_json(data)

    def decode(value: dict[str, Any]) -> Any:
        kind = value.get(tag)
        if kind is None or kind == "shared":
            return value
        if kind == "bytes":
            return base64.b64decode(value["base64"])
        del value[tag]
        return Variable(**value) if kind == "variable" else FileRef(**value)

    return json.loads(data.decode("utf-8", "surrogatepass"), object_hook=decode)
