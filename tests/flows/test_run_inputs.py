"""What a run was given, against the flow as it is now."""

from lfclient.flows.field import Variable
from lfclient.flows.run_inputs import check_rerun, describe_overrides
from lfclient.flows.validation import mask_secrets
from tests.support.flows import chat_input, edge, entry, flow, node, text

SECRET = entry("SecretStrInput", "str", "", password=True, load_from_db=True)
FILE = entry("FileInput", "file", "", list=True, fileTypes=["txt"])
DICT = entry("DictInput", "dict", {})


def given(overrides, *nodes, edges=None, mode="background", **more):
    """The inputs, of a flow of those nodes."""
    return check_rerun(overrides, flow(*nodes, edges=edges), mode=mode, **more)


def test_what_still_fits_can_be_given_again():
    """In the flow's order, under the names that a person knows."""
    found = given(
        {"T-a.name": "Ada", "ChatInput-a.input_value": "hi"},
        chat_input(),
        node("T-a", name=text(display_name="Name")),
        edges=[edge("ChatInput-a", "T-a", "other")],
    )
    assert found.reusable_overrides == {"ChatInput-a.input_value": "hi", "T-a.name": "Ada"}
    assert list(found.reusable_overrides) == ["ChatInput-a.input_value", "T-a.name"]
    assert [one.qualified_label for one in found.input_values][1] == "Name (T)"
    assert found.problems == ()


def test_a_parameter_that_is_gone_is_named_and_left_out():
    """Its component may be there or not."""
    found = given({"T-a.old": "x", "Z-b.c": "y", "T-a.name": "z"}, node("T-a", name=text()))
    assert found.reusable_overrides == {"T-a.name": "z"}
    assert len(found.problems) == 2
    assert "old (T): T has no such parameter." in found.problems
    assert "c (Z-b): This flow has no such component" in found.problems[1]


def test_a_parameter_that_is_connected_now_is_left_out():
    """Servers ignore it without a word."""
    nodes = node("T-a", name=text()), node("U-b", out=text())
    found = given({"T-a.name": "x"}, *nodes, edges=[edge("U-b", "T-a", "name")])
    assert found.reusable_overrides == {}
    assert "comes from another component" in found.problems[0]


def test_a_parameter_of_another_kind_is_left_out():
    """A text does not become a number by itself."""
    found = given({"T-a.count": "many"}, node("T-a", count=entry("IntInput", "int", 1)))
    assert found.reusable_overrides == {}
    assert found.problems[0].startswith("count (T): ")


def test_a_secret_has_to_be_entered_again():
    """What a record keeps of it is only that it was set; a variable's name is no secret."""
    nodes = node("T-a", key=SECRET, other=SECRET)
    kept = mask_secrets(flow(nodes), {"T-a.key": "sk-secret", "T-a.other": Variable("OPENAI")})
    found = given(kept, nodes, mode="sync")
    assert found.reusable_overrides == {"T-a.other": Variable("OPENAI")}
    assert [one.secret for one in found.input_values] == [True, False]
    assert "Enter it again" in found.problems[0]


def test_secrets_within_a_value_are_left_empty():
    """The rest of the value is kept."""
    nodes = node("T-a", headers=DICT)
    kept = mask_secrets(flow(nodes), {"T-a.headers": {"Authorization": "Bearer x", "Accept": "a"}})
    found = given(kept, nodes)
    assert found.reusable_overrides == {"T-a.headers": {"Authorization": "", "Accept": "a"}}
    assert "contained secrets" in found.problems[0]


def test_a_text_that_repeated_a_secret_is_given_back_with_a_word_about_it():
    """Where no secret was set, somebody typed what is in it."""
    nodes = node("T-a", api_key=text(), words=text())
    kept = mask_secrets(flow(nodes), {"T-a.api_key": "sk-12345678", "T-a.words": "say sk-12345678"})
    found = given(kept, nodes)
    assert found.reusable_overrides == {"T-a.words": "say ••••"}
    assert any("•••• stands for a secret" in trouble for trouble in found.problems)
    assert given({"T-a.words": "say ••••"}, nodes).problems == ()


