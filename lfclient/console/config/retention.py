"""The retention settings: which parts of runs the console stores, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionSettings:
    """Limits of the stored runs; None means no limit. Starred runs are never removed.

    `max_run_bytes` limits the response of one run. When all responses exceed `max_total_bytes`,
    the oldest are removed and their runs stay listed. `max_age_days` and `max_runs` remove whole
    runs.
    """

    store_inputs: bool = True
    store_outputs: bool = True
    max_run_bytes: int | None = 256_000_000
    max_total_bytes: int | None = None
    max_age_days: float | None = None
    max_runs: int | None = None
