"""Check files for a parameter before they are sent."""

import mimetypes
import re
from collections.abc import Iterable

from lfclient.common.filenames import extension, safe_name, upload_size_error, uploaded_name
from lfclient.common.formatting import list_names
from lfclient.common.json_types import Json
from lfclient.flows.field import Field, Problem

_EXTENSION = re.compile(r"\.?([a-z0-9_+-]{1,16})", re.IGNORECASE)
# the parameter that Read File needs switched on for `_PARSER_EXTENSIONS`
PARSER_SWITCH = "advanced_mode"
_PARSER_EXTENSIONS = re.compile(
    "adoc|asc|asciidoc|bmp|docm|dot[mx]|jpe?g|png|pot[mx]|pps[mx]|ppt[mx]|tiff|webp|xhtml|xlsx?"
)
_MEDIA_FAMILIES = frozenset({"image", "audio", "video", "text"})  # each accepts all its types
_MAX_LISTED_TYPES = 12


def accepted_types(field: Field) -> tuple[str, ...]:
    """Return the accepted extensions and families such as "image"; empty for any type.

    Flows store arbitrary text here. Entries that can't be extensions are omitted.
    """
    matches = (_EXTENSION.fullmatch(type.strip()) for type in field.file_types)
    return tuple(dict.fromkeys(match[1].lower() for match in matches if match))


def check_upload(field: Field, name: str, size: int, limit_mb: float | None) -> list[Problem]:
    """Return the problems of a file of `size` bytes. Errors keep it from being sent."""
    problems = []
    size_error = upload_size_error(name, size, limit_mb)
    if size_error:
        message = f"{size_error} LANGFLOW_MAX_FILE_SIZE_UPLOAD on the server raises the limit."
        problems.append(Problem(field.key, "error", message))
    if not accepts_file(field, name):
        problems.append(Problem(field.key, "error", _wrong_type_message(field, name)))
    if size == 0:
        problems.append(Problem(field.key, "warning", f"“{name}” is empty."))
    return problems


def file_paths(value: Json) -> list[str]:
    """Return the paths in a value, which is a path, a list of paths, or empty."""
    return [value] if isinstance(value, str) and value else list(value or ())


def accepts_file(field: Field, name: str) -> bool:
    """Return whether a parameter accepts a file with this name."""
    types = accepted_types(field)
    if not types or extension(safe_name(name)) in types:
        return True
    family = (mimetypes.guess_type(name)[0] or "").partition("/")[0]
    return family in _MEDIA_FAMILIES and family in types


def check_paths(field: Field, value: Json) -> Iterable[Problem]:
    """Yield a warning for each path on the server whose type the parameter doesn't accept."""
    for path in file_paths(value):
        if not accepts_file(field, path):
            yield Problem(field.key, "warning", _wrong_type_message(field, uploaded_name(path)))


def check_parser(field: Field, value: Json, switch_label: str) -> Iterable[Problem]:
    """Yield a warning for each file that a component refuses while `PARSER_SWITCH` is off."""
    for path in file_paths(value) if isinstance(value, (str, list)) else ():
        if isinstance(path, str) and _PARSER_EXTENSIONS.fullmatch(extension(path)):
            message = (
                f"“{path.rpartition('/')[2]}” needs “{switch_label}” ({PARSER_SWITCH}), which is "
                "switched off. Switch it on, or the run will fail."
            )
            yield Problem(field.key, "warning", message)


def format_types(field: Field) -> str:
    """Return the first accepted types as a list for a sentence, and the number of the others."""
    names = [
        f"any {type}" if type in _MEDIA_FAMILIES else type.upper() for type in accepted_types(field)
    ]
    return list_names(names, _MAX_LISTED_TYPES)


def _wrong_type_message(field: Field, name: str) -> str:
    type = extension(name)
    problem = f"“{name}” has the type {type}" if type else f"“{name}” has no extension"
    return f"{problem}. Accepted types: {format_types(field)}."
