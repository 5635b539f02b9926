"""Download size, disk space and time that the local Langflow needs."""

from __future__ import annotations

from lfclient.console.local_langflow.installer import DISK_MB, DOWNLOAD_MB, INSTALL_SECONDS
from lfclient.console.local_langflow.manager import START_SECONDS

DOWNLOAD_NOTE = (
    f"About {DOWNLOAD_MB} MB to download ({DISK_MB / 1000:.1f} GB on disk). Installing and "
    f"starting usually takes {(INSTALL_SECONDS + START_SECONDS) / 60:.0f}–2 minutes on a fast "
    f"connection, about {(DOWNLOAD_MB * 0.8 + INSTALL_SECONDS) / 60:.0f} minutes at 10 Mbit/s."
)
