"""Which values from elsewhere a form takes only after a click."""

from collections.abc import Mapping
from enum import StrEnum

from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import collect_texts
from lfclient.flows.model import Flow


class Source(StrEnum):
    """Where values come from that the person at the form has not entered."""

    STORED = "stored"  # a preset or a run: entered by a person who has the server's key
    OUTSIDE = "outside"  # a link or a file: written by anybody


def values_to_confirm(flow: Flow, values: Mapping[str, Json], source: Source) -> JsonObject:
    """Return the values that a form takes only after a click, in the order to show them.

    Of stored values, these are the URLs that receive stored credentials. Of values from outside,
    only the chat message's text is left out. URLs that receive credentials come first, then other
    URLs. URLs that the flow locks are left out: no form takes them.
    """
    message = flow.chat_field("input_value")
    unasked = {message.key} if message and isinstance(values.get(message.key), str) else set()
    risky = {key for key in values if flow.takes_credentials(key)}
    others = values.keys() - risky - unasked
    asked = (set() if flow.locks_urls else risky) | (others if source is Source.OUTSIDE else set())

    def rank(key: str) -> int:
        has_url = any("://" in text for text in collect_texts(values[key]))
        return 0 if key in risky else 1 if has_url else 2

    return {key: values[key] for key in sorted(values, key=rank) if key in asked}
