"""File names and sizes that servers and disks accept."""

import re
import unicodedata
from os.path import splitext

from pathvalidate import sanitize_filename

# Disks accept 255 bytes. Servers add a date in front of a name and a number behind it.
MAX_NAME_BYTES = 200
_MAX_EXTENSION_BYTES = 20
_MEGABYTE = 1024 * 1024
_MULTIPART_OVERHEAD = 1024  # bytes of a request around the file, which count against the limit
_DEFAULT_NAME = "file"
# Control and formatting characters, lone surrogates. Releases from 1.12 on refuse some of them.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})

_UPLOAD_TIME = re.compile(r"^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_(?=.)")


def safe_name(name: str) -> str:
    """Return the last part of `name` as a file name that every system accepts.

    The extension is kept, and about `MAX_NAME_BYTES` of UTF-8. Names of folders, devices or nothing
    are replaced.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    # shorten first: sanitize_filename would cut the extension off
    safe = sanitize_filename(_shorten(visible), replacement_text="_", platform="universal")
    if not safe.strip(" ."):
        return _DEFAULT_NAME
    # servers read ".env" as an extension without a name
    return _DEFAULT_NAME + safe if safe.startswith(".") else safe


def uploaded_name(path: str) -> str:
    """Return the name with which a file was uploaded, by its path on the server.

    Langflow puts the time before the names of attachments (`/api/v1/files/upload`).
    """
    return _UPLOAD_TIME.sub("", path.rpartition("/")[2])


def extension(name: str) -> str:
    """Return the extension in lower case without its dot, or ""."""
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
    # errors="ignore" drops the part of a character that the cut leaves
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
