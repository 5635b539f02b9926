"""All parameters: the part of a form that is folded, with the search and the components."""

from pages._ui.form import all_parameters
from pages._ui.state.run_page import SHOWN_FIELD
from tests.support.flows import chat_input, entry, node, text
from tests.ui.support.forms import form


def badges(found) -> list[str]:
    """Return the badges of the components and of the part that holds them."""
    texts = [each.value for each in found.at.markdown if "-badge[" in each.value]
    return [each.partition("[")[2].rstrip("]") for each in texts]


def labels(found) -> list[str]:
    return [each.label for each in found.at.expander]


def test_the_part_and_its_components_are_closed_and_count_their_fields():
    found = form(node("T-a", p=text("x"), q=text()), node("U-b", r=text()))
    assert not found.at.text_input
    found.open_all_parameters()
    counts = ["All parameters :gray[· 3]", "T :gray[· 2]", "U :gray[· 1]"]
    assert labels(found) == [*counts, "Overrides as JSON"]
    found.open("T-a").set("text_input", "T-a.p", "z")
    assert found.find("text_input", "U-b.r") is None
    assert found.toggle("T-a", False).overrides == {"T-a.p": "z"}
    assert found.toggle("T-a", True).find("text_input", "T-a.p").value == "z"


def test_components_are_listed_as_a_person_reads_the_graph():
    """From left to right, not in the order in which they were added; so are the marked fields."""
    places = {"Step-b": 900, "Step-a": 0, "Step-c": 1800}
    steps = [
        node(id, p=text(api_editable=True), q=text()) | {"position": {"x": x, "y": 0}}
        for id, x in places.items()
    ]
    found = form(*steps)
    tops = [widget.key.rpartition("-Step-")[2] for widget in found.at.text_input]
    assert tops == ["a.p", "b.p", "c.p"]
    opened = labels(found.open_all_parameters())
    assert [label[:6] for label in opened[1:4]] == ["Step 1", "Step 2", "Step 3"]


def test_the_closed_part_counts_changed_values_and_marks_an_invalid_one():
    found = form(node("T-a", n=entry("IntInput", "int", 5), p=text()), node("U-b", r=text()))
    assert not badges(found)
    found.open("T-a").set("text_input", "T-a.p", "x")
    assert badges(found.open_all_parameters(False)) == ["1 changed"]
    found.open("T-a").set("text_input", "T-a.n", "many")
    assert badges(found.open_all_parameters(False)) == ["Check", "2 changed"]


def test_fields_of_the_only_component_are_shown_at_once():
    found = form(chat_input(), node("T-a", p=text(), q=text())).open_all_parameters()
    assert labels(found) == ["All parameters :gray[· 2]", "Overrides as JSON"]
    assert "**T**" in found.text()
    assert found.set("text_input", "T-a.q", "x").overrides["T-a.q"] == "x"


def test_components_that_no_value_reaches_are_named_with_the_reason():
    frozen = node("Prompt-p", "Prompt", p=text("x"))
    frozen["data"]["node"]["frozen"] = True
    tool = node("Calculator-c", "Calculator", expression=text(tool_mode=True), digits=text("2"))
    tool["data"]["node"]["tool_mode"] = True
    found = form(frozen, tool, node("RunFlow-r", "Run Flow"), node("T-a", p=text()))
    assert "Frozen" not in found.text()
    found.open_all_parameters()
    assert [each.value for each in found.at.caption] == [
        ":material/ac_unit: Frozen, returns a cached result: Prompt",
        ":material/smart_toy: The agent fills in the other inputs of its tools: Calculator",
        ":material/account_tree: Runs another flow, with the models and keys stored there: "
        "Run Flow",
    ]


def test_a_flow_of_many_components_shows_them_in_pages(monkeypatch):
    """One with an invalid value or that is open is shown on each."""
    monkeypatch.setattr(all_parameters, "COMPONENTS_PAGE_SIZE", 10)
    number = entry("IntInput", "int", 5)
    found = form(*(node(f"T-{place:02}", p=text("x"), n=number) for place in range(40)))
    assert "40 components" in found.open_all_parameters().text()
    assert components(found) == [f"T {number}" for number in range(1, 11)]
    found.search("T-39").set("text_input", "T-39.n", "many").search("")
    assert components(found)[9:] == ["T 10", "T 40"]
    assert found.refuse().find("text_input", "T-39.n").value == "many"


def large_component(name="T-a", **more):
    """Return a component whose fields fill two pages."""
    return node(name, **{f"p{place:02}": text("x") for place in range(40)}, **more)


def test_the_field_that_a_button_leads_to_is_drawn_beyond_the_first_page():
    found = form(*map(large_component, ("U-a", "U-b", "U-c")))
    found.open("U-a").open("U-b")
    assert found.find("text_input", "U-c.p39") is None
    found.at.session_state[SHOWN_FIELD.key] = "U-c.p39"
    assert found.run().find("text_input", "U-c.p39")
    assert found.set("text_input", "U-c.p39", "y").overrides == {"U-c.p39": "y"}
    assert found.find("text_input", "U-c.p39")


def test_the_only_component_has_fields_below_a_long_list_of_marked_ones():
    marked = {f"m{place:02}": {**text("x"), "api_editable": True} for place in range(24)}
    required = {f"r{place:02}": text(required=True) for place in range(8)}
    found = form(large_component(**marked, **required)).open_all_parameters()
    assert "Close another component" not in found.text()
    assert found.find("text_input", "T-a.p00")


def components(found) -> list[str]:
    """Return the names of the components that the form shows."""
    names = [each.label.split(" :")[0] for each in found.at.expander if " :gray[" in each.label]
    return [name for name in names if name != "All parameters"]


def test_search_finds_parameters_of_closed_components():
    found = form(node("T-a", alpha=text("x"), beta=text("y")), node("U-b", gamma=text("z")))
    found.search("alp t-a")
    found.set("text_input", "T-a.alpha", "new")
    assert found.find("text_input", "T-a.beta") is None
    assert found.overrides == {"T-a.alpha": "new"}
    assert "No parameter found" in found.search("nothing").text()


def test_search_finds_a_component_by_its_number():
    found = form(*(node(id, "Step", heat=text(id)) for id in ("S-a", "S-b"))).search("step 2")
    assert [each.value for each in found.at.text_input if each.value in ("S-a", "S-b")] == ["S-b"]


def test_search_finds_the_chat_text_by_its_label():
    chat = node("ChatInput-a", input_value=text(display_name="Input Text"))
    found = form(chat, node("T-a", alpha=text("x")))
    for name in ("message", "input text", "text message"):
        assert "Found above" in found.search(name).text()


def test_a_found_switch_shows_its_component():
    found = form(node("T-a", on=entry("BoolInput", "bool", False)), node("U-b", p=text()))
    found.search("on")
    assert [one.value for one in found.at.markdown if "· T" in one.value] == [":gray[· T]"]
