"""Tell which runs of a flow had the same result, without reading their responses again."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.serialization import SLICE_SIZES
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.error_causes import explain_error
from lfclient.runs.model import Run

CLOCK_TOLERANCE = timedelta(minutes=5)  # between the console and the server
MIN_ID_LENGTH = 16  # characters; a shorter id, such as a session named "Oslo", may be a value
_DIGEST_BYTES = 16
_TIME_OF_DAY = r"[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_ZONE = r"Z|UTC|[+-]\d\d:?\d\d"


def fingerprint_result(record: RunRecord) -> str | None:
    """Return 32 hex digits that are equal for runs with the same result; None before the end.

    The result is the status, the outputs and the errors. What differs from run to run by itself
    does not count: the ids of the run, its session and its messages anywhere in a text, and values
    that are a time during the run, to the second or finer. One without a time zone counts as UTC.
    """
    if not record.ended:
        return None
    normalize = _normalizer(record)
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in _parts(record):
        text = json.dumps(part, sort_keys=True, default=_encode)
        digest.update(normalize(text).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(record: RunRecord) -> Iterator[Any]:
    yield record.status
    run = record.run
    errors = [error.message for error in run.errors] if run else []
    errors += [record.problem.message] if record.problem else []
    outputs = sorted(run.outputs.items()) if run else []
    # in the background, Langflow also returns an error as the output of its component
    errors += [output.value for _, output in outputs if output.kind is OutputKind.ERROR]
    for message in dict.fromkeys(map(str, errors)):
        cause = explain_error(message)
        yield ["error", cause.message if cause else message]
    for name, output in outputs:
        if output.kind is not OutputKind.ERROR:
            yield ["output", name]
            yield from _output_parts(output)


def _output_parts(output: Output) -> Iterator[Any]:
    yield output.kind
    value = output.value
    size = SLICE_SIZES.get(type(value))  # a large value is never copied as a whole
    if size is None:
        yield value
    else:
        for start in range(0, len(value), size):
            yield value[start : start + size]
    for name, part in sorted(output.parts.items()):
        yield ["part", name]
        yield from _output_parts(part)


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return ["bytes", hashlib.blake2b(value, digest_size=_DIGEST_BYTES).hexdigest()]
    if isinstance(value, FileRef):  # its id and path differ from run to run
        return ["file", value.name, value.size]
    return str(value)


def _normalizer(record: RunRecord) -> Callable[[str], str]:
    """Return a function that removes the run's own ids and times from JSON."""
    # a session without a name has the id of its flow, which all runs share
    own = {id for id in _own_ids(record, record.run) if id} - {record.flow_id}
    ids = [id for id in own if len(id) >= MIN_ID_LENGTH]
    longest_first = sorted({json.dumps(id)[1:-1] for id in ids}, key=len, reverse=True)
    since = record.created_at - CLOCK_TOLERANCE
    until = (record.ended_at or datetime.now(UTC)) + CLOCK_TOLERANCE

    # only days that it may touch in any time zone: a table may hold 100,000 other times
    days = {str((time + timedelta(days=n)).date()) for time in (since, until) for n in (-1, 0, 1)}
    own_time = re.compile(f'"((?:{"|".join(days)}){_TIME_OF_DAY}) ?({_ZONE})?"', re.ASCII)

    def replace_time(match: re.Match[str]) -> str:
        time = _parse_time(match[1], match[2])
        return '"time"' if time and since <= time <= until else match[0]

    def normalize(text: str) -> str:
        for id in longest_first:
            text = text.replace(id, "")
        return own_time.sub(replace_time, text)

    return normalize


def _own_ids(record: RunRecord, run: Run | None) -> Iterator[str | None]:
    yield from (record.id, record.job_id, record.session_id)
    if run:
        yield from (run.job_id, run.session_id, *run.messages)


def _parse_time(text: str, zone: str | None) -> datetime | None:
    offset = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        return datetime.fromisoformat(f"{text}{offset}")
    except ValueError:
        return None
