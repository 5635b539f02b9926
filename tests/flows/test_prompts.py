"""Prompt templates, and the variables that they name."""

import pytest

from lfclient.flows.prompts import check_prompt, ordered_variables
from lfclient.flows.validation import check_overrides, check_stored_prompt
from tests.support.flows import flow, prompt, text

LACKING = "The prompt has no variable “tone”. Remove it from the text, or add it in Langflow."
LITERAL = "Write {{ and }} for literal braces."


def template(words, *variables, **more):
    return flow(prompt(words, *variables, **more)).fields_by_key["Prompt-a.template"]


def stored(node):
    found = flow(node)
    return check_stored_prompt(found, found.fields_by_key["Prompt-a.template"])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("On {topic}, {tone}.", LACKING),
        ("On {topic", f"The curly braces don't match. {LITERAL}"),
        ('Answer {"answer": 1}', f'“"answer"” in the prompt is not a variable. {LITERAL}'),
        ("On { topic }", f"“ topic ” in the prompt is not a variable. {LITERAL}"),
        ("On {}", f"The prompt has empty braces. {LITERAL}"),
    ],
)
def test_a_text_that_python_cannot_fill_in_is_a_problem(words, problem):
    assert stored(prompt(words, "topic")) == [problem]
    with pytest.raises((KeyError, ValueError, IndexError)):
        words.format(topic="cats")


@pytest.mark.parametrize("words", ["On {topic!r:>9}. {{tone}}", "On {topic} {use_double_brackets}"])
def test_a_text_that_names_parameters_only_is_none(words):
    node = prompt(words, "topic")
    node["data"]["node"]["template"]["use_double_brackets"] = text()
    assert stored(node) == []


def test_with_double_braces_a_run_leaves_out_what_the_prompt_lacks():
    assert stored(prompt("On {{tone}}", double_braces=True)) == []
    typed = template("On {{topic}}", "topic", double_braces=True)
    assert check_prompt(typed, "On {{ topic }}, {{tone}}, {{}}") == [LACKING]
    (problem,) = check_prompt(typed, "{{a b}}")
    assert problem.startswith("The prompt has no variable “a b”.")


def test_it_is_a_warning_until_another_text_is_entered():
    """The run may end before the prompt."""
    found = flow(prompt("On {topic}, {tone}.", "topic"))
    (warning,) = check_overrides(found, {})
    assert (warning.key, warning.level) == ("Prompt-a.template", "warning")
    assert warning.message == LACKING
    assert check_overrides(found, {"Prompt-a.template": "On {topic}."}) == []
    (error,) = check_overrides(found, {"Prompt-a.template": "Still {tone}."})
    assert (error.level, error.message) == ("error", LACKING)


def test_variables_are_in_the_order_of_the_text():
    field = template("{{b}} {c!r} {a}", "a", "b", "c", "unused")
    assert ordered_variables(field) == ["c", "a", "b", "unused"]
    field = template("{{b}} {{ a }}", "a", "b", double_braces=True)
    assert ordered_variables(field) == ["b", "a"]
    assert ordered_variables(template("{b {a}", "a", "b")) == ["a", "b"]
