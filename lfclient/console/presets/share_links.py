"""Share links: URLs that open a flow's form filled in, in any browser.

The values are JSON, compressed and encoded as URL-safe base64. Handwritten JSON is read as well:
`values={"ChatInput-x1.input_value": "Hello"}`, percent-encoded. The values are as in presets, with
`SECRET_MASK` for secrets, which are never part of a URL.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from lfclient.common.json_types import Json, JsonObject
from lfclient.console.presets.preset_file import MAX_FILE_BYTES, read_json
from lfclient.errors import InvalidRequest
from lfclient.flows.field import value_from_json, value_to_json

MAX_URL_LENGTH = 6_000  # characters that browsers, proxies and chat programs pass on
_MAX_ENCODED_LENGTH = 20_000
_HINT = "Ask for a new link, or for an exported preset."


def encode_values(values: Mapping[str, Json]) -> str:
    """Return values, with secrets masked, as text for a URL."""
    text = json.dumps(
        {key: value_to_json(value) for key, value in values.items()},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def decode_values(text: str) -> JsonObject:
    """Return the unchecked values in a URL. Raise `InvalidRequest` if the text is damaged."""
    if len(text) > _MAX_ENCODED_LENGTH:
        raise InvalidRequest("The values in this link are too long.", hint=_HINT)
    data = text.encode() if text.lstrip().startswith("{") else _decompress(text)
    try:
        values = read_json(data)
    except InvalidRequest as error:
        message = f"Couldn't read the values in this link. {error.message}"
        raise InvalidRequest(message, hint=_HINT) from error
    if not isinstance(values, dict):
        raise InvalidRequest("The values in this link must be a JSON object.", hint=_HINT)
    return {key: value_from_json(value) for key, value in values.items()}


def page_url(page: str, **query: str) -> str:
    """Return the URL of a console page with exactly these query parameters."""
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))


def _decompress(text: str) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        compressed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        data = decompressor.decompress(compressed, MAX_FILE_BYTES)
        if not decompressor.eof:
            raise ValueError("incomplete")
    except (ValueError, zlib.error) as error:
        message = "Couldn't read the values in this link: it was cut off or changed."
        raise InvalidRequest(message, hint=_HINT) from error
    return data
