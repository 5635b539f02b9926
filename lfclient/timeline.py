"""When each component of a run was at work, on one axis of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lfclient.progress import ComponentRun


@dataclass(frozen=True)
class Bar:
    """`start` is in seconds since the first component began; None where that is not known."""

    name: str
    run: ComponentRun
    seconds: float
    start: float | None


def bars(components: Iterable[tuple[str, ComponentRun]]) -> list[Bar]:
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
        Bar(name, run, max(run.seconds or 0, 0), None if at is None else at - first)
        for name, run, at in begun
    ]
    return sorted(found, key=lambda bar: (bar.start is None, bar.start or 0))
