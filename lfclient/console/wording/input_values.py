"""The values of a run's inputs as text."""

from typing import Any

from lfclient.common.filenames import uploaded_name
from lfclient.console.content.tables import json_chunks
from lfclient.flows.field import Field, FieldKind, Variable, value_to_json
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.file_fields import file_paths
from lfclient.flows.run_inputs import InputValue
from lfclient.flows.validation import SECRET_MASK
from lfclient.resources.models import model_by_shape, model_label

MAX_LINE_LENGTH = 80  # characters
EMPTY_VALUES: tuple[Any, ...] = ("", [], {}, None)


def one_line(item: InputValue) -> str | None:
    """Return a value that fits on one line as text, else None."""
    value, field = item.value, item.field
    if item.secret and value == SECRET_MASK:
        return "was set"
    if isinstance(value, Variable):
        return f"server variable {value.name}"
    if isinstance(value, bool):
        return "on" if value else "off"
    if value in EMPTY_VALUES:
        return "empty"
    if field and field.kind is FieldKind.FILE:
        words = ", ".join(uploaded_name(path) for path in file_paths(value))
    elif isinstance(value, (int, float, str)):
        words = str(value)
    elif field and field.kind in (FieldKind.MODEL, FieldKind.ORDERED_LIST, FieldKind.DURATION):
        words = _field_text(field, value)
    elif model := model_by_shape(value):
        words = model_label(model)
    else:
        return None
    fits = len(words) <= MAX_LINE_LENGTH and "\n" not in words and words == words.strip()
    return words if fits else None


def full_text(item: InputValue) -> str:
    """Return a whole value as text."""
    return one_line(item) or value_text(item.value)


def value_text(value: Any) -> str:
    """Return a string as it is and any other value as JSON."""
    if isinstance(value, str):
        return value
    # an unpaired surrogate becomes an escape
    text = "".join(json_chunks(value_to_json(value)))
    return text.encode("utf-8", "backslashreplace").decode()


def _field_text(field: Field, value: Any) -> str:
    try:
        return ", ".join(KIND_HANDLERS[field.kind].write(value).splitlines())
    except (KeyError, TypeError, AttributeError, ValueError):
        return value_text(value)  # the field has another kind by now
