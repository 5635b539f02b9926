"""Prompt templates, and the variables that they name."""

from lfclient.flows.prompts import check_stored_prompt, named_variables
from lfclient.flows.validation import check_overrides
from tests.support.flows import flow, prompt

LACKING = "The prompt has no variable “tone”. Remove it from the text, or add it in Langflow."


def template(text, *variables, **more):
    return flow(prompt(text, *variables, **more)).fields_by_key["Prompt-a.template"]


def test_a_template_of_the_flow_with_a_variable_that_the_prompt_lacks_is_a_problem():
    assert check_stored_prompt(template("On {topic}, {tone}.", "topic")) == [LACKING]
    assert check_stored_prompt(template("On {topic}. {{tone}}", "topic")) == []
    (problem,) = check_stored_prompt(template("On {topic", "topic"))
    assert problem.startswith("The curly braces don't match.")


def test_with_double_braces_a_run_leaves_out_what_the_prompt_lacks():
    assert check_stored_prompt(template("On {{tone}}", double_braces=True)) == []


def test_it_is_a_warning_until_another_text_is_entered():
    """The run may end before the prompt."""
    found = flow(prompt("On {topic}, {tone}.", "topic"))
    (warning,) = check_overrides(found, {})
    assert (warning.key, warning.level, warning.message) == (
        "Prompt-a.template",
        "warning",
        LACKING,
    )
    assert check_overrides(found, {"Prompt-a.template": "On {topic}."}) == []
    (error,) = check_overrides(found, {"Prompt-a.template": "Still {tone}."})
    assert (error.level, error.message) == ("error", LACKING)


def test_variables_are_in_the_order_of_the_text():
    field = template("{product} for {people}: {price}", "people", "price", "product", "unused")
    assert named_variables(field) == ["product", "people", "price", "unused"]
    field = template("{{b}} {{a}}", "a", "b", double_braces=True)
    assert named_variables(field) == ["b", "a"]
