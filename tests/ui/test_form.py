"""The form of a flow: what it offers, what it keeps, what it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.fields import Variable
from tests.flows import chat_input, edge, entry, graph, node, text

OWNER = "owner-of-this-form"


def page(raw: dict, mode: str, version: str, dialect: str, owner: str) -> None:
    """What AppTest runs: its source is taken, so it imports what it needs."""
    from types import SimpleNamespace

    import streamlit as st

    from lfclient.flow import Flow
    from pages._ui.form import flow_form, load_overrides

    flow = Flow.from_json(st.session_state.get("raw", raw))
    loaded = st.session_state.pop("load", None)
    if loaded is not None:
        load_overrides(owner, flow, loaded)
    if st.session_state.get("elsewhere"):
        st.write("another page")
        return
    st.session_state["result"] = flow_form(
        flow,
        mode=st.session_state.get("mode", mode),
        server=SimpleNamespace(version=version, dialect=dialect),
        owner=st.session_state.get("owner", owner),
        variables=["KEY", "OTHER"],
    )


@dataclass
class Form:
    """A form that a test fills in."""

    at: AppTest

    @property
    def result(self) -> Any:
        return self.at.session_state["result"]

    @property
    def overrides(self) -> dict[str, Any]:
        return self.result.overrides

    def run(self) -> Form:
        self.at.run()
        assert not self.at.exception, [e.stack_trace for e in self.at.exception]
        return self

    def find(self, kind: str, key: str) -> Any:
        return next((w for w in getattr(self.at, kind) if w.key.endswith(f"-{key}")), None)

    def set(self, kind: str, key: str, value: Any) -> Form:
        self.find(kind, key).set_value(value)
        return self.run()

    def press(self, label: str) -> Form:
        next(b for b in self.at.button if b.label.startswith(label)).click()
        return self.run()

    def open(self, component: str) -> Form:
        return self.toggle(component, True)

    def toggle(self, component: str, is_open: bool) -> Form:
        (key,) = (k for k in self.opened() if k.endswith(f"-{component}"))
        self.at.session_state[key] = is_open
        return self.run()

    def opened(self) -> list[str]:
        raw = self.raw
        names = [one["id"] for one in raw["data"]["nodes"]]
        return [f"open-{OWNER[:12]}-{raw['id']}-{name}" for name in names]

    def words(self) -> str:
        parts = (*self.at.markdown, *self.at.caption, *self.at.error)
        return "\n".join(part.value for part in parts).replace("\\", "")

    raw: dict[str, Any] | None = None


def form(*nodes, edges=None, mode="background", version="1.13.0", browser="b", **session) -> Form:
    raw = graph(*nodes, edges=edges)
    dialect = "modes" if version >= "1.11" and version != "1.8.4" else "inputs"
    at = AppTest.from_function(
        page,
        kwargs={
            "raw": raw,
            "mode": mode,
            "version": version,
            "dialect": dialect,
            "owner": OWNER,
        },
    )
    at.session_state["browser-id"] = browser * 43
    for name, value in session.items():
        at.session_state[name] = value
    return Form(at, raw).run()


def first(**parameters) -> dict[str, Any]:
    """A component whose parameters all stand at the top, open."""
    marked = {name: {**one, "api_editable": True} for name, one in parameters.items()}
    return node("T-a", **marked)


@pytest.fixture(autouse=True)
def _no_drafts():
    from pages._ui.drafts import drafts

    drafts.clear()


def test_nothing_is_sent_of_an_untouched_form_but_the_chat_text():
    """Only what differs goes out; the chat text always does."""
    found = form(chat_input(value="hello"), first(p=text("x")))
    assert found.overrides == {"ChatInput-a.input_value": "hello"}
    assert found.result.ready


def test_the_chat_text_is_a_large_box_at_the_top():
    """It is what most flows are about."""
    found = form(first(p=text("x")), chat_input())
    assert found.at.text_area[0].label == "Message"
    found.set("text_area", "ChatInput-a.input_value", "hi\nthere")
    assert found.overrides == {"ChatInput-a.input_value": "hi\nthere"}


@pytest.mark.parametrize(
    ("parameter", "widget", "given", "sent"),
    [
        (text("a"), "text_input", "b", "b"),
        (entry("MultilineInput", "str", "a"), "text_area", "b\nc", "b\nc"),
        (entry("PromptInput", "prompt", "a"), "text_area", "b", "b"),
        (entry("IntInput", "int", 5), "text_input", "9" * 30, int("9" * 30)),
        (entry("FloatInput", "float", 0.5), "text_input", "0.123456789012345", 0.123456789012345),
        (
            entry("SliderInput", "slider", 0.5, range_spec={"min": 0, "max": 1, "step": 0.1}),
            "slider",
            0.7,
            0.7,
        ),
        (entry("BoolInput", "bool", True), "toggle", False, False),
        (entry("DropdownInput", "str", "x", options=["x", "y"]), "selectbox", "y", "y"),
        (entry("TabInput", "tab", "x", options=["x", "y"]), "segmented_control", "y", "y"),
        (
            entry("MultiselectInput", "str", ["x"], options=["x", "y"], list=True),
            "multiselect",
            ["y", "x"],
            ["y", "x"],
        ),
        (
            entry("SortableListInput", "sortableList", "", options=[{"name": "A"}, {"name": "B"}]),
            "multiselect",
            ["B", "A"],
            [{"name": "B"}, {"name": "A"}],
        ),
        (
            entry("SortableListInput", "sortableList", "", options=[{"name": "A"}], limit=1),
            "selectbox",
            "A",
            [{"name": "A"}],
        ),
        (entry("StrInput", "str", ["a"], list=True), "text_area", "b\nc", ["b", "c"]),
        (entry("DictInput", "dict", {"n": 1}), "text_area", '{"n": 2}', {"n": 2}),
        (entry("NestedDictInput", "NestedDict", {}), "text_area", '{"a": [1]}', {"a": [1]}),
        (entry("FileInput", "file"), "text_input", "u/a.txt", "u/a.txt"),
        (entry("FileInput", "file", list=True), "text_area", "u/a\nu/b", ["u/a", "u/b"]),
        (entry("SecretStrInput", "str", password=True), "text_input", "sk-1", "sk-1"),
        (entry("ModelInput", "model"), "text_input", "gpt", [{"name": "gpt"}]),
        (entry("FutureInput", "future", {"a": 1}), "text_area", "[2]", [2]),
    ],
)
def test_every_kind_has_its_widget(parameter, widget, given, sent):
    """What is entered is sent in the shape of its kind, and can be brought back."""
    found = form(first(p=parameter)).set(widget, "T-a.p", given)
    assert found.overrides == {"T-a.p": sent}
    assert found.result.ready
    assert "Changed" in found.words()
    found.press("Reset")
    assert found.overrides == {}


def test_a_duration_is_a_number_and_a_unit():
    """Both parts make one value."""
    parameter = entry(
        "DurationInput", "duration", {"value": 3, "unit": "Days"}, options=["Hours", "Days"]
    )
    found = form(first(p=parameter)).set("text_input", "T-a.p", "5")
    assert found.overrides == {"T-a.p": {"value": 5, "unit": "Days"}}
    found.set("selectbox", "T-a.p-unit", "Hours")
    assert found.overrides == {"T-a.p": {"value": 5, "unit": "Hours"}}


def test_a_model_is_picked_with_its_provider():
    """The flow's own list of models is offered."""
    models = [{"name": "gpt", "provider": "OpenAI"}, {"name": "opus", "provider": "Anthropic"}]
    found = form(first(p=entry("ModelInput", "model", models[:1], options=models)))
    found.set("selectbox", "T-a.p", "Anthropic: opus")
    assert found.overrides == {"T-a.p": models[1:]}


