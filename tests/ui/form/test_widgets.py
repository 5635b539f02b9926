"""Each kind of field has a widget that returns the value to send."""

import pytest

from lfclient.flows.field import Variable
from tests.support.flows import entry, node, text
from tests.ui.support.forms import editable_node, form, form_server
from tests.ui.support.whole_pages import lacks


def edit_table(found, parameter="p", **edits):
    """Edit the table of this parameter as its editor does; the form isn't drawn again."""
    (state,) = found.at.session_state["forms"].values()
    empty = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
    found.at.session_state[state.live_widgets[f"T-a.{parameter}"].key] = {**empty, **edits}
    return found


RANGE = {"min": 0, "max": 1, "step": 0.1}
XY, YX = {"options": ["x", "y"]}, ["y", "x"]
AB, BA = {"options": [{"name": "A"}, {"name": "B"}]}, [{"name": "B"}, {"name": "A"}]
OLLAMA = {"name": "a:1b", "provider": "Ollama"}
# the parameter, its widget, what is entered there, and the value that is sent
KINDS = [
    (text("a"), "text_input", "b", "b"),
    (entry("MultilineInput", "str", "a"), "text_area", "b\nc", "b\nc"),
    (entry("PromptInput", "prompt", "a"), "text_area", "b", "b"),
    (entry("IntInput", "int", 5), "text_input", "9" * 30, int("9" * 30)),
    (entry("FloatInput", "float", 0.5), "text_input", "0.123456789012345", 0.123456789012345),
    (entry("SliderInput", "slider", 0.5, range_spec=RANGE), "slider", 0.7, 0.7),
    (entry("BoolInput", "bool", True), "toggle", False, False),
    (entry("DropdownInput", "str", "x", **XY), "selectbox", "y", "y"),
    (entry("TabInput", "tab", "x", **XY), "segmented_control", "y", "y"),
    (entry("MultiselectInput", "str", ["x"], list=True, **XY), "multiselect", YX, YX),
    (entry("SortableListInput", "sortableList", "", **AB), "multiselect", ["B", "A"], BA),
    (entry("SortableListInput", "sortableList", "", **AB, limit=1), "selectbox", "B", BA[:1]),
    (entry("StrInput", "str", ["a"], list=True), "text_area", "b\nc", ["b", "c"]),
    (entry("DictInput", "dict", {"n": 1}), "text_area", '{"n": 2}', {"n": 2}),
    (entry("NestedDictInput", "NestedDict", {}), "text_area", '{"a": [1]}', {"a": [1]}),
    (entry("SecretStrInput", "str", password=True), "text_input", "sk-1", "sk-1"),
    (entry("ModelInput", "model"), "text_input", "gpt", [{"name": "gpt"}]),
    (entry("ModelInput", "model"), "text_input", "Ollama: a:1b", [OLLAMA]),
    (entry("FutureInput", "future", {"a": 1}), "text_area", "[2]", [2]),
]


def test_every_kind_has_its_widget():
    parameters = {f"p{place:02}": parameter for place, (parameter, *_) in enumerate(KINDS)}
    found = form(editable_node(**parameters))
    for name, (_, widget, given, _) in zip(parameters, KINDS, strict=True):
        found.find(widget, f"T-a.{name}").set_value(given)
    expected = [sent for *_, sent in KINDS]
    assert [found.run().overrides[f"T-a.{name}"] for name in parameters] == expected
    assert found.result.ready
    assert found.text().count("Changed") == len(KINDS)
    found.at.button(key="reset-T-a.p00").click()
    assert "T-a.p00" not in found.run().overrides


def test_fields_that_share_a_label_name_their_components_for_screen_readers():
    parameter = {"p": text("x", api_editable=True)}
    found = form(*(node(f"T-{each}", **parameter) for each in "ab"))
    assert [box.label for box in found.at.text_input] == ["p, T 1", "p, T 2"]


