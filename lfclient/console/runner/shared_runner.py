"""The runner that all sessions of this process share, one for each data folder."""

import threading

from lfclient.console.config.settings import Settings
from lfclient.console.runner.runner import Runner

_runners: dict[str, Runner] = {}
_lock = threading.Lock()


def get_runner(settings: Settings) -> Runner:
    """Return the runner for the data folder of `settings`, new if needed.

    Raises `StoreError`.
    """
    folder = str(settings.data_dir)
    with _lock:
        if folder not in _runners:
            _runners[folder] = Runner(
                settings.data_dir,
                database_url=settings.database_url,
                retention=settings.retention,
                secret=settings.secret,
                connections=settings.servers,
            )
        return _runners[folder]
