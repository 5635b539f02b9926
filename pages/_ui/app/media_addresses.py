"""Addresses of the images and downloads that Streamlit serves.

Streamlit derives an address from the content alone, for files above 1 MiB from the length and three
samples. So anyone who has a file can find out whether somebody is viewing it, and two files that
differ only outside the samples share one address. No cookie is required.
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