@pytest.mark.parametrize(
    ("parameter", "edits", "sent"),
    [
        (
            entry("TableInput", "table", [{"c": "1"}], table_schema=[{"name": "c"}]),
            {"edited_rows": {0: {"c": "2"}}, "added_rows": [{"c": "3"}, {}]},
            [{"c": "2"}, {"c": "3"}],
        ),
        (
            entry(
                "TableInput",
                "table",
                [{"n": "a", "on": "False"}],
                table_schema=[{"name": "n"}, {"name": "on", "type": "boolean", "default": True}],
            ),
            {"added_rows": [{"n": "b"}]},
            [{"n": "a", "on": "False"}, {"n": "b", "on": True}],
        ),
        (
            entry("DictInput", "dict", {"a": "1", "b": "2"}),
            {"deleted_rows": [0], "added_rows": [{"key": "c", "value": "3"}]},
            {"b": "2", "c": "3"},
        ),
    ],
)
def test_tables_are_edited_in_place(parameter, edits, sent):
    """Rows are changed, added and removed; what is not touched stays as the flow has it."""
    found = form(first(p=parameter))
    (live,) = found.at.session_state["forms"].values()
    empty = {"edited_rows": {}, "added_rows": [], "deleted_rows": []}
    found.at.session_state[live.live["T-a.p"].key] = {**empty, **edits}
    found.run()
    assert found.overrides == {"T-a.p": sent}


def test_a_key_that_stands_twice_is_refused():
    """An object has each key once."""
    found = form(first(p=entry("DictInput", "dict", {"a": "1"})))
    (live,) = found.at.session_state["forms"].values()
    found.at.session_state[live.live["T-a.p"].key] = {
        "edited_rows": {},
        "added_rows": [{"key": "a", "value": "2"}],
        "deleted_rows": [],
    }
    found.run()
    assert not found.result.ready
    assert "twice" in found.words()


