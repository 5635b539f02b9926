"""Prompt templates, and the variables that they name."""

import string

from lfclient.flows.field import Field, FieldKind

VARIABLE_HINT = "Remove it from the text, or add it in Langflow."


def check_prompt(field: Field, text: str) -> list[str]:
    """Return why a run can't fill in a prompt template, as sentences."""
    try:
        names = _read_variables(text, field.double_braces)
    except ValueError:
        return ["The curly braces don't match. Write {{ and }} for literal braces."]
    unknown = sorted(names - set(field.variables))
    return [f"{unknown_variable(name)} {VARIABLE_HINT}" for name in unknown]


def check_stored_prompt(field: Field) -> list[str]:
    """Return why a run fails with the prompt template of the flow itself, as sentences.

    The editor adds a parameter for each variable, an import of an edited file does not. With double
    braces, a run leaves out a variable that the prompt lacks.
    """
    if field.kind is not FieldKind.PROMPT or not field.runs or field.double_braces:
        return []
    return check_prompt(field, field.default or "")


def unknown_variable(name: str) -> str:
    """Return that a prompt has no variable of this name, as a sentence."""
    return f"The prompt has no variable “{name}”."


def named_variables(field: Field) -> list[str]:
    """Return a prompt's variables in the order in which the flow's own template names them."""
    text = str(field.default)
    places = {name: text.find(f"{{{name}}}") for name in field.variables}
    return sorted(places, key=lambda name: (places[name] < 0, places[name]))


def _read_variables(text: str, double_braces: bool) -> set[str]:
    """Return the variables in a prompt template. Raises `ValueError` if its braces don't match."""
    if double_braces:
        parts = text.split("{{")[1:]
        return {part.split("}}")[0].strip() for part in parts if "}}" in part}
    names = (name for _, name, _, _ in string.Formatter().parse(text))
    return {name.strip() for name in names if name is not None and name.strip()}