def test_a_duration_is_a_number_and_a_unit():
    parameter = entry(
        "DurationInput", "duration", {"value": 3, "unit": "Days"}, options=["Hours", "Days"]
    )
    found = form(editable_node(p=parameter)).set("text_input", "T-a.p", "5")
    assert found.overrides == {"T-a.p": {"value": 5, "unit": "Days"}}
    found.set("selectbox", "T-a.p-unit", "Hours")
    assert found.overrides == {"T-a.p": {"value": 5, "unit": "Hours"}}


def test_tables_are_edited_in_place():
    flags = [{"name": "n"}, {"name": "on", "type": "boolean", "default": True}]
    found = form(
        editable_node(
            rows=entry("TableInput", "table", [{"c": "1"}], table_schema=[{"name": "c"}]),
            flags=entry("TableInput", "table", [{"n": "a", "on": "False"}], table_schema=flags),
            pairs=entry("DictInput", "dict", {"a": "1", "b": "2"}),
        )
    )
    edit_table(found, "rows", edited_rows={0: {"c": "2"}}, added_rows=[{"c": "3"}, {}])
    edit_table(found, "flags", added_rows=[{"n": "b"}])
    edit_table(found, "pairs", deleted_rows=[0], added_rows=[{"key": "c", "value": "3"}])
    assert found.run().overrides == {
        "T-a.rows": [{"c": "2"}, {"c": "3"}],
        "T-a.flags": [{"n": "a", "on": "False"}, {"n": "b", "on": True}],
        "T-a.pairs": {"b": "2", "c": "3"},
    }


def test_a_rerun_keeps_the_editor_of_a_table():
    found = form(editable_node(p=entry("DictInput", "dict", {"a": "1"})))
    (state,) = found.at.session_state["forms"].values()
    editor = state.live_widgets["T-a.p"].key
    found.run().run()
    assert state.live_widgets["T-a.p"].key == editor


def test_table_edits_survive_another_page():
    parameter = entry("TableInput", "table", [{"c": "1"}], table_schema=[{"name": "c"}])
    found = form(editable_node(p=parameter))
    edit_table(found, added_rows=[{"c": "2"}]).run()
    found.at.session_state["elsewhere"] = True
    found.run()
    found.at.session_state["elsewhere"] = False
    found.run()
    assert found.run().overrides == {"T-a.p": [{"c": "1"}, {"c": "2"}]}
    edit_table(found, added_rows=[{"c": "3"}]).run()
    assert found.overrides == {"T-a.p": [{"c": "1"}, {"c": "2"}, {"c": "3"}]}


def test_a_lone_surrogate_in_a_cell_is_refused():
    """A browser sends cells as JSON, which can hold one; no browser draws it."""
    rows = entry("TableInput", "table", [{"value": "b"}], table_schema=[{"name": "value"}])
    found = form(editable_node(pairs=entry("DictInput", "dict", {"key": "a"}), rows=rows))
    half = "half of \ud83d"
    edit_table(found, "pairs", added_rows=[{"key": "k", "value": half}])
    edit_table(found, "rows", edited_rows={0: {"value": half}})
    problems = found.run().result.problems
    assert [each.key for each in problems if each.level == "error"] == ["T-a.pairs", "T-a.rows"]
    assert found.text().count("a lone surrogate") == 2
    for is_elsewhere in (True, False):
        found.at.session_state["elsewhere"] = is_elsewhere
        found.run()


def test_a_duplicate_key_is_refused():
    found = form(editable_node(p=entry("DictInput", "dict", {"a": "1"})))
    edit_table(found, added_rows=[{"key": "a", "value": "2"}]).run()
    assert not found.result.ready
    assert "twice" in found.text()


