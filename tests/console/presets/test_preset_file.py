"""Presets are written to files, read back, and fitted to flows."""

import json
from dataclasses import replace

import pytest

from lfclient.console.present.presentation import Presentation, ShownInput
from lfclient.console.presets.fitting import changed_keys, fit_values
from lfclient.console.presets.preset_file import (
    FORMAT,
    PresetFile,
    check_size,
    dump_preset,
    find_by_name,
    load_preset,
    validate_name,
)
from lfclient.errors import InvalidRequest
from lfclient.flows.field import Variable
from lfclient.flows.model import Refresh
from lfclient.flows.validation import SECRET_MASK, mask_secrets
from tests.support.flows import entry, flow, node, text

SECRET = entry("SecretStrInput", "str", "", load_from_db=False, password=True)
FLOW = flow(
    node(
        "T-a",
        p=text("x"),
        n=entry("IntInput", "int", 5),
        s=SECRET,
        v=text(""),
        d=entry("NestedDictInput", "NestedDict", {}),
    ),
    node("U-b", p=text("y")),
)


def written(**more):
    content = {"format": FORMAT, "version": 1, "name": "N", "values": {}, **more}
    return json.dumps(content).encode()


def test_a_file_holds_values_variables_and_the_keys_of_secrets():
    values = {"T-a.p": "z", "T-a.v": Variable("KEY"), "T-a.s": "sk-12345678"}
    text = dump_preset(FLOW, "Mine", mask_secrets(FLOW, values))
    assert "sk-1" not in text
    loaded = load_preset(text.encode())
    assert (loaded.name, loaded.flow_id, loaded.flow_name) == ("Mine", FLOW.id, "Test")
    assert loaded.values == {"T-a.p": "z", "T-a.v": Variable("KEY"), "T-a.s": SECRET_MASK}
    assert loaded.components == {"T-a": ("T", "T")}


def test_a_value_with_a_nested_secret_is_listed_under_secrets():
    stored = mask_secrets(FLOW, {"T-a.d": {"api_key": "sk-12345678", "other": 1}})
    assert json.loads(dump_preset(FLOW, "N", stored))["secrets"] == ["T-a.d"]
    assert fit_values(FLOW, stored).values == {}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not valid JSON: .* line 1, column 2"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[]", "not a Langflow Console preset"),
        (b'{"format": "other", "version": 1}', "not a Langflow Console preset"),
        (written(version=2), "has version 2; this console reads versions up to 1"),
        (written(version="1"), "no valid version"),
        (written(version=True), "no valid version"),
        (written(values=[]), "“values” in this preset must be an object"),
        (written(secrets=["a", 1]), "“secrets” in this preset must be a list"),
        (written(flow="x"), "“flow” in this preset must be an object"),
        (written(values={"a": "x" * 1_000_000}), "up to 1 MB"),
        (b"[" * 100_000, "nested too deeply"),
        (written(values={"a": float("nan")}), "NaN is not a valid number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "."),
        (b'{"a": "\\ud800"}', "a lone surrogate"),
    ],
)
def test_an_invalid_file_is_refused_with_a_reason(data, words):
    with pytest.raises(InvalidRequest, match=words):
        load_preset(data)


def test_a_flow_is_recognised_and_not_taken_for_a_preset():
    with pytest.raises(InvalidRequest) as caught:
        load_preset(b'{"name": "x", "data": {"nodes": []}}')
    assert "looks like a flow" in caught.value.hint


def test_values_that_do_not_fit_are_rejected_with_a_reason():
    fitted = fit_values(FLOW, {"T-a.p": "z", "T-a.n": "many", "T-a.q": 1, "X-c.p": 1, "none": 2})
    assert fitted.values == {"T-a.p": "z"}
    assert fitted.rejected == {
        "T-a.n": "Enter a whole number, such as 5.",
        "T-a.q": "T has no such parameter.",
        "X-c.p": "This flow has no component “X-c”.",
        "none": "This flow has no component “none”. Overrides are named Component.parameter.",
    }


def test_a_secret_is_rejected_and_has_to_be_entered_but_a_variable_fits():
    fitted = fit_values(FLOW, {"T-a.s": "sk-12345678", "T-a.d": {"token": "sk-12345678"}})
    assert fitted.values == {}
    assert fitted.secrets == ("T-a.s", "T-a.d")
    assert set(fitted.rejected) == {"T-a.s", "T-a.d"}
    assert fit_values(FLOW, {"T-a.s": Variable("KEY")}).values == {"T-a.s": Variable("KEY")}


def test_a_masked_secret_has_to_be_entered_without_being_rejected():
    fitted = fit_values(FLOW, {"T-a.s": SECRET_MASK})
    assert (fitted.secrets, fitted.rejected, fitted.masked) == (
        ("T-a.s",),
        {},
        {"T-a.s": SECRET_MASK},
    )


def test_text_equal_to_the_mask_is_text_where_text_is_allowed():
    nodes = flow(node("T-a", words=text(), headers=entry("NestedDictInput", "dict")))
    fitted = fit_values(nodes, {"T-a.words": "was set", "T-a.headers": "was set"})
    assert (fitted.values, fitted.secrets) == ({"T-a.words": "was set"}, ("T-a.headers",))
    assert fit_values(nodes, {"T-a.words": SECRET_MASK}).secrets == ("T-a.words",)


