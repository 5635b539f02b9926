"""A Langflow of the user's own on this machine: installed, started and stopped on demand.

It is the real one, a pinned `langflow-base`, in a folder of the user's data. It listens on
loopback only, with a password and an API key made for it, and goes on when the console ends.
"""

from __future__ import annotations

from lfclient.local.install import DISK_MB, DOWNLOAD_MB, INSTALL_SECONDS
from lfclient.local.langflow import PINNED, START_SECONDS, LocalLangflow
from lfclient.local.state import LocalError, LocalState, LocalStatus

SIZES = (
    f"About {DOWNLOAD_MB} MB to download ({DISK_MB / 1000:.1f} GB on disk). Installing and "
    f"starting usually takes {(INSTALL_SECONDS + START_SECONDS) / 60:.0f} to 2 minutes on a "
    f"fast line, {(DOWNLOAD_MB * 0.8 + INSTALL_SECONDS) / 60:.0f} at 10 Mbit/s."
)

__all__ = ["PINNED", "SIZES", "LocalError", "LocalLangflow", "LocalState", "LocalStatus"]
