"""What a console keeps of its runs, how large and for how long: a setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Keeping:
    """Settings of what is kept. None is no limit; starred runs are never removed.

    `answer_bytes` is the largest answer of one run, `total_bytes` that of all together: beyond
    it the oldest answers go, their runs stay listed. `days` and `runs` remove whole runs.
    """

    inputs: bool = True
    outputs: bool = True
    answer_bytes: int | None = 256_000_000
    total_bytes: int | None = None
    days: float | None = None
    runs: int | None = None
