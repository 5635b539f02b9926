"""The form of a flow: its fields, its stored entries and its overrides."""

import json

import pytest

from lfclient.flows.field import Variable
from lfclient.flows.validation import REQUIRED_MESSAGE
from pages._ui.state.run_page import SHOWN_FIELD
from pages._ui.widgets.markdown import escape
from tests.support.flows import chat_input, edge, entry, graph, node, text
from tests.ui.support.forms import clear_drafts, editable_node, form


@pytest.fixture(autouse=True)
def _no_drafts():
    clear_drafts()


def test_an_untouched_form_sends_only_the_chat_text():
    found = form(chat_input(value="hello"), editable_node(p=text("x")))
    assert found.overrides == {"ChatInput-a.input_value": "hello"}
    assert found.result.ready


def test_the_chat_text_is_a_large_box_at_the_top():
    found = form(editable_node(p=text("x")), chat_input())
    assert found.at.text_area[0].label == "Message"
    found.set("text_area", "ChatInput-a.input_value", "hi\nthere")
    assert found.overrides == {"ChatInput-a.input_value": "hi\nthere"}


def test_an_empty_required_field_is_marked_and_blocks_the_run():
    found = form(node("T-a", p=text("", required=True)))
    assert not found.result.ready
    assert "Required" in found.text()
    assert found.set("text_input", "T-a.p", "x").result.ready


def test_a_refused_run_shows_the_problem_at_each_field():
    found = form(editable_node(p=text(required=True), q=text(required=True)), node("U-b", r=text()))
    assert REQUIRED_MESSAGE not in found.text()
    assert found.refuse().text().count(REQUIRED_MESSAGE) == 2
    assert found.set("text_input", "T-a.p", "x").text().count(REQUIRED_MESSAGE) == 1


def test_a_refused_run_opens_the_component_of_an_invalid_value():
    found = form(node("T-a", n=entry("IntInput", "int", 5), p=text()))
    found.open("T-a").set("text_input", "T-a.n", "many").toggle("T-a", False)
    assert found.find("text_input", "T-a.n") is None
    assert found.refuse().find("text_input", "T-a.n").value == "many"


def test_a_filled_in_chat_text_is_marked_as_changed():
    found = form(chat_input())
    assert "Changed" not in found.text()
    assert "Changed" in found.set("text_area", "ChatInput-a.input_value", "hi").text()


def test_a_flow_of_many_components_shows_them_in_pages():
    """One with an invalid value or that is open is shown on each."""
    number = entry("IntInput", "int", 5)
    found = form(*(node(f"T-{place:04}", p=text("x"), n=number) for place in range(2_000)))
    assert "2,000 components" in found.text()
    assert components(found) == [f"T-{place:04}" for place in range(100)]
    found.search("T-1999").set("text_input", "T-1999.n", "many").search("")
    assert components(found)[99:] == ["T-0099", "T-1999"]
    assert found.refuse().find("text_input", "T-1999.n").value == "many"


def large_component(name="T-a", **more):
    """Return a component whose fields fill two pages."""
    return node(name, **{f"p{place:02}": text("x") for place in range(40)}, **more)


@pytest.mark.parametrize("open_first", [(), ("U-a", "U-b")], ids=["alone", "among many"])
def test_the_field_that_a_button_leads_to_is_drawn_beyond_the_first_page(open_first):
    found = form(*map(large_component, ("U-a", "U-b", "U-c")))
    for name in open_first:
        found.open(name)
    assert found.find("text_input", "U-c.p39") is None
    found.at.session_state[SHOWN_FIELD.key] = "U-c.p39"
    assert found.run().find("text_input", "U-c.p39")
    assert found.set("text_input", "U-c.p39", "y").overrides == {"U-c.p39": "y"}
    assert found.find("text_input", "U-c.p39")
    assert not found.at.exception


def test_a_refused_run_shows_an_invalid_value_beyond_the_first_page():
    found = form(large_component(n=entry("IntInput", "int", 5)))
    found.search("T-a n").set("text_input", "T-a.n", "many").search("")
    assert found.find("text_input", "T-a.n") is None
    assert found.refuse().find("text_input", "T-a.n").value == "many"
    assert not found.at.exception


def components(found) -> list[str]:
    """Return the ids of the components that the form shows."""
    return [each.label.split("`")[1] for each in found.at.expander if "`" in each.label]


def test_components_are_closed_until_opened():
    found = form(node("T-a", p=text("x")), node("U-b", q=text("y")))
    assert found.find("text_input", "T-a.p") is None
    found.open("T-a").set("text_input", "T-a.p", "z")
    assert found.find("text_input", "U-b.q") is None
    assert found.overrides == {"T-a.p": "z"}


