"""Tell which runs of a flow had the same inputs, as far as the store knows them."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from lfclient.common.json_types import JsonObject
from lfclient.common.redaction import collect_texts, is_redacted
from lfclient.console.store.run_record import ADOPTED_TOKEN_PREFIX
from lfclient.flows.validation import SECRET_MASK

_DIGEST_BYTES = 16


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
