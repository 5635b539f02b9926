"""Runs, executed outside any page, so that a closed tab or a rerun loses nothing."""

from __future__ import annotations

import threading

from lfclient.runner.core import Runner, TooManyRuns
from lfclient.settings import Settings

__all__ = ["Runner", "TooManyRuns", "get_runner"]

_runners: dict[str, Runner] = {}
_lock = threading.Lock()


def get_runner(settings: Settings) -> Runner:
    """This process's runner for the data folder of `settings`. Raises `StoreError`."""
    folder = str(settings.data_dir)
    with _lock:
        if folder not in _runners:
            _runners[folder] = Runner(
                settings.data_dir,
                database_url=settings.database_url,
                keeping=settings.keeping,
                secret=settings.secret,
                connections=settings.connections(),
            )
        return _runners[folder]
