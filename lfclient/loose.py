"""Parts of JSON that may be of any type, as the type that is wanted, or empty."""

from __future__ import annotations

from typing import Any


def as_dict(value: object) -> dict[str, Any]:
    """An object."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A list."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """A text."""
    return value if isinstance(value, str) else ""
