"""The notice that a callback leaves for the page drawn after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lfclient.errors import LangflowError

_NOTICE = "notice"


def set_notice(notice: object) -> None:
    """Save a notice, to be shown once on the next page."""
    st.session_state[_NOTICE] = notice


@contextmanager
def notify_errors() -> Iterator[None]:
    """Save a callback's `LangflowError` as a notice."""
    try:
        yield
    except LangflowError as error:
        set_notice(error)


def take_notice() -> object | None:
    """Return and remove the saved notice."""
    notice: object | None = st.session_state.pop(_NOTICE, None)
    return notice
