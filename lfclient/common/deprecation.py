"""Attributes of public classes that were renamed: the old name warns for one release."""

from __future__ import annotations

import warnings
from typing import Any


class RenamedAttribute:
    """A class attribute that reads the attribute `new` and warns; remove it in 0.3."""

    def __init__(self, new: str) -> None:
        self._new = new
        self._old = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._old = f"{owner.__name__}.{name}"

    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        message = f"{self._old} is deprecated: use {self._new}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(instance, self._new)
