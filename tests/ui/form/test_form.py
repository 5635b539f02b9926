"""The form of a flow: its fields, its stored entries and its overrides."""

from lfclient.flows.field import Variable
from lfclient.flows.needs import find_needs
from lfclient.resources.server_resources import ServerResources
from pages._ui.form.form import input_fields
from tests.support.flows import chat_input, entry, flow, graph, node, prompt, text
from tests.ui.support.forms import editable_node, form


def test_the_chat_text_is_at_the_top_and_the_only_value_of_an_untouched_form():
    found = form(editable_node(p=text("x")), chat_input(value="hello"))
    assert found.at.text_area[0].label == "Message"
    assert found.overrides == {"ChatInput-a.input_value": "hello"}
    assert found.result.ready
    assert "Changed" not in found.text()
    found.set("text_area", "ChatInput-a.input_value", "hi\nthere")
    assert found.overrides == {"ChatInput-a.input_value": "hi\nthere"}
    assert "Changed" in found.text()


def test_without_a_chat_input_the_prompts_variables_are_at_the_top():
    found = form(prompt("{topic} for {people}", "people", "topic"), node("T-a", p=text("x")))
    labels = [box.label for box in found.at.text_area]
    assert labels[:2] == ["topic, Prompt", "people, Prompt"]
    assert not [box for box in found.at.text_input if box.label == "p"]  # folded


def test_a_prompt_that_the_author_marked_is_an_input_although_its_text_lacks_a_variable():
    asks = prompt("{topic}, {tone}", "topic")
    asks["data"]["node"]["template"]["template"]["api_editable"] = True
    found = flow(asks)
    needs = find_needs(found, {}, ServerResources())
    assert [field.key for field in input_fields(found, needs)] == ["Prompt-a.template"]


def test_required_fields_block_a_run_and_show_the_problem_once_it_was_refused():
    found = form(editable_node(p=text(required=True), q=text(required=True)), node("U-b", r=text()))
    assert not found.result.ready
    assert "Required" in found.text()
    assert "This is required." not in found.text()
    assert found.refuse().text().count("This is required.") == 2
    assert found.set("text_input", "T-a.p", "x").text().count("This is required.") == 1
    assert found.set("text_input", "T-a.q", "x").result.ready


def test_values_except_secrets_survive_a_reload():
    parameters = {
        "p": text("x"),
        "n": entry("IntInput", "int", 5),
        "s": entry("SecretStrInput", "str", password=True),
        "v": entry("SecretStrInput", "str", password=True, load_from_db=False),
    }
    found = form(editable_node(**parameters), mode="sync").set("text_input", "T-a.p", "z")
    found.set("text_input", "T-a.n", "bad").set("text_input", "T-a.s", "sk-1")
    found.set("segmented_control", "T-a.v-from", "Server variable")
    found.set("selectbox", "T-a.v-variable", "KEY")
    again = form(editable_node(**parameters), mode="sync")
    assert again.overrides == {"T-a.p": "z", "T-a.v": Variable("KEY")}
    assert again.find("text_input", "T-a.n").value == "bad"
    assert form(editable_node(**parameters), browser="c").overrides == {}


def test_values_do_not_leak_into_another_flow_or_server():
    found = form(editable_node(p=text("x"))).set("text_input", "T-a.p", "z")
    other = {**found.raw, "id": "22222222-2222-3333-4444-555555555555"}
    found.at.session_state["raw"] = other
    assert found.run().overrides == {}
    assert found.find("text_input", "T-a.p").value == "x"
    found.at.session_state["raw"] = found.raw
    assert found.run().overrides == {"T-a.p": "z"}
    found.at.session_state["owner"] = "somebody else"
    assert found.run().overrides == {}


def test_a_flow_that_changed_on_the_server_does_not_break_the_form():
    found = form(editable_node(p=text("x"), q=text("x"), r=text("x")))
    for name in "pqr":
        found.set("text_input", f"T-a.{name}", "z")
    altered = editable_node(q=entry("IntInput", "int", 5), r=text("x"))
    found.at.session_state["raw"] = graph(altered)
    assert found.run().overrides == {"T-a.r": "z"}
    assert "T-a.p" in found.text()
    assert "T-a.q" in found.text()
    assert "T-a.p" not in found.press("OK").text()


def test_all_fields_can_be_reset_and_restored():
    found = form(chat_input(), editable_node(p=text("x")))
    assert "Reset all" not in "".join(each.label for each in found.at.button)
    found.set("text_area", "ChatInput-a.input_value", "hi").set("text_input", "T-a.p", "z")
    assert found.press("Reset all (2)").overrides == {"ChatInput-a.input_value": ""}
    assert found.press("Restore my input").overrides["T-a.p"] == "z"


def test_labels_and_help_are_shown_as_plain_text():
    evil = "![x](http://127.0.0.1:9/x.png) **b** :red[c]"
    found = form(editable_node(p=text("x", display_name=evil, info=evil)))
    shown = [one.value for one in found.at.markdown if "x" in one.value]
    assert any("\\!\\[x\\]\\(http\\:" in one for one in shown)
    assert "![" not in found.find("text_input", "T-a.p").label


def test_a_flow_without_parameters_says_so():
    assert "no parameters" in form().text()
    assert form().result.ready