def test_a_text_that_reads_like_a_mask_is_a_text():
    """In a parameter that is no secret."""
    found = given({"T-a.name": "was set"}, node("T-a", name=text()))
    assert found.reusable_overrides == {"T-a.name": "was set"}
    assert not found.input_values[0].secret


def test_what_the_mode_cannot_take_is_said():
    """A variable is looked up by a call that waits, and by no background job."""
    found = given({"T-a.key": Variable("OPENAI")}, node("T-a", key=SECRET))
    assert found.reusable_overrides == {}
    assert "choose “Wait for the result”" in found.problems[0]


def test_files_that_the_server_has_no_longer_are_named():
    """Those that it has go along; those beside a flow are in no list, and not missed."""
    beside = f"{flow().id}/2026_note.txt"
    found = given(
        {"T-a.file": ["u/a.txt", "u/b.txt", beside]}, node("T-a", file=FILE), files={"u/b.txt"}
    )
    assert found.reusable_overrides == {"T-a.file": ["u/b.txt", beside]}
    assert found.problems == ("file (T): The server no longer has “a.txt”.",)


def test_files_are_not_missed_where_the_list_is_not_known():
    """A server may not tell it."""
    found = given({"T-a.file": ["u/a.txt"]}, node("T-a", file=FILE))
    assert found.reusable_overrides == {"T-a.file": ["u/a.txt"]}
    assert found.problems == ()


def test_what_is_required_by_now_is_said():
    """The flow may ask for more than it did."""
    found = given({}, node("T-a", need=text("", required=True, display_name="Need")))
    assert found.problems == ("Need (T): This is required.",)


def test_without_its_flow_a_value_has_the_names_of_its_key():
    """As when the server is away."""
    (one,) = describe_overrides({"T-a.name": "x"}, None)
    assert (one.label, one.component_name) == ("name", "T-a")


def test_components_of_one_name_are_told_apart_by_their_ids():
    """Three agents would else each have a Model (Agent)."""
    found = given(
        {"T-a.name": "x", "T-b.name": "y", "U-c.name": "z"},
        *(node(id, name=text(display_name="Name")) for id in ("T-a", "T-b", "U-c")),
    )
    assert [one.qualified_label for one in found.input_values] == [
        "Name (T, T-a)",
        "Name (T, T-b)",
        "Name (U)",
    ]


def test_so_are_those_whose_parameter_cannot_be_set_any_more():
    """One is connected, one is hidden, one is gone."""
    nodes = [
        node("T-a", name=text(display_name="Name")),
        node("T-b", name=text(display_name="Name", show=False)),
        node("T-c", out=text()),
        node("U-d"),
    ]
    found = given(
        {"T-a.name": "x", "T-b.name": "y", "T-c.name": "z", "U-d.name": "u"},
        *nodes,
        edges=[edge("T-c", "T-a", "name")],
    )
    assert [one.qualified_label for one in found.input_values] == [
        "Name (T, T-a)",
        "Name (T, T-b)",
        "name (T, T-c)",
        "name (U)",
    ]


def test_what_a_flow_asks_for_by_now_is_told_apart_too():
    """Each of two components may have something required."""
    nodes = [node(id, name=text("", display_name="Name", required=True)) for id in ("T-a", "T-b")]
    assert [words.partition(":")[0] for words in given({}, *nodes).flow_problems] == [
        "Name (T, T-a)",
        "Name (T, T-b)",
    ]


def test_a_long_name_is_cut_before_the_id_that_tells_it_from_others():
    """Two long names that are alike would else be cut to the same."""
    named = [node(id, id.partition("-")[0] * 20, name=text()) for id in ("Long-a", "Long-b")]
    found = given({"Long-a.name": "x", "Long-b.name": "y"}, *named)
    assert [one.component_label(12) for one in found.input_values] == [
        "LongLongLon…, Long-a",
        "LongLongLon…, Long-b",
    ]
