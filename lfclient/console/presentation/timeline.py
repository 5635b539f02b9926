"""When each component of a run was at work, on one axis of time, and how long in several runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfclient.runs.components import ComponentRun


@dataclass(frozen=True)
class TimelineBar:
    """`start` is in seconds since the first component began; None where that is not known."""

    name: str
    run: ComponentRun
    seconds: float
    start: float | None


def timeline_bars(components: Iterable[tuple[str, ComponentRun]]) -> list[TimelineBar]:
    """Those whose duration is known, by their beginning; last, those whose beginning is not.

    `components` are names and what is known of each.
    """
    begun: list[tuple[str, ComponentRun, float | None]] = []
    for name, run in components:
        if run.seconds is not None:
            at = run.ended_at.timestamp() - run.seconds if run.ended_at else None
            begun.append((name, run, at))
    first = min((at for _, _, at in begun if at is not None), default=0.0)
    found = [
        TimelineBar(name, run, max(run.seconds or 0, 0), None if at is None else at - first)
        for name, run, at in begun
    ]
    return sorted(found, key=lambda bar: (bar.start is None, bar.start or 0))


def compare_durations(
    runs: Sequence[Iterable[tuple[str, ComponentRun]]], *, by_id: bool
) -> list[tuple[str, list[float | None]]]:
    """The components of several runs, each with its seconds in every run; None where not known.

    `runs` are names and what is known of each. Components are matched by their id or, without
    `by_id`, by their name, the second of a name with the second.
    """
    rows: dict[tuple[str, int], tuple[str, list[float | None]]] = {}
    for place, components in enumerate(runs):
        so_far: Counter[str] = Counter()
        for name, one in components:
            key = one.component_id if by_id else name.casefold()
            so_far[key] += 1
            if one.seconds is not None:
                _, row = rows.setdefault((key, so_far[key]), (name, [None] * len(runs)))
                row[place] = max(one.seconds, 0.0)
    return list(rows.values())


def axis_unit(seconds: float) -> tuple[float, str]:
    """The unit of an axis that is so long: what a second is in it, and its name."""
    if seconds < 1:
        return 1000, "ms"
    return (1, "s") if seconds < 600 else (1 / 60, "min")
