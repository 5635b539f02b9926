"""Values in an address: they open a flow's form filled in, in somebody else's browser.

An address holds them as JSON, deflated and in the letters of URL-safe base64. JSON that was written
by hand is read as well: `values={"ChatInput-x1.input_value": "Hello"}`, percent-encoded. They have
the shape of `console.presets.presets`: `MASK` for a secret, which never goes into an address.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from lfclient.console.presets.presets import MAX_FILE_BYTES, read_json
from lfclient.errors import InvalidRequest
from lfclient.flows.field import value_from_json, value_to_json

MAX_URL_LENGTH = (
    6_000  # characters of an address that browsers, proxies and chat programs let through
)
_MAX_ENCODED_LENGTH = 20_000
_HINT = "Ask for the address again, or for the values as an exported preset."


def encode_values(values: Mapping[str, Any]) -> str:
    """Values, secrets masked, as the letters of an address."""
    text = json.dumps(
        {key: value_to_json(value) for key, value in values.items()},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def decode_values(text: str) -> dict[str, Any]:
    """The values in such letters, or in JSON; raises `InvalidRequest`. They are to be checked."""
    if len(text) > _MAX_ENCODED_LENGTH:
        raise InvalidRequest("The values in this address are too long to be read.", hint=_HINT)
    data = text.encode() if text.lstrip().startswith("{") else _decompress(text)
    try:
        found = read_json(data)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"The values in this address cannot be read. {error.message}", hint=_HINT
        ) from error
    if not isinstance(found, dict):
        raise InvalidRequest("The values in this address have no names.", hint=_HINT)
    return {key: value_from_json(value) for key, value in found.items()}


def page_url(page: str, **query: str) -> str:
    """The address of a page of the console with these parameters, and no others."""
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))


def _decompress(text: str) -> bytes:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stream = zlib.decompressobj()
        data = stream.decompress(packed, MAX_FILE_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise _damaged_link_error() from error
    if not stream.eof:
        raise _damaged_link_error()
    return data


def _damaged_link_error() -> InvalidRequest:
    return InvalidRequest(
        "The values in this address cannot be read: it is cut off, or was changed on its way.",
        hint=_HINT,
    )