def test_a_redacted_text_is_rejected():
    """The redacted text must not be sent."""
    nodes = flow(node("T-a", api_key=text(), words=text()))
    overrides = {"T-a.api_key": "sk-12345678", "T-a.words": "say sk-12345678"}
    fitted = fit_values(nodes, mask_secrets(nodes, overrides))
    assert (fitted.values, fitted.secrets) == ({}, ("T-a.api_key",))
    assert list(fitted.rejected) == ["T-a.words"]
    assert list(fit_values(nodes, {"T-a.words": "my key is ••••"}).rejected) == ["T-a.words"]


def test_a_component_of_another_flow_is_matched_if_it_is_the_only_one_of_its_type():
    other = flow(node("T-zzz", p=text("")), node("W-1", "U", p=text("")), node("W-2", "U"))
    fitted = fit_values(other, {"T-a.p": "z", "U-b.p": "y"}, {})
    assert fitted.values == {"T-zzz.p": "z"}
    assert fitted.moved == {"T-a.p": "T-zzz.p"}
    assert list(fitted.rejected) == ["U-b.p"]


def named(id, name):
    component = node(id, p=text(""))
    component["data"]["node"]["display_name"] = name
    return component


def test_among_several_of_a_type_the_display_name_decides():
    """Two components with the same counterpart are not matched."""
    other = flow(named("T-1", "First"), named("T-2", "Second"))
    components = {"T-a": ("T", "Second"), "T-b": ("T", "Third")}
    fitted = fit_values(other, {"T-a.p": "z", "T-b.p": "y"}, components)
    assert fitted.values == {"T-2.p": "z"}
    one = flow(named("T-1", "First"))
    assert fit_values(one, {"T-a.p": "z", "T-b.p": "y"}, components).values == {}
    assert fit_values(one, {"T-1.p": "mine", "T-b.p": "y"}, components).values == {"T-1.p": "mine"}


def test_a_choice_that_the_refreshed_flow_has_is_compared_as_any_other_value():
    chosen = flow(node("T-a", p=text("chosen")))
    chosen = replace(chosen, refreshed=Refresh(FLOW, {"T-a.p": "chosen"}))
    assert changed_keys(chosen, {"T-a.p": "chosen"}, {"T-a.p": "chosen"}) == []
    assert changed_keys(chosen, {"T-a.p": "other"}, {"T-a.p": "chosen"}) == ["T-a.p"]
    assert changed_keys(chosen, {}, {"T-a.p": "chosen"}) == ["T-a.p"]


def test_changed_keys_ignore_the_flows_defaults_and_secrets_to_enter():
    stored = {"T-a.p": "z", "T-a.n": 5, "T-a.s": SECRET_MASK, "gone.p": 1}
    assert changed_keys(FLOW, stored, {"T-a.p": "z"}) == []
    assert changed_keys(FLOW, stored, {"T-a.p": "z", "T-a.s": "sk-12345678"}) == []
    assert changed_keys(FLOW, stored, {"T-a.p": "w", "U-b.p": "new"}) == ["T-a.p", "U-b.p"]
    assert changed_keys(FLOW, {}, {"T-a.s": "sk-12345678"}) == ["T-a.s"]


def test_a_name_is_one_line_of_at_most_a_hundred_characters():
    assert validate_name("  Short\n answers\x00 ") == "Short answers"
    stored = [PresetFile(name, "", "", {}) for name in ("Other", "AB")]
    assert find_by_name(stored, " A\u200bB\n") is stored[1]
    assert find_by_name(stored, "A B") is None
    for wrong in ("", " \n", "\x00"):
        with pytest.raises(InvalidRequest, match="needs a name"):
            validate_name(wrong)
    with pytest.raises(InvalidRequest, match="has 101 characters"):
        validate_name("x" * 101)


def test_values_too_large_for_a_file_are_too_large_for_a_preset():
    """Every stored preset can be exported and imported."""
    check_size(FLOW, {"T-a.p": "x" * 900_000})
    with pytest.raises(InvalidRequest, match=r"have 1\.0 MB\. A preset can have up to 1 MB"):
        check_size(FLOW, {"T-a.p": "x" * 1_000_000})


SETTINGS = Presentation(
    title="For all",
    inputs=(ShownInput(key="T-a.p", label="City"),),
    outputs=("T-a",),
    examples=("x",),
    values={"T-a.p": "x"},
)


def test_a_file_has_the_presentation_without_ids_of_this_console():
    text = dump_preset(FLOW, "N", {}, SETTINGS, is_example=True)
    assert not {"examples", "values"} & json.loads(text)["presentation"].keys()
    with_values = json.loads(text)
    with_values["presentation"]["values"] = {"T-a.p": "of a stranger"}
    file = load_preset(json.dumps(with_values).encode())
    assert file.presentation == SETTINGS.model_copy(update={"examples": (), "values": None})
    assert file.is_example
    assert load_preset(dump_preset(FLOW, "N", {}).encode()).presentation is None


def test_a_presentation_follows_its_components_to_another_flow():
    other = flow(node("T-b", p=text("x")))
    file = load_preset(dump_preset(FLOW, "N", {}, SETTINGS).encode())
    moved = file.presentation_for(other)
    assert moved.inputs == (ShownInput(key="T-b.p", label="City"),)
    assert moved.outputs == ("T-b",)
    assert moved.title == "For all"


def test_an_invalid_presentation_is_refused():
    content = json.loads(dump_preset(FLOW, "N", {})) | {"presentation": {"title": 5}}
    with pytest.raises(InvalidRequest, match="“title” of the presentation"):
        load_preset(json.dumps(content).encode())
