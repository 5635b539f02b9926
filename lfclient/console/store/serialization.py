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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json

from lfclient.flows.field import Variable
from lfclient.outputs.model import FileRef, Output
from lfclient.runs.model import Run

# characters, bytes and items of a document
SLICE_SIZES: dict[type, int] = {str: 1_000_000, bytes: 1_000_000, list: 2_000}
# Outputs are no deeper in a response; searching deeper for shared values could overflow the stack.
_MAX_DEPTH = 12
_RUN = TypeAdapter(Run)


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
        "raw": shared.strip(run.raw),
        "components": list(run.components.values()),
        "messages": list(run.messages.values()),
    }
    yield tag.encode() + b"\n" + _dumps(document, tag, shared.output)
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
    slices: list[list[Any]] = []
    for document in iterator:
        index, value = _loads(document, tag)
        if index == len(slices):
            slices.append([])
        slices[index].append(value)
    shared = []
    while slices:
        shared.append(_joined(slices.pop(0)))
    run = _loads(body, tag, shared)
    if not isinstance(run, dict):
        raise ValueError("a stored run is an object")
    run["components"] = {entry["component_id"]: entry for entry in run["components"]}
    run["messages"] = {entry["id"]: entry for entry in run["messages"]}
    return _RUN.validate_python(run)


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
        return {**_plain(output), "value": self.strip(output.value)}

    def strip(self, value: Any, depth: int = 0) -> Any:
        """Return `value` with references in place of shared values."""
        size = SLICE_SIZES.get(type(value))
        if id(value) in self._index or (size is not None and len(value) > size):
            return {self._tag: "shared", "index": self._add(value)}
        if depth < _MAX_DEPTH and isinstance(value, dict):
            return {key: self.strip(inner, depth + 1) for key, inner in value.items()}
        if depth < _MAX_DEPTH and isinstance(value, list):
            return [self.strip(inner, depth + 1) for inner in value]
        return value


def _plain(instance: Any) -> dict[str, Any]:
    """Return the fields of a dataclass without copying their values."""
    return {field.name: getattr(instance, field.name) for field in fields(instance)}


def _new_tag() -> str:
    return f"$lfconsole-{secrets.token_hex(8)}"


def _dumps(
    value: Any, tag: str, encode_output: Callable[[Output], dict[str, Any]] = _plain
) -> bytes:
    def encode(value: Any) -> Any:
        if isinstance(value, bytes):
            return {tag: "bytes", "base64": base64.b64encode(value).decode("ascii")}
        if isinstance(value, Variable):
            return {tag: "variable", **_plain(value)}
        if isinstance(value, FileRef):
            return {tag: "file", **_plain(value)}
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, Output):
            return encode_output(value)
        if is_dataclass(value):
            return _plain(value)
        raise TypeError(f"{type(value).__name__} cannot be stored")

    return json.dumps(value, default=encode, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _loads(data: bytes, tag: str, shared: Sequence[Any] = ()) -> Any:
    if tag.encode() not in data:
        with suppress(ValueError):  # half a surrogate pair, which the fast parser rejects
            return from_json(data)

    def decode(value: dict[str, Any]) -> Any:
        kind = value.get(tag)
        if kind is None:
            return value
        if kind == "shared":
            return shared[value["index"]]
        if kind == "bytes":
            return base64.b64decode(value["base64"])
        del value[tag]
        return Variable(**value) if kind == "variable" else FileRef(**value)

    return json.loads(data.decode("utf-8", "surrogatepass"), object_hook=decode)
