"""Keys of presets and shared values."""

from __future__ import annotations

SHARED = "shared-values"


def preset_key(part: str, owner: str, flow_id: str) -> str:
    """Return the key of a part of the preset controls, by flow."""
    return f"preset-{part}-{owner[:12]}-{flow_id}"
