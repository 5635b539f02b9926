"""Packages of Debian that a test run needs, installed where it runs as root."""

from __future__ import annotations

import os
import shutil
import subprocess


def install(*packages: str) -> bool:
    """Whether it was tried: only as root, on a system that has apt."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-q", *arguments], env=environ, stdin=subprocess.DEVNULL)
    return True
