"""When a run's components ran, and how long they took in several runs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from lfclient.runs.components import ComponentRun


@dataclass(frozen=True)
class TimelineBar:
    """A component's duration; `start` is in seconds after the first start, or None if unknown."""

    name: str
    run: ComponentRun
    seconds: float
    start: float | None


def timeline_bars(components: Iterable[tuple[str, ComponentRun]]) -> list[TimelineBar]:
    """Return a bar for each (name, component) with a known duration.

    The bars are in order of their start; those with an unknown start come last.
    """
    bars = []
    for name, component in components:
        if component.seconds is not None:
            started = component.started_at
            start = started.timestamp() if started else None
            bars.append(TimelineBar(name, component, max(component.seconds, 0), start))
    first = min((bar.start for bar in bars if bar.start is not None), default=0.0)
    bars = [bar if bar.start is None else replace(bar, start=bar.start - first) for bar in bars]
    return sorted(bars, key=lambda bar: (bar.start is None, bar.start or 0))


def compare_durations(
    runs: Sequence[Iterable[tuple[str, str, ComponentRun]]], *, by_id: bool
) -> list[tuple[str, list[float | None]]]:
    """Return the labels of the components of several runs, each with its seconds in every run.

    Each run is a series of (name, label, component). A duration that is unknown is None. Components
    are matched by id, or by name; the second of a name is matched with the second. They are in the
    order of their earliest start in any of the runs; those with an unknown start come last.
    """
    rows: dict[tuple[str, int], tuple[str, list[float | None]]] = {}
    starts: dict[tuple[str, int], float] = {}
    for index, components in enumerate(map(list, runs)):
        seen: Counter[str] = Counter()
        started = [component.started_at for *_, component in components if component.started_at]
        first = min(started, default=None)
        for name, label, component in components:
            name_or_id = component.component_id if by_id else name.casefold()
            seen[name_or_id] += 1
            key = (name_or_id, seen[name_or_id])
            if component.seconds is not None:
                _, durations = rows.setdefault(key, (label, [None] * len(runs)))
                durations[index] = max(component.seconds, 0.0)
            if first and component.started_at:
                start = (component.started_at - first).total_seconds()
                starts[key] = min(start, starts.get(key, start))
    return [rows[key] for key in sorted(rows, key=lambda key: starts.get(key, inf))]


def axis_unit(seconds: float) -> tuple[float, str]:
    """Return the unit for an axis of this length: units per second, and the unit's symbol."""
    if seconds < 1:
        return 1000, "ms"
    return (1, "s") if seconds < 600 else (1 / 60, "min")
