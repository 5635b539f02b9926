"""Write JSON values as literals of a programming language.

Invisible and text-direction characters are escaped, so that code does what it appears to do.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lfclient.common.json_types import Json
from lfclient.console.content.json_path import walk
from lfclient.console.snippets.snippet_request import EnvironmentSecret
from lfclient.flows.field import Variable

_MAX_LINE_LENGTH = 88  # characters of a list or object on one line
_MAX_SAFE_INTEGER = 2**53 - 1  # JavaScript rounds larger integers


@dataclass(frozen=True)
class LiteralStyle:
    """How a language writes literals. `scalar` writes null, booleans and numbers."""

    text: Callable[[str], str]
    secret: Callable[[EnvironmentSecret], str]
    scalar: Callable[[Any], str] = json.dumps
    last_comma: bool = True
    step: int = 2
    name: Callable[[str], str] | None = None

    def write(self, value: Any, indent: int = 0) -> str:
        """Return the literal. Lines after the first are indented by `indent` spaces."""
        if isinstance(value, EnvironmentSecret):
            return self.secret(value)
        if isinstance(value, Variable):
            return f"Variable({self.text(value.name)})"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            name = self.name or self.text
            within = indent + self.step
            parts = [f"{name(key)}: {self.write(inner, within)}" for key, inner in value.items()]
            return self._write_items("{", parts, "}", indent)
        if isinstance(value, (list, tuple)):
            parts = [self.write(inner, indent + self.step) for inner in value]
            return self._write_items("[", parts, "]", indent)
        return self.scalar(value)

    def _write_items(self, first: str, parts: list[str], last: str, indent: int) -> str:
        line = first + ", ".join(parts) + last
        if "\n" not in line and len(line) + indent < _MAX_LINE_LENGTH:
            return line
        pad = " " * indent
        within = pad + " " * self.step
        lines = f",\n{within}".join(parts)
        return f"{first}\n{within}{lines}{',' if self.last_comma else ''}\n{pad}{last}"


def json_text(text: str) -> str:
    """Return a JSON string, which is valid JavaScript."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in quoted)


def python_text(text: str) -> str:
    """Return a Python string, in double quotes if that needs no escape."""
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if quoted[0] == "'" and '"' not in quoted else quoted


def javascript_name(text: str) -> str:
    """Return an object key. `__proto__` is computed, because the plain key sets the prototype."""
    return f"[{json_text(text)}]" if text == "__proto__" else json_text(text)


def loses_precision(value: Json) -> bool:
    """Return whether JavaScript would round a number in this object or list."""
    return any(
        isinstance(inner, int) and abs(inner) > _MAX_SAFE_INTEGER for _, inner in walk(value)
    )


PYTHON = LiteralStyle(python_text, lambda name: f'os.environ["{name}"]', scalar=repr, step=4)
JAVASCRIPT = LiteralStyle(json_text, lambda name: f'process.env.{name} ?? ""', name=javascript_name)


def json_parts(value: Any) -> list[str | EnvironmentSecret]:
    """Return a value's JSON in parts. Each secret is a separate part."""
    # JSON contains no zero bytes
    style = LiteralStyle(json_text, lambda name: f"\0{name}\0", last_comma=False)
    parts = style.write(value).split("\0")
    return [EnvironmentSecret(part) if place % 2 else part for place, part in enumerate(parts)]
