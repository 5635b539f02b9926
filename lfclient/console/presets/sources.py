"""Which values from elsewhere a form takes only after a click."""

from collections.abc import Mapping
from enum import StrEnum

from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import collect_texts
from lfclient.flows.credentials import receives_credentials
from lfclient.flows.model import Flow


class Source(StrEnum):
    """Where values come from that the person at the form has not entered."""

    STORED = "stored"  # a preset or a run: entered by a person who has the server's key
    OUTSIDE = "outside"  # a link or a file: written by anybody


def takes_credentials(flow: Flow, key: str) -> bool:
    """Return whether an override's value is a URL that receives stored credentials."""
    component, parameter = flow.locate(key)
    return component is not None and receives_credentials(component, parameter)


def values_to_confirm(flow: Flow, values: Mapping[str, Json], source: Source) -> JsonObject:
    """Return the values that a form takes only after a click, in the order to show them.

    Of stored values, these are the URLs that receive stored credentials. Of values from outside,
    only the chat message is left out. URLs that receive credentials come first, then other URLs.
    """
    message = flow.chat_field("input_value")
    risky = {key for key in values if takes_credentials(flow, key)}
    if source is Source.OUTSIDE:
        asked = [key for key in values if message is None or key != message.key]
    else:
        asked = [*risky]

    def rank(key: str) -> int:
        has_url = any("://" in text for text in collect_texts(values[key]))
        return 0 if key in risky else 1 if has_url else 2

    return {key: values[key] for key in sorted(asked, key=rank)}
