"""The runner of this process, one for each data folder."""

from __future__ import annotations

import threading

from lfclient.console.config.settings import Settings
from lfclient.console.runner.runner import Runner

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
                retention=settings.retention,
                secret=settings.secret,
                connections=settings.connections(),
            )
        return _runners[folder]
