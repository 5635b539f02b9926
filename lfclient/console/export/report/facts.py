"""What a report says of a run beside its outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lfclient.common.formatting import clip, format_duration, format_timing, strip_credentials
from lfclient.console.export.report.limits import Bounded
from lfclient.console.presentation.components import Names, decision_words
from lfclient.console.presentation.modes import MODE_NAMES
from lfclient.console.presentation.timeline import Bar, bars
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import describe_overrides
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus

LONGEST_INPUT = 20_000  # characters of a value
_HAIR = 0.4  # per cent of the axis: what took no time at all is still to be found
_STATES = {ComponentState.WAITING: "did not run", ComponentState.UNKNOWN: "not known"}


@dataclass(frozen=True)
class Input:
    """A value that the run was given."""

    label: str
    key: str
    value: str


@dataclass(frozen=True)
class Row:
    """A component: `left` and `width` of its bar are in per cent, None where it has none."""

    name: str
    id: str
    state: str
    word: str
    took: str = ""
    left: float | None = None
    width: float | None = None


def of(record: RunRecord, flow: Flow | None, now: datetime) -> list[tuple[str, str]]:
    """Name and value of the facts that there are."""
    run = record.run
    found = {
        "Server": record.server_name,
        "Address": strip_credentials(record.server_url),
        "Mode": MODE_NAMES[record.mode],
        "Session": record.session_id or (run.session_id if run else None),
        "Begun": time_words(record.created_at),
        "Ended": time_words(record.ended_at) if record.ended_at else None,
        "Took": format_duration(record.elapsed(now)),
        "Job": record.job_id,
        "Run": record.id,
    }
    known = [(name, value) for name, value in found.items() if value]
    return known + [("Decided", words) for words in _decided(record, flow)]


def _decided(record: RunRecord, flow: Flow | None) -> list[str]:
    """Each decision, and what was asked."""
    run = record.run
    if run is None:
        return []
    names = Names(flow, run.components)
    told = []
    for one in run.decided:
        asked = ": ".join(filter(None, [names.of(one.component_id or ""), clip(one.prompt, 500)]))
        told.append(", ".join(filter(None, decision_words(one, time_words))) + f" ({asked})")
    return told


def time_words(moment: datetime) -> str:
    """A time that is read in the same way wherever the report is opened."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def status_words(record: RunRecord) -> str:
    """The status as a person reads it."""
    if record.mode == "sync" and record.status is RunStatus.CANCELLED:
        return "no longer waited for"
    return record.status.value.replace("_", " ")


def inputs(record: RunRecord, flow: Flow | None, clean: Callable[[str], str]) -> list[Input]:
    """What the run was given, each under the name that its form has for it."""
    return [
        Input(
            f"{one.component_label()}: {one.label}",
            one.key,
            clip(_value_words(one.value, clean), LONGEST_INPUT),
        )
        for one in describe_overrides(record.overrides, flow)
    ]


def _value_words(value: Any, clean: Callable[[str], str]) -> str:
    if isinstance(value, Variable):
        return f"the server's variable {value.name}"
    if isinstance(value, str):
        return clean(value)
    return json.dumps(Bounded(clean).of(value), indent=2, ensure_ascii=False)


def components(record: RunRecord, flow: Flow | None) -> list[Row]:
    """What the components did, by the time at which they began; last, those that did not work."""
    told = record.run.components if record.run else {}
    names = Names(flow, told)
    named = [(names.of(name), one) for name, one in told.items()]
    timed = bars(named)
    end = max((bar.seconds + (bar.start or 0) for bar in timed), default=0) or 1
    rows = [_timed(bar, end, ended=record.ended) for bar in timed]
    idle = [(name, one) for name, one in named if one.seconds is None]
    return rows + [
        Row(name, one.component_id, one.state.value, _word(one.state, ended=record.ended))
        for name, one in idle
    ]


def _timed(bar: Bar, end: float, *, ended: bool) -> Row:
    left = 100 * (bar.start or 0) / end
    return Row(
        bar.name,
        bar.run.component_id,
        bar.run.state.value,
        _word(bar.run.state, ended=ended),
        format_timing(bar.seconds),
        round(min(left, 100 - _HAIR), 2),
        round(max(100 * bar.seconds / end, _HAIR), 2),
    )


def _word(state: ComponentState, *, ended: bool) -> str:
    return _STATES.get(state, state.value) if ended else state.value
