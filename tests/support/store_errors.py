"""Errors of the store, which must not contain what a person entered."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import RunRecord
from tests.support.store_records import record

PASSWORD, TYPED = "secret-word", "hunter2-hunter2"


def typed(id: str) -> RunRecord:
    """Return a run with a value that no error may contain."""
    return record(id, overrides={"A.b": TYPED})


@contextmanager
def raises_store_error(words: str, hint: str) -> Iterator[None]:
    """Expect a `StoreError` with these words and nothing secret in any part of it."""
    with pytest.raises(StoreError) as caught:
        yield
    error = caught.value
    assert words in error.message
    assert hint in error.hint
    everything = "".join(traceback.format_exception(error)) + repr(error) + error.hint
    assert PASSWORD not in everything
    assert TYPED not in everything