def test_invalid_input_is_reported_at_its_field_and_kept():
    given = {
        "whole": (entry("IntInput", "int", 5), "text_input", "5.5"),
        "number": (entry("FloatInput", "float", 5), "text_input", "x"),
        "data": (entry("NestedDictInput", "NestedDict", {}), "text_area", '{"a": }'),
        "template": (entry("PromptInput", "prompt", "a"), "text_area", "{nobody}"),
    }
    found = form(editable_node(**{name: parameter for name, (parameter, *_) in given.items()}))
    for name, (_, widget, entered) in given.items():
        found.find(widget, f"T-a.{name}").set_value(entered)
    assert not found.run().result.ready
    for words in ("whole number", "Enter a number", "line 1, column 7", "no variable"):
        assert words in found.text()
    for name, (_, widget, entered) in given.items():
        assert found.find(widget, f"T-a.{name}").value == entered


def test_clearing_a_number_restores_the_flows_value():
    found = form(editable_node(p=entry("IntInput", "int", 5))).set("text_input", "T-a.p", "7")
    found.set("text_input", "T-a.p", "")
    assert found.overrides == {}
    assert found.result.ready


@pytest.mark.parametrize(
    ("mode", "version", "typed", "chosen"),
    [
        ("sync", "1.13.0", True, True),
        ("background", "1.10.3", True, True),
        ("background", "1.13.0", True, False),
        ("background", "1.11.6", False, True),
    ],
)
def test_secrets_are_entered_as_the_mode_accepts_them(mode, version, typed, chosen):
    secret = entry("SecretStrInput", "str", "STORED", password=True, load_from_db=True)
    server = {"server-of-files": form_server()}
    found = form(editable_node(p=secret), mode=mode, version=version, **server)
    if chosen and typed:
        found.set("segmented_control", "T-a.p-from", "Server variable")
    if chosen:
        found.set("selectbox", "T-a.p-variable" if typed else "T-a.p", "OTHER")
        assert found.overrides == {"T-a.p": Variable("OTHER")}
        assert found.result.ready
    else:
        assert found.set("text_input", "T-a.p", "sk-1").result.ready


def test_a_mode_change_reports_unsupported_values():
    secret = entry("SecretStrInput", "str", password=True, load_from_db=False)
    found = form(editable_node(p=secret), mode="sync")
    found.set("segmented_control", "T-a.p-from", "Server variable")
    found.set("selectbox", "T-a.p-variable", "KEY")
    found.at.session_state["mode"] = "background"
    assert not found.run().result.ready
    assert "synchronous mode" in found.text()
    found.at.session_state["mode"] = "sync"
    assert found.run().overrides == {"T-a.p": Variable("KEY")}


def test_an_empty_secret_shows_nothing_about_variables_and_run_modes():
    secret = entry("SecretStrInput", "str", password=True, load_from_db=False)
    assert lacks(form(editable_node(p=secret), mode="background").at, "synchronous", shows="**p**")


def test_a_stored_secret_is_not_shown():
    found = form(editable_node(p=entry("SecretStrInput", "str", "sk-stored-1", password=True)))
    box = found.find("text_input", "T-a.p")
    assert box.value == ""
    assert "Stored" in box.placeholder


def test_a_message_that_names_a_variable_shows_it_as_one():
    parameter = entry("MultilineInput", "str", "", load_from_db=False)
    chat = node("ChatInput-a", input_value=parameter)
    found = form(chat, mode="sync", load={"ChatInput-a.input_value": Variable("KEY")})
    assert found.find("text_area", "ChatInput-a.input_value") is None
    assert found.find("selectbox", "ChatInput-a.input_value-variable").value == "KEY"
    found.set("segmented_control", "ChatInput-a.input_value-from", "Value")
    found.set("text_area", "ChatInput-a.input_value", "two\nlines")
    assert found.overrides == {"ChatInput-a.input_value": "two\nlines"}


@pytest.mark.parametrize(("breaks", "words"), [("\n", "A line break"), ("\n\n", "Two line breaks")])
def test_a_box_that_looks_empty_says_how_many_line_breaks_it_has(breaks, words):
    assert words in form(editable_node(p=text(breaks))).text()
