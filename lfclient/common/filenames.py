"""Names and sizes of files, as servers and disks take them."""

from __future__ import annotations

import unicodedata

from pathvalidate import sanitize_filename

# Disks take 255 bytes, and servers add to a name: a date before it, a number behind it.
MAX_NAME_BYTES = 200
_MAX_EXTENSION_BYTES = 20
_MEGABYTE = 1024 * 1024
_MULTIPART_OVERHEAD = (
    1024  # bytes of a request that are not the file's own, which servers count, too
)
_DEFAULT_NAME = "file"
# control and formatting characters, lone surrogates; releases from 1.12 on refuse some of them
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def safe_name(name: str, longest: int = MAX_NAME_BYTES) -> str:
    """The last part of `name` as a file name that every system takes, its extension kept.

    About `longest` bytes of UTF-8 at most. What stands for folders, devices or nothing is replaced.
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    # shortened before, since what follows cuts an extension off
    found = sanitize_filename(_shorten(seen, longest), replacement_text="_", platform="universal")
    if not found.strip(" ."):
        return _DEFAULT_NAME
    # servers take a name that begins with a dot for an extension without a name
    return _DEFAULT_NAME + found if found.startswith(".") else found


def extension(name: str) -> str:
    """The extension in lower case, without its dot; "" if there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if stem and dot else ""


def upload_size_error(name: str, size: int, limit_mb: float | None) -> str | None:
    """That a server with this limit refuses a file of `size` bytes, as a sentence; else None."""
    if limit_mb is None or size + _MULTIPART_OVERHEAD <= limit_mb * _MEGABYTE:
        return None
    return f"“{name}” is too large: this server takes files of up to {limit_mb:g} MB."


def _shorten(name: str, longest: int) -> str:
    if len(name.encode()) <= longest:
        return name
    stem, dot, last = name.rpartition(".")
    if not stem or len(last.encode()) > _MAX_EXTENSION_BYTES:
        stem, dot, last = name, "", ""
    room = longest - len(f"{dot}{last}".encode())
    # a character that would be cut in two goes whole
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + dot + last
