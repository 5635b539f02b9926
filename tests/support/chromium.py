"""A Chromium for the tests and the benchmarks: the machine's, Debian's as root, or Playwright's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tests.support import debian, servers

_WITHOUT_WINDOWS = "chromium-headless-shell"  # the same engine, in a third less processor time
_NAMES = (_WITHOUT_WINDOWS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str:
    """Its path, after installing one if there is none. Raises RuntimeError if that fails too."""
    with FileLock(servers.CACHE / "chromium.lock"):
        found = _installed() or _from_debian() or _from_playwright()
    if not found:
        raise RuntimeError("No Chromium was found, and none could be installed.")
    return found


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _from_debian() -> str | None:
    return _installed() if debian.install(_WITHOUT_WINDOWS) else None


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    subprocess.run(["playwright", "install", "chromium"], stdin=subprocess.DEVNULL)
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
