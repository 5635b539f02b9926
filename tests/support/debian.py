"""Install Debian packages that a test run needs, if it runs as root."""

from __future__ import annotations

import os
import shutil
import subprocess


def install(*packages: str) -> bool:
    """Return whether it was tried: only as root, on a system with apt."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-q", *arguments], env=environ, stdin=subprocess.DEVNULL)
    return True
