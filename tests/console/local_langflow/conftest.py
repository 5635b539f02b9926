"""A stand-in for uv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.local_langflow import FAKE_UV


@pytest.fixture
def fake_uv(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a fake `uv` and returns its path.

    The fake runs the code `install`, and installs a server that runs the code `server`.
    """

    def make(install: str = "true", server: str = "sleep 60") -> str:
        path = tmp_path / "uv"
        path.write_text(FAKE_UV.format(install=install, server=server).lstrip())
        path.chmod(0o755)
        return str(path)

    return make
