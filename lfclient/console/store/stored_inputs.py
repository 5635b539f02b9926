"""Find the runs of a flow that had the same inputs, as far as the store has them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import collect_texts, is_redacted
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX
from lfclient.console.store.tables import RUNS
from lfclient.flows.validation import SECRET_MASK

_DIGEST_BYTES = 16
MAX_REMEMBERED_RUNS = 50_000  # about 200 bytes each
_ROWS_AT_A_TIME = 200  # inputs may be large


@dataclass(frozen=True)
class InputsKey:
    """`hash` is equal for runs of a flow with the same stored inputs.

    Unless `is_complete`, the inputs may differ all the same: secrets are not stored.
    """

    hash: str
    is_complete: bool = True


UNKNOWN_INPUTS = InputsKey("unknown", is_complete=False)


def fingerprint_inputs(inputs: JsonObject, *, are_stored: bool, submit_token: str) -> InputsKey:
    """Return the key of a stored run's inputs, whatever their order."""
    if not are_stored or submit_token.startswith(ADOPTED_TOKEN_PREFIX):
        return UNKNOWN_INPUTS
    text = json.dumps(inputs, sort_keys=True, default=_encode)
    digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return InputsKey(digest, is_complete=not lacks_secrets(inputs))


def lacks_secrets(overrides: JsonObject) -> bool:
    """Return whether secrets were replaced in a record's overrides."""
    return SECRET_MASK in collect_texts(overrides) or is_redacted(overrides)


def _encode(value: Any) -> Any:
    return [type(value).__name__, value.hex() if isinstance(value, bytes) else vars(value)]


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
