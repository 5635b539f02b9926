"""Addresses of the images and downloads that Streamlit serves.

Streamlit makes them of the content alone, and of files above 1 MiB only of the length and three
parts: whoever knows a file can ask whether somebody is looking at it, and of two files that differ
elsewhere the second shows the first. Nobody is asked for a cookie there.
"""

import hmac
import secrets

from streamlit.runtime import memory_media_file_storage

_KEY = secrets.token_bytes(32)  # of this process, which is the only one that has its files


def file_id(data: bytes, mimetype: str, filename: str | None = None) -> str:
    """Return an id of the whole content, type and name, which takes the key to compute."""
    names = repr((mimetype, filename)).encode("utf-8", "backslashreplace")
    digest = hmac.new(_KEY, b"%d:%b" % (len(names), names), "sha256")
    digest.update(data)
    return digest.hexdigest()


def install() -> None:
    """Have Streamlit use these ids from now on."""
    memory_media_file_storage._calculate_file_id = file_id
