"""The retention settings: which parts of runs the console stores, and for how long.

`store.stored_responses` applies them when a response is written, `store.retention` once an hour.
"""

from dataclasses import dataclass

DEFAULT_MAX_RUN_MB = 256


@dataclass(frozen=True)
class RetentionSettings:
    """Limits of the stored runs. None means no limit. Starred runs are never removed.

    `max_run_bytes` limits one run's response. When all responses together exceed
    `max_total_bytes`, the oldest responses are removed and their runs stay listed. `max_age_days`
    and `max_runs` remove whole runs.
    """

    store_inputs: bool = True
    store_outputs: bool = True
    max_run_bytes: int | None = DEFAULT_MAX_RUN_MB * 1_000_000
    max_total_bytes: int | None = None
    max_age_days: float | None = None
    max_runs: int | None = None
