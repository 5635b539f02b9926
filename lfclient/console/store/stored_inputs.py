"""Remember which stored runs had the same inputs."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from lfclient.console.store.input_fingerprint import InputsKey, fingerprint_inputs
from lfclient.console.store.tables import RUNS

MAX_REMEMBERED_RUNS = 50_000  # about 200 bytes each
_ROWS_AT_A_TIME = 200  # inputs may be large


class StoredInputs:
    """The keys of runs' inputs, which never change, so that each run's are read once.

    10,000 runs with inputs of 20 kB take a second to read.
    """

    def __init__(self) -> None:
        self._keys: dict[str, InputsKey] = {}

    def read(self, connection: Connection, run_ids: Sequence[str]) -> dict[str, InputsKey]:
        """Return the keys of runs by id; one that was deleted meanwhile may have none."""
        known = {id: self._keys.get(id) for id in run_ids}
        keys = {id: key for id, key in known.items() if key}
        missing = [id for id in run_ids if id not in keys]
        query = select(
            RUNS.c.id,
            RUNS.c.overrides,
            RUNS.c.flow_defaults,
            RUNS.c.inputs_stored,
            RUNS.c.submit_token,
        )
        unique = {key: key for key in keys.values()}  # equal keys are one object
        for start in range(0, len(missing), _ROWS_AT_A_TIME):
            some = missing[start : start + _ROWS_AT_A_TIME]
            for row in connection.execute(query.where(RUNS.c.id.in_(some))):
                key = fingerprint_inputs(
                    row.overrides | (row.flow_defaults or {}),
                    are_stored=row.inputs_stored,
                    submit_token=row.submit_token,
                )
                keys[row.id] = unique.setdefault(key, key)
        if missing:
            if len(self._keys) + len(missing) > MAX_REMEMBERED_RUNS:
                self._keys = {}
            self._keys.update(keys)
        return keys
