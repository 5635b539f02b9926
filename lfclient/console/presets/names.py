"""Names of presets."""

from collections.abc import Iterable

from lfclient.console.store.presets import PresetSummary
from lfclient.errors import InvalidRequest

MAX_NAME_LENGTH = 100  # characters


def validate_name(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` as a preset name: one line of printable characters, single spaces.

    Raise `InvalidRequest` if the name is empty, too long, or contains one of the secrets.
    """
    name = _normalize(text)
    if any(secret in name for secret in secrets):
        raise InvalidRequest("This name contains the API key.", hint="Enter another one.")
    if not name:
        raise InvalidRequest("A preset needs a name.", hint="Enter one.")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            f"This name has {len(name)} characters. The maximum is {MAX_NAME_LENGTH}.",
            hint="Shorten it.",
        )
    return name


def find_by_name(presets: Iterable[PresetSummary], text: str) -> PresetSummary | None:
    """Return the preset that has `text` as its name, or None."""
    name = _normalize(text)
    return next((preset for preset in presets if preset.name == name), None)


def _normalize(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
