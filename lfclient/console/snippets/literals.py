"""Values as literals of a language, whatever they hold: quotes, line breaks, dollars, emoji.

Characters that are not seen, or turn the direction of a text, are written as escapes: code that
looks like another must not be copied.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lfclient.console.snippets.snippet_request import EnvironmentSecret
from lfclient.flows.field import Variable

_MAX_LINE_LENGTH = 88  # characters of a list or an object that stays on one line
_MAX_SAFE_INTEGER = 2**53 - 1  # beyond it JavaScript rounds whole numbers


@dataclass(frozen=True)
class LiteralStyle:
    """How a language writes them. `words` are its None, True and False."""

    text: Callable[[str], str]
    secret: Callable[[EnvironmentSecret], str]
    words: tuple[str, str, str] = ("null", "true", "false")
    last_comma: bool = True
    step: int = 2
    name: Callable[[str], str] | None = None

    def write(self, value: Any, indent: int = 0) -> str:
        """The literal; its lines after the first are indented by `indent` blanks."""
        if isinstance(value, EnvironmentSecret):
            return self.secret(value)
        if isinstance(value, Variable):
            return f"Variable({self.text(value.name)})"
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool):
            return self.words[0 if value is None else 1 if value else 2]
        if isinstance(value, dict):
            name = self.name or self.text
            parts = [
                f"{name(str(key))}: {self.write(inner, indent + self.step)}"
                for key, inner in value.items()
            ]
            return self._several("{", parts, "}", indent)
        if isinstance(value, (list, tuple)):
            parts = [self.write(inner, indent + self.step) for inner in value]
            return self._several("[", parts, "]", indent)
        return json.dumps(value)

    def _several(self, first: str, parts: list[str], last: str, indent: int) -> str:
        if sum(map(len, parts)) + indent < _MAX_LINE_LENGTH and not any(
            "\n" in part for part in parts
        ):
            return first + ", ".join(parts) + last
        pad = " " * indent
        within = pad + " " * self.step
        lines = f",\n{within}".join(parts)
        return f"{first}\n{within}{lines}{',' if self.last_comma else ''}\n{pad}{last}"


def json_text(text: str) -> str:
    """As JSON, and so as JavaScript."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in quoted)


def python_text(text: str) -> str:
    """As Python, in double quotes where that needs no escape."""
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if quoted[0] == "'" and '"' not in quoted else quoted


def javascript_name(text: str) -> str:
    """A key of an object; this one name would set what the object inherits from."""
    return f"[{json_text(text)}]" if text == "__proto__" else json_text(text)


def loses_precision(value: Any) -> bool:
    """Whether JavaScript would send another number than this value holds."""
    if isinstance(value, dict):
        return any(map(loses_precision, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(loses_precision, value))
    return isinstance(value, int) and abs(value) > _MAX_SAFE_INTEGER


PYTHON = LiteralStyle(
    python_text, lambda name: f'os.environ["{name}"]', words=("None", "True", "False"), step=4
)
JAVASCRIPT = LiteralStyle(json_text, lambda name: f'process.env.{name} ?? ""', name=javascript_name)


def json_parts(value: Any) -> list[str | EnvironmentSecret]:
    """The JSON text of a value, in parts between its secrets, which stand for themselves."""
    # no text of JSON holds a zero byte
    style = LiteralStyle(json_text, lambda name: f"\0{name}\0", last_comma=False)
    parts = style.write(value).split("\0")
    return [EnvironmentSecret(part) if place % 2 else part for place, part in enumerate(parts)]
