"""Outputs as files: any value as JSON, safe file names, save buttons."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.console.content.tables import json_chunks


def to_json_bytes(value: Any) -> bytes:
    """Return a value as indented JSON in UTF-8."""
    # an unpaired surrogate becomes an escape
    return "".join(json_chunks(value)).encode("utf-8", "backslashreplace")


def file_name(*parts: str, extension: str) -> str:
    """Return a file name that is valid on every system, from untrusted parts."""
    stem = "-".join(re.sub(r"[^\w-]+", "-", part).strip("-") for part in parts if part)
    return safe_name(f"{stem[:80] or 'output'}.{extension}")


def draw_button(
    label: str, data: bytes | str | Callable[[], bytes], name: str, key: str, **kwargs: Any
) -> None:
    """Draw a button that saves `data` as a file, without a rerun of the page.

    A callable `data` runs when the button is clicked. `kwargs` go to `st.download_button`.
    """
    style = {"type": "tertiary", "icon": ":material/download:"}
    st.download_button(label, data, name, key=key, on_click="ignore", **style | kwargs)
