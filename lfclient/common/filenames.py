"""File names and sizes that servers and disks accept."""

import re
import unicodedata
from os.path import splitext

from pathvalidate import sanitize_filename

# Disks accept 255 bytes. Servers add a date before a name and a number after it.
MAX_NAME_BYTES = 200
_MAX_EXTENSION_BYTES = 20
_MEGABYTE = 1024 * 1024
_MULTIPART_OVERHEAD = 1024  # bytes of a request around the file, which count against the limit
_DEFAULT_NAME = "file"
# Control and formatting characters, lone surrogates. Langflow 1.12 and later refuse some of them.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})

_UPLOAD_TIME = re.compile(r"^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_(?=.)")


def safe_name(name: str) -> str:
    """Return the last part of `name` as a file name that every system accepts.

    The extension is kept, with about `MAX_NAME_BYTES` of UTF-8 in all. Empty names and names of
    folders or devices are replaced.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    # shorten first, because sanitize_filename would cut off the extension
    safe = sanitize_filename(_shorten(visible), replacement_text="_", platform="universal")
    if not safe.strip(" ."):
        return _DEFAULT_NAME
    # servers read ".env" as an extension without a name
    return _DEFAULT_NAME + safe if safe.startswith(".") else safe


def uploaded_name(path: str) -> str:
    """Return an uploaded file's original name from its path on the server.

    Langflow puts the time before attachments' names (`/api/v1/files/upload`).
    """
    return _UPLOAD_TIME.sub("", path.rpartition("/")[2])


def extension(name: str) -> str:
    """Return a name's extension in lower case and without its dot, or "" if it has none."""
    return splitext(name)[1].removeprefix(".").lower()


def upload_size_error(name: str, size: int, limit_mb: float | None) -> str | None:
    """Return an error message if a file of `size` bytes exceeds the server's limit, else None."""
    if limit_mb is None or size + _MULTIPART_OVERHEAD <= limit_mb * _MEGABYTE:
        return None
    return f"“{name}” is too large: this server accepts files of up to {limit_mb:g} MB."


def _shorten(name: str) -> str:
    stem, ending = splitext(name)
    if len(ending.encode()) > _MAX_EXTENSION_BYTES:
        stem, ending = name, ""
    room = MAX_NAME_BYTES - len(ending.encode())
    if len(stem.encode()) <= room:
        return name
    # errors="ignore" drops an incomplete character at the cut
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
