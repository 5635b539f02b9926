"""Prompt templates, and the variables that they name."""

import string

from lfclient.flows.field import Field

_LITERAL = "Write {{ and }} for literal braces."


def check_prompt(field: Field, text: str) -> list[str]:
    """Return why a run can't fill in a prompt template, as sentences."""
    try:
        names = unknown_variables(field, text)
    except ValueError:
        return [f"The curly braces don't match. {_LITERAL}"]
    return [" ".join(explain_unknown(field, name)) for name in names]


def unknown_variables(field: Field, text: str) -> list[str]:
    """Return what a template names and the prompt lacks, in the order of the text.

    Raises `ValueError` if its braces don't match.
    """
    return [name for name in _read_names(text, field.double_braces) if name not in field.variables]


def explain_unknown(field: Field, name: str) -> tuple[str, str]:
    """Return that a prompt has no variable of this name, and what to do, each as a sentence."""
    if field.double_braces or name.isidentifier():
        hint = "Remove it from the text, or add it in Langflow."
        return f"The prompt has no variable “{name}”.", hint
    what = f"“{name}” in the prompt is not a variable." if name else "The prompt has empty braces."
    return what, _LITERAL


def ordered_variables(field: Field) -> list[str]:
    """Return a prompt's variables: first those in the flow's own text, in its order."""
    try:
        named = _read_names(field.default or "", field.double_braces)
    except ValueError:
        named = []
    return list(
        dict.fromkeys([*(name for name in named if name in field.variables), *field.variables])
    )


def _read_names(text: str, double_braces: bool) -> list[str]:
    """Return what a template names; Python keeps spaces within single braces.

    Raises `ValueError` if its braces don't match.
    """
    if double_braces:
        parts = text.split("{{")[1:]
        names = (part.split("}}")[0].strip() for part in parts if "}}" in part)
    else:
        names = (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    return list(dict.fromkeys(name for name in names if name or not double_braces))
