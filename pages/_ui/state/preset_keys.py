"""Keys of presets and shared values."""

from __future__ import annotations

SHARED = "shared-values"


def preset_key(part: str, owner: str, flow_id: str) -> str:
    """Key of a part of what is done with the presets of a flow."""
    return f"preset-{part}-{owner[:12]}-{flow_id}"
