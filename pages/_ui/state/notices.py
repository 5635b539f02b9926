"""The notice that a callback leaves for the page drawn after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lfclient.errors import LangflowError
from pages._ui.state.slot import Slot

NOTICE: Slot[object] = Slot("notice")  # shown once on the next page


@contextmanager
def notify_errors(slot: Slot[Any] = NOTICE) -> Iterator[None]:
    """Save a callback's `LangflowError` for the page drawn after it."""
    try:
        yield
    except LangflowError as error:
        slot.set(error)