def test_values_survive_closing_a_component():
    found = form(node("T-a", p=text("x"))).open("T-a").set("text_input", "T-a.p", "z")
    found.toggle("T-a", False)
    assert found.overrides == {"T-a.p": "z"}
    assert found.toggle("T-a", True).find("text_input", "T-a.p").value == "z"


def test_values_survive_another_page():
    found = form(editable_node(p=text("x"))).set("text_input", "T-a.p", "z")
    found.at.session_state["elsewhere"] = True
    found.run()
    found.at.session_state["elsewhere"] = False
    assert found.run().overrides == {"T-a.p": "z"}
    assert found.find("text_input", "T-a.p").value == "z"


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


def test_search_finds_parameters_of_closed_components():
    found = form(node("T-a", alpha=text("x"), beta=text("y")), node("U-b", gamma=text("z")))
    found.search("alp t-a")
    found.set("text_input", "T-a.alpha", "new")
    assert found.find("text_input", "T-a.beta") is None
    assert found.overrides == {"T-a.alpha": "new"}
    assert "No parameter found" in found.search("nothing").text()


def test_search_distinguishes_components_with_the_same_name():
    ids = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(id, "A rather long name of a language model" * 3, heat=text("x")) for id in ids]
    found = form(*nodes, node("U-b", heat=text("z"))).search("heat")
    heads = [each.value for each in found.at.markdown if each.value.startswith("**heat**")]
    assert [[id for id in (*ids, "U-b") if escape(id) in head] for head in heads] == [
        [ids[0]],
        [ids[1]],
        [],
    ]


def test_search_finds_the_chat_text_by_its_label():
    chat = node("ChatInput-a", input_value=text(display_name="Input Text"))
    for name in ("message", "input text", "text message"):
        found = form(chat, node("T-a", alpha=text("x")))
        assert "Found above" in found.search(name).text()


def test_all_fields_can_be_reset_and_restored():
    found = form(editable_node(p=text("x"), q=text("y")), chat_input())
    found.set("text_input", "T-a.p", "1").set("text_input", "T-a.q", "2")
    found.press("Reset all (2)")
    assert found.overrides == {"ChatInput-a.input_value": ""}
    assert found.find("text_input", "T-a.p").value == "x"
    found.press("Restore my input")
    assert found.find("text_input", "T-a.p").value == "1"


def test_overrides_can_be_loaded():
    secret = entry("SecretStrInput", "str", password=True)
    loaded = {"T-a.p": "z", "T-a.s": "was set"}
    found = form(editable_node(p=text("x"), s=secret), load=loaded)
    assert found.overrides == {"T-a.p": "z"}


def test_components_that_will_not_run_are_marked():
    found = form(
        chat_input(),
        node("Idle-x", p=text()),
        node("Bare-y"),
        node("O-z", q=text()),
        edges=[
            edge("ChatInput-a", "O-z", "r"),
        ],
    )
    labels = {one.label for one in found.at.expander}
    assert any("Idle" in label and "Does not run" in label for label in labels)
    assert not any("O-z" in label and "Does not run" in label for label in labels)
    assert "Bare" in found.text()


def test_a_found_parameter_shows_that_its_component_will_not_run():
    nodes = chat_input(), node("Idle-x", p=text()), node("O-z", q=text())
    found = form(*nodes, edges=[edge("ChatInput-a", "O-z", "r")])
    for name, many in (("q", 0), ("p", 1)):
        (search,) = (each for each in found.at.text_input if "search" in each.key)
        search.set_value(name)
        found.run()
        assert found.text().count("gray-badge[Does not run]") == many


def test_a_found_switch_shows_its_component():
    found = form(node("T-a", on=entry("BoolInput", "bool", False)), node("U-b", p=text()))
    (search,) = (each for each in found.at.text_input if "search" in each.key)
    search.set_value("on")
    found.run()
    assert [one.value for one in found.at.markdown if "· T" in one.value] == [":gray[· T]"]


def test_labels_and_help_are_shown_as_plain_text():
    evil = "![x](http://127.0.0.1:9/x.png) **b** :red[c]"
    found = form(editable_node(p=text("x", display_name=evil, info=evil)))
    shown = [one.value for one in found.at.markdown if "x" in one.value]
    assert any("\\!\\[x\\]\\(http\\:" in one for one in shown)
    assert "![" not in found.find("text_input", "T-a.p").label


def test_a_flow_without_parameters_says_so():
    assert "no parameters" in form().text()
    assert form().result.ready


def test_a_large_flow_draws_few_widgets():
    nodes = [node(f"C-{i}", **{f"p{j}": text("x") for j in range(100)}) for i in range(10)]
    found = form(*nodes)
    assert len(found.at.text_input) == 1
    found.open("C-3")
    assert 30 <= len(found.at.text_input) <= 61
    assert json.dumps(found.overrides) == "{}"
