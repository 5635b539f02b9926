"""How large the local Langflow's download is and how long it takes, in words."""

from __future__ import annotations

from lfclient.local import SIZES


def how_long() -> str:
    return str(SIZES)
