"""Find a Chromium for tests and benchmarks: installed, from Debian (as root), or Playwright's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tests.support import debian, servers

_HEADLESS = "chromium-headless-shell"  # the same engine with a third less processor time
_NAMES = (_HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str:
    """Return its path, and install one if there is none. Raise `RuntimeError` if that fails."""
    with FileLock(servers.CACHE / "chromium.lock"):
        found = _installed() or _from_debian() or _from_playwright()
    if not found:
        raise RuntimeError("No Chromium was found, and installing one failed.")
    return found


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _from_debian() -> str | None:
    return _installed() if debian.install(_HEADLESS) else None


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    subprocess.run(["playwright", "install", "chromium"], stdin=subprocess.DEVNULL)
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
