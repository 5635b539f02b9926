"""The notice that a callback leaves for the page drawn after it."""

from collections.abc import Iterator
from contextlib import contextmanager

from lfclient.errors import LangflowError
from pages._ui.state.slot import Slot

NOTICE: Slot[object] = Slot("notice")  # shown once on the next page


@contextmanager
def notify_errors() -> Iterator[None]:
    """Save a callback's `LangflowError` as a notice."""
    try:
        yield
    except LangflowError as error:
        NOTICE.set(error)
