"""Types for JSON of any shape."""

from typing import Any, TypeAlias

Json: TypeAlias = Any  # a JSON value of any shape
JsonObject: TypeAlias = dict[str, Any]