@pytest.mark.parametrize(
    ("parameter", "widget", "given", "words"),
    [
        (entry("IntInput", "int", 5), "text_input", "5.5", "whole number"),
        (entry("FloatInput", "float", 5), "text_input", "x", "A number is needed"),
        (entry("NestedDictInput", "NestedDict", {}), "text_area", '{"a": }', "line 1, column 7"),
        (entry("PromptInput", "prompt", "a"), "text_area", "{nobody}", "no variable"),
    ],
)
def test_bad_input_is_said_at_its_field_and_kept(parameter, widget, given, words):
    """Nothing typed is lost, and nothing is sent."""
    found = form(node("T-a", template={**parameter, "api_editable": True}))
    found.set(widget, "T-a.template", given)
    assert not found.result.ready
    assert words in found.words()
    assert found.find(widget, "T-a.template").value == given


def test_clearing_a_number_brings_the_flows_own_back():
    """An empty box is the default, never null."""
    found = form(first(p=entry("IntInput", "int", 5))).set("text_input", "T-a.p", "7")
    found.set("text_input", "T-a.p", "")
    assert found.overrides == {}
    assert found.result.ready


def test_required_is_marked_and_keeps_a_run_from_starting():
    """A value mends it."""
    found = form(node("T-a", p=text("", required=True)))
    assert not found.result.ready
    assert "Required" in found.words()
    assert found.set("text_input", "T-a.p", "x").result.ready


def test_components_are_closed_until_opened():
    """A closed one draws no widget."""
    found = form(node("T-a", p=text("x")), node("U-b", q=text("y")))
    assert found.find("text_input", "T-a.p") is None
    found.open("T-a").set("text_input", "T-a.p", "z")
    assert found.find("text_input", "U-b.q") is None
    assert found.overrides == {"T-a.p": "z"}


def test_values_survive_closing_a_component():
    """The value is kept, sent, and there again when it is opened."""
    found = form(node("T-a", p=text("x"))).open("T-a").set("text_input", "T-a.p", "z")
    found.toggle("T-a", False)
    assert found.overrides == {"T-a.p": "z"}
    assert found.toggle("T-a", True).find("text_input", "T-a.p").value == "z"


def test_values_survive_another_page():
    """The form is as it was left."""
    found = form(first(p=text("x"))).set("text_input", "T-a.p", "z")
    found.at.session_state["elsewhere"] = True
    found.run()
    found.at.session_state["elsewhere"] = False
    assert found.run().overrides == {"T-a.p": "z"}
    assert found.find("text_input", "T-a.p").value == "z"


def test_values_survive_a_reload_secrets_excepted():
    """A new session of the same browser finds what was typed, bad input included."""
    parameters = {
        "p": text("x"),
        "n": entry("IntInput", "int", 5),
        "s": entry("SecretStrInput", "str", password=True),
        "v": entry("SecretStrInput", "str", password=True, load_from_db=False),
    }
    found = form(first(**parameters), mode="sync").set("text_input", "T-a.p", "z")
    found.set("text_input", "T-a.n", "bad").set("text_input", "T-a.s", "sk-1")
    found.set("segmented_control", "T-a.v-from", "Server variable")
    found.set("selectbox", "T-a.v-variable", "KEY")
    again = form(first(**parameters), mode="sync")
    assert again.overrides == {"T-a.p": "z", "T-a.v": Variable("KEY")}
    assert again.find("text_input", "T-a.n").value == "bad"
    assert form(first(**parameters), browser="c").overrides == {}


def test_values_do_not_leak_into_another_flow_or_server():
    """Component ids are not unique."""
    found = form(first(p=text("x"))).set("text_input", "T-a.p", "z")
    other = {**found.raw, "id": "22222222-2222-3333-4444-555555555555"}
    found.at.session_state["raw"] = other
    assert found.run().overrides == {}
    assert found.find("text_input", "T-a.p").value == "x"
    found.at.session_state["raw"] = found.raw
    assert found.run().overrides == {"T-a.p": "z"}
    found.at.session_state["owner"] = "somebody else"
    assert found.run().overrides == {}


def test_a_flow_that_changed_on_the_server_does_not_break_the_form():
    """What was entered for a lost or altered parameter is left out, and named."""
    found = form(first(p=text("x"), q=text("x"), r=text("x")))
    for name in "pqr":
        found.set("text_input", f"T-a.{name}", "z")
    altered = first(q=entry("IntInput", "int", 5), r=text("x"))
    found.at.session_state["raw"] = graph(altered)
    assert found.run().overrides == {"T-a.r": "z"}
    assert "T-a.p" in found.words()
    assert "T-a.q" in found.words()
    assert "T-a.p" not in found.press("OK").words()


