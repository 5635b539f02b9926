"""The notice that a callback leaves for the page drawn after it, until a person does something."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import streamlit as st

from lfclient.errors import LangflowError
from pages._ui.state.slot import Slot

NOTICE: Slot[object] = Slot("notice")
_SHOWN: Slot[object] = Slot("notice-shown")  # the one on the page


def take_notice() -> object | None:
    """Return the notice to draw, None for none."""
    notice = NOTICE.take()
    _SHOWN.set(notice)
    return notice


def forget_shown() -> None:
    """Forget the notice of the previous script, which a person or `rerun` has ended.

    For pages that may redraw themselves before they draw their notice.
    """
    _SHOWN.clear()


def rerun() -> NoReturn:
    """Redraw the page by itself, with the notice that is on it."""
    shown = _SHOWN.take()
    if NOTICE.get() is None:
        NOTICE.set(shown)
    st.rerun()


@contextmanager
def notify_errors(slot: Slot[Any] = NOTICE) -> Iterator[None]:
    """Save a callback's `LangflowError` for the page drawn after it."""
    try:
        yield
    except LangflowError as error:
        slot.set(error)
