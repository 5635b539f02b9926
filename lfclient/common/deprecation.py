"""Old names that are public and warn for one release."""

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# modules between a method of the async client and its caller
_BETWEEN = ("lfclient.async_client", "asyncio.")


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


def renamed_names(module: str, names: Mapping[str, tuple[str, object]]) -> Callable[[str], object]:
    """Return a module's `__getattr__` for old names, each with the new name and its value.

    They warn; remove them in 0.3.
    """

    def get_renamed(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        new, value = names[name]
        message = f"{module}.{name} is deprecated: use {new}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return value

    return get_renamed


def renamed_keyword(old: str, new: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Accept the keyword `old` for `new` in a method and warn; remove it in 0.3."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def accept_old(*args: P.args, **kwargs: P.kwargs) -> T:
            if old in kwargs and new not in kwargs:
                name = f"{type(args[0]).__name__}.{function.__name__}"
                message = f"{name}({old}=) is deprecated: use {new}."
                warnings.warn(message, DeprecationWarning, stacklevel=_caller_level())
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return accept_old

    return decorate


def _caller_level() -> int:
    """Return the stack level of a method's caller, for a warning from its wrapper."""
    # Python 3.12 has `skip_file_prefixes` for this
    level, frame = 2, sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        level, frame = level + 1, frame.f_back
    return level
