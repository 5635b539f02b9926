"""Tell which runs of a flow had the same result, without reading their responses again."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from lfclient.console.store.own_values import OwnValues, own_values
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.serialization import SLICE_SIZES
from lfclient.outputs.model import FileRef, Output
from lfclient.runs.error_causes import explain_error

_DIGEST_BYTES = 16


def fingerprint_result(record: RunRecord) -> str | None:
    """Return 32 hex digits that are equal for runs with the same result; None before the end.

    The result is the status, the outputs and the errors. The run's own ids and times in texts do
    not count.
    """
    if not record.ended:
        return None
    own = own_values(record)
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in _parts(record):
        for text in _json(part, own):
            digest.update(text.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _json(part: Any, own: OwnValues) -> Iterable[str]:
    if isinstance(part, str):
        return own.json_slices(part)
    return [own.mask_json(json.dumps(part, sort_keys=True, default=_encode))]


def _parts(record: RunRecord) -> Iterator[Any]:
    yield record.status
    run = record.run
    errors = [error.message for error in run.errors] if run else []
    errors += [record.problem.message] if record.problem else []
    outputs = sorted(run.outputs.items()) if run else []
    # in the background, Langflow also returns an error as the output of its component
    errors += [output.value for _, output in outputs if output.is_error]
    for message in dict.fromkeys(map(str, errors)):
        cause = explain_error(message)
        yield ["error", cause.message if cause else message]
    for name, output in outputs:
        if not output.is_error:
            yield ["output", name]
            yield from _output_parts(output)


def _output_parts(output: Output) -> Iterator[Any]:
    yield output.kind
    value = output.value
    if isinstance(value, (bytes, list)):  # a large one is never copied as a whole
        size = SLICE_SIZES[type(value)]
        for start in range(0, len(value), size):
            yield value[start : start + size]
    else:
        yield value
    for name, part in sorted(output.parts.items()):
        yield ["part", name]
        yield from _output_parts(part)


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return ["bytes", hashlib.blake2b(value, digest_size=_DIGEST_BYTES).hexdigest()]
    if isinstance(value, FileRef):  # its id and path differ from run to run
        return ["file", value.name, value.size]
    return str(value)
