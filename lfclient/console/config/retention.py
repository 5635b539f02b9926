"""What a console keeps of its runs, how large and for how long: a setting."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionSettings:
    """Settings of what is kept. None is no limit; starred runs are never removed.

    `answer_bytes` is the largest answer of one run, `total_bytes` that of all together: beyond
    it the oldest answers go, their runs stay listed. `days` and `runs` remove whole runs.
    """

    store_inputs: bool = True
    store_outputs: bool = True
    max_run_bytes: int | None = 256_000_000
    max_total_bytes: int | None = None
    max_age_days: float | None = None
    max_runs: int | None = None
