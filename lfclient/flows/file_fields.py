"""What is wrong with a file that somebody wants to give to a parameter, before it is sent."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lfclient.common.filenames import extension, safe_name, upload_size_error
from lfclient.flows.field import Field, Problem

_EXTENSION = re.compile(r"\.?([a-z0-9_+-]{1,16})", re.IGNORECASE)
PARSER_SWITCH = "advanced_mode"  # the parameter without which Read File refuses these types
_PARSER_EXTENSIONS = re.compile(
    "adoc|asc|asciidoc|bmp|docm|dot[mx]|jpe?g|png|pot[mx]|pps[mx]|ppt[mx]|tiff|webp|xhtml|xlsx?"
)
_FAMILIES = ("image", "audio", "video", "text")  # stand for all types of their sort


def accepted_types(field: Field) -> tuple[str, ...]:
    """The extensions that a parameter takes, and families such as "image"; empty for any.

    A flow may hold anything in this place; what can be no extension is left out.
    """
    found = (_EXTENSION.fullmatch(each.strip()) for each in field.file_types)
    return tuple(dict.fromkeys(each[1].lower() for each in found if each))


def check_upload(field: Field, name: str, size: int, limit_mb: float | None) -> list[Problem]:
    """What is wrong with a file of `size` bytes; errors keep it from being sent."""
    found = []
    refusal = upload_size_error(name, size, limit_mb)
    if refusal:
        sentence = f"{refusal} LANGFLOW_MAX_FILE_SIZE_UPLOAD raises that."
        found.append(Problem(field.key, "error", sentence))
    if not accepts_file(field, name):
        found.append(Problem(field.key, "error", _wrong_type_message(field, name)))
    if size == 0:
        found.append(Problem(field.key, "warning", f"“{name}” is empty."))
    return found


def file_paths(value: Any) -> list[str]:
    """The paths in a value, which is a path, a list of them, or nothing."""
    return [value] if isinstance(value, str) and value else list(value or ())


def accepts_file(field: Field, name: str) -> bool:
    """Whether a parameter takes a file of that name."""
    types = accepted_types(field)
    if not types or extension(safe_name(name)) in types:
        return True
    family = (mimetypes.guess_type(name)[0] or "").partition("/")[0]
    return family in _FAMILIES and family in types


def check_paths(field: Field, value: Any) -> Iterable[Problem]:
    """What may be wrong with paths of files that are on the server."""
    for path in file_paths(value):
        if not accepts_file(field, path):
            yield Problem(field.key, "warning", _wrong_type_message(field, path.rpartition("/")[2]))


def check_parser(
    field: Field, value: Any, switch: Mapping[str, Any], *, on: Any
) -> Iterable[Problem]:
    """Which files a component refuses while its `PARSER`, whose entry is `switch`, is not `on`."""
    for path in file_paths(value) if isinstance(value, (str, list)) and not on else ():
        if isinstance(path, str) and _PARSER_EXTENSIONS.fullmatch(extension(path)):
            label = switch.get("display_name") or PARSER_SWITCH
            sentence = (
                f"“{path.rpartition('/')[2]}” needs “{label}” ({PARSER_SWITCH}) of this component "
                "switched on. It is off: the run would fail."
            )
            yield Problem(field.key, "warning", sentence)


def format_types(field: Field, most: int | None = None) -> str:
    """The accepted types as a list for a sentence, which names at most so many."""
    names = [f"any {each}" if each in _FAMILIES else each for each in accepted_types(field)]
    more = f" and {len(names[most:])} more" if most and names[most:] else ""
    return ", ".join(names[:most]) + more


def _wrong_type_message(field: Field, name: str) -> str:
    found = extension(name)
    kind = f"“{name}” is of the type {found}" if found else f"“{name}” has no extension"
    return f"{kind}; this parameter takes {format_types(field, most=12)}."
