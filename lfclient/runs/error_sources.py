"""The components that an error without a component means, by the names in its text. Pure."""

import builtins
import re

from lfclient.common.coerce import as_str
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import explain_error

_MAX_NAMES = 5
_MAX_SEARCHED = 10_000  # characters of an error
_CODE_CAUSES = (
    CauseCode.COMPONENT_OUTDATED,
    CauseCode.PACKAGE_MISSING,
    CauseCode.MODULE_MISSING,
    CauseCode.GRAPH_INCOMPLETE,
)
# what code contains: quoted names, classes, and the classes of fields that are not found
_NAMES = re.compile(
    r"'([\w.]{1,100})'|\bclass (\w{1,100})|\bnot found in (\w{1,100})"
    r"|\bField \w{1,100} in (\w{1,100})"
)
# code of early versions, by the error that it ends with
_OLD_CODE = {
    # it calls these methods without `await`
    "'coroutine' object": re.compile(r"(?<!await )\bself\.(?:store|send)_message\("),
    # it imports names that the module lacks, and looks for in itself without end (1.8 to 1.13)
    "maximum recursion depth": re.compile(
        r"^from langflow\.field_typing import (?:\([^)]*|.*)\b(?:Prompt|TemplateField|Record)\b",
        re.MULTILINE,
    ),
}


def find_sources(message: str, flow: Flow) -> list[Component]:
    """Return the components whose code an error's text names, in reading order.

    Servers load the code of all components before a run and name none of them. Python's own names
    are ignored. Empty if no component's code contains the names, or the code of all does.
    """
    cause = explain_error(message)
    if cause is None or cause.code not in _CODE_CAUSES:
        return []
    if cause.code is CauseCode.GRAPH_INCOMPLETE and cause.name == "code":
        return [leaf for leaf in flow.leaves_in_reading_order if "code" not in leaf.template]
    for text, pattern in _OLD_CODE.items():
        if text in message:
            return [leaf for leaf in flow.leaves_in_reading_order if pattern.search(_text(leaf))]
    names = [next(filter(None, groups)) for groups in _NAMES.findall(message[:_MAX_SEARCHED])]
    names = [name for name in names if not hasattr(builtins, name)][:_MAX_NAMES]
    patterns = [_pattern(message, name) for name in names]
    leaves = [leaf for leaf in flow.leaves_in_reading_order if leaf.code_digest]
    found = [
        leaf
        for leaf in leaves
        if patterns and all(pattern.search(_text(leaf)) for pattern in patterns)
    ]
    return found if len(found) < len(leaves) or len(leaves) == 1 else []


def _pattern(message: str, name: str) -> re.Pattern[str]:
    """Return what finds a name in code. A missing key is in brackets, as in `PROVIDERS["OpenAI"]`.

    A module is named by its first part: code may import the rest in several ways. Servers replace
    `langchain` in code by `langchain_classic` (measured on 1.13.0).
    """
    if "KeyError(" in message:
        return re.compile(rf"""\[\s*["']{re.escape(name)}["']\s*\]""")
    if "No module named" in message:
        first = name.partition(".")[0].removesuffix("_classic")
        return re.compile(rf"^[ \t]*(?:from|import)\s+{re.escape(first)}(?:_classic)?\b", re.M)
    return re.compile(rf"\b{re.escape(name)}\b")


def _text(leaf: Component) -> str:
    """Return a component's type and code."""
    return f"{leaf.type}\n{as_str(leaf.template.get('code', {}).get('value'))}"