def test_search_finds_parameters_of_closed_components():
    """By their label, name or component."""
    found = form(node("T-a", alpha=text("x"), beta=text("y")), node("U-b", gamma=text("z")))
    search = next(w for w in found.at.text_input if w.key.startswith("param-search"))
    search.set_value("alp t-a")
    found.run()
    found.set("text_input", "T-a.alpha", "new")
    assert found.find("text_input", "T-a.beta") is None
    assert found.overrides == {"T-a.alpha": "new"}
    next(w for w in found.at.text_input if w.key.startswith("param-search")).set_value("nothing")
    assert "No parameter is called that" in found.run().words()


def test_all_can_be_reset():
    """One button, which says how many differ."""
    found = form(first(p=text("x"), q=text("y")), chat_input())
    found.set("text_input", "T-a.p", "1").set("text_input", "T-a.q", "2")
    found.press("Reset all (2)")
    assert found.overrides == {"ChatInput-a.input_value": ""}
    assert found.find("text_input", "T-a.p").value == "x"


@pytest.mark.parametrize(
    ("mode", "version", "typed", "chosen"),
    [
        ("sync", "1.13.0", True, True),
        ("background", "1.10.3", True, True),
        ("background", "1.13.0", True, False),
        ("background", "1.11.6", False, True),
    ],
)
def test_secrets_are_given_as_the_mode_takes_them(mode, version, typed, chosen):
    """A typed value, a server variable, or either."""
    secret = entry("SecretStrInput", "str", "STORED", password=True, load_from_db=True)
    found = form(first(p=secret), mode=mode, version=version)
    if chosen and typed:
        found.set("segmented_control", "T-a.p-from", "Server variable")
    if chosen:
        found.set("selectbox", "T-a.p-variable" if typed else "T-a.p", "OTHER")
        assert found.overrides == {"T-a.p": Variable("OTHER")}
        assert found.result.ready
    else:
        assert found.set("text_input", "T-a.p", "sk-1").result.ready


def test_a_change_of_mode_says_what_it_cannot_take():
    """What was chosen stays, and the problem stands at its field."""
    secret = entry("SecretStrInput", "str", password=True, load_from_db=False)
    found = form(first(p=secret), mode="sync")
    found.set("segmented_control", "T-a.p-from", "Server variable")
    found.set("selectbox", "T-a.p-variable", "KEY")
    found.at.session_state["mode"] = "background"
    assert not found.run().result.ready
    assert "Wait for the result" in found.words()
    found.at.session_state["mode"] = "sync"
    assert found.run().overrides == {"T-a.p": Variable("KEY")}


def test_a_stored_secret_is_not_shown():
    """The box is empty and says that the flow has one."""
    found = form(first(p=entry("SecretStrInput", "str", "sk-stored-1", password=True)))
    box = found.find("text_input", "T-a.p")
    assert box.value == ""
    assert "stored" in box.placeholder


def test_overrides_can_be_loaded():
    """As when a run is to be run again; what does not fit is named."""
    loaded = {"T-a.p": "z", "T-a.n": "no number", "gone.x": 1, "T-a.s": "was set"}
    secret = entry("SecretStrInput", "str", password=True)
    found = form(first(p=text("x"), n=entry("IntInput", "int", 5), s=secret), load=loaded)
    assert found.overrides == {"T-a.p": "z"}
    assert "gone.x" in found.words()
    assert "T-a.n" in found.words()


def test_components_that_will_not_run_are_marked():
    """The chat input does not lead to them."""
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
    assert any("Idle" in label and "will not run" in label for label in labels)
    assert not any("O-z" in label and "will not run" in label for label in labels)
    assert "Bare" in found.words()


def test_labels_and_help_are_text_and_nothing_else():
    """No picture of a label is loaded, and no mark-up of it is drawn."""
    evil = "![x](http://127.0.0.1:9/x.png) **b** :red[c]"
    found = form(first(p=text("x", display_name=evil, info=evil)))
    shown = [one.value for one in found.at.markdown if "x" in one.value]
    assert any("\\!\\[x\\]\\(http\\:" in one for one in shown)
    assert "![" not in found.find("text_input", "T-a.p").label


def test_a_flow_with_nothing_to_set_says_so():
    """An empty form is no mistake."""
    assert "nothing to set" in form().words()
    assert form().result.ready


def test_a_large_flow_draws_few_widgets():
    """1,000 parameters stand in closed components, and pages."""
    nodes = [node(f"C-{i}", **{f"p{j}": text("x") for j in range(100)}) for i in range(10)]
    found = form(*nodes)
    assert len(found.at.text_input) == 1
    found.open("C-3")
    assert 30 <= len(found.at.text_input) <= 61
    assert json.dumps(found.overrides) == "{}"
