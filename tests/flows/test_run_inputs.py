"""A recorded run's inputs against its flow as it is now."""

from lfclient.flows.field import Variable
from lfclient.flows.run_inputs import (
    MAX_DEFAULTS_LENGTH,
    MAX_TOP_FIELDS,
    check_rerun,
    describe_inputs,
    exposed_fields,
    input_defaults,
)
from lfclient.flows.validation import mask_secrets
from tests.support.flows import chat_input, edge, entry, flow, group, node, prompt, text

SECRET = entry("SecretStrInput", "str", "", password=True, load_from_db=True)
FILE = entry("FileInput", "file", "", list=True, fileTypes=["txt"])
DICT = entry("DictInput", "dict", {})


def check(overrides, *nodes, edges=None, mode="background", **more):
    """Return the inputs of a rerun, checked against a flow of these nodes."""
    return check_rerun(overrides, flow(*nodes, edges=edges), mode=mode, **more)


def test_inputs_that_still_fit_are_reusable_in_the_flows_order():
    found = check(
        {"T-a.name": "Ada", "ChatInput-a.input_value": "hi"},
        chat_input(),
        node("T-a", name=text(display_name="Name")),
        edges=[edge("ChatInput-a", "T-a", "other")],
    )
    assert found.reusable_overrides == {"ChatInput-a.input_value": "hi", "T-a.name": "Ada"}
    assert list(found.reusable_overrides) == ["ChatInput-a.input_value", "T-a.name"]
    assert [each.qualified_label for each in found.input_values][1] == "Name (T)"
    assert found.problems == ()


def test_a_removed_parameter_is_a_problem_and_left_out():
    found = check({"T-a.old": "x", "Z-b.c": "y", "T-a.name": "z"}, node("T-a", name=text()))
    assert found.reusable_overrides == {"T-a.name": "z"}
    assert len(found.problems) == 2
    assert "old (T): T has no such parameter." in found.problems
    assert "C (Z-b): This flow has no component “Z-b”" in found.problems[1]


def test_a_parameter_that_is_connected_now_is_left_out():
    """Servers silently ignore it."""
    nodes = node("T-a", name=text()), node("U-b", out=text())
    found = check({"T-a.name": "x"}, *nodes, edges=[edge("U-b", "T-a", "name")])
    assert found.reusable_overrides == {}
    assert "comes from another component" in found.problems[0]


def test_a_value_of_another_kind_is_left_out():
    found = check({"T-a.count": "many"}, node("T-a", count=entry("IntInput", "int", 1)))
    assert found.reusable_overrides == {}
    assert found.problems[0].startswith("count (T): ")


def test_a_secret_has_to_be_entered_again():
    """A record only says that it was set. A variable's name is not a secret."""
    nodes = node("T-a", key=SECRET, other=SECRET)
    masked = mask_secrets(flow(nodes), {"T-a.key": "sk-secret", "T-a.other": Variable("OPENAI")})
    found = check(masked, nodes, mode="sync")
    assert found.reusable_overrides == {"T-a.other": Variable("OPENAI")}
    assert [each.secret for each in found.input_values] == [True, False]
    assert "secrets are not saved" in found.problems[0]


def test_secrets_within_a_value_are_left_empty():
    nodes = node("T-a", headers=DICT)
    masked = mask_secrets(
        flow(nodes), {"T-a.headers": {"Authorization": "Bearer x", "Accept": "a"}}
    )
    found = check(masked, nodes)
    assert found.reusable_overrides == {"T-a.headers": {"Authorization": "", "Accept": "a"}}
    assert "contained secrets" in found.problems[0]


def test_a_text_with_a_redacted_secret_is_reusable_with_a_problem():
    nodes = node("T-a", api_key=text(), words=text())
    masked = mask_secrets(
        flow(nodes), {"T-a.api_key": "sk-12345678", "T-a.words": "say sk-12345678"}
    )
    found = check(masked, nodes)
    assert found.reusable_overrides == {"T-a.words": "say ••••"}
    assert any("•••• stands for a secret" in problem for problem in found.problems)
    assert check({"T-a.words": "say ••••"}, nodes).problems == (
        "words (T): •••• stands for a secret's text, which isn't saved.",
    )


def test_a_plain_text_that_equals_the_mask_is_not_a_secret():
    found = check({"T-a.name": "was set"}, node("T-a", name=text()))
    assert found.reusable_overrides == {"T-a.name": "was set"}
    assert not found.input_values[0].secret


def test_a_variable_is_a_problem_in_background_runs():
    found = check({"T-a.key": Variable("OPENAI")}, node("T-a", key=SECRET))
    assert found.reusable_overrides == {}
    assert "Use synchronous mode" in found.problems[0]


def test_a_message_that_a_run_would_ignore_is_reusable_with_a_problem_of_the_flow():
    overrides = {"ChatInput-a.input_value": "my words"}
    found = check(overrides, chat_input(), node("Webhook-w"), mode="sync")
    assert found.reusable_overrides == overrides
    (problem,) = found.problems
    assert problem.startswith("Message (ChatInput): This run starts at the webhook")


def test_files_that_the_server_no_longer_has_are_named():
    """The others are reused. A flow's own files are in no list, so they pass."""
    own_file = f"{flow().id}/2026_note.txt"
    found = check(
        {"T-a.file": ["u/a.txt", "u/b.txt", own_file]}, node("T-a", file=FILE), files={"u/b.txt"}
    )
    assert found.reusable_overrides == {"T-a.file": ["u/b.txt", own_file]}
    assert found.problems == ("file (T): The server no longer has “a.txt”.",)


def test_no_file_is_missing_if_the_list_of_files_is_unknown():
    found = check({"T-a.file": ["u/a.txt"]}, node("T-a", file=FILE))
    assert found.reusable_overrides == {"T-a.file": ["u/a.txt"]}
    assert found.problems == ()


def test_a_parameter_that_has_become_required_is_a_problem():
    found = check({}, node("T-a", need=text("", required=True, display_name="Need")))
    assert found.problems == ("Need (T): This is required.",)


def test_without_its_flow_a_value_is_labeled_by_its_key():
    """The server may be unreachable."""
    (one,) = describe_inputs({"T-a.input_value": "x"}, None, None)
    assert (one.label, one.component_name) == ("Input value", "T-a")


def test_parameters_that_cannot_be_set_any_more_are_labeled_with_numbers_too():
    """One is connected, one hidden, one removed."""
    nodes = [
        node("T-a", name=text(display_name="Name")),
        node("T-b", name=text(display_name="Name", show=False)),
        node("T-c", out=text()),
        node("U-d"),
    ]
    found = check(
        {"T-a.name": "x", "T-b.name": "y", "T-c.name": "z", "U-d.name": "u"},
        *nodes,
        edges=[edge("T-c", "T-a", "name")],
    )
    assert [each.qualified_label for each in found.input_values] == [
        "Name (T 1)",
        "Name (T 2)",
        "name (T 3)",
        "name (U)",
    ]


def test_problems_of_the_flow_are_labeled_with_numbers_too():
    nodes = [node(id, name=text("", display_name="Name", required=True)) for id in ("T-a", "T-b")]
    assert [problem.partition(":")[0] for problem in check({}, *nodes).flow_problems] == [
        "Name (T 1)",
        "Name (T 2)",
    ]


def test_a_long_name_is_clipped_but_not_its_number():
    """Otherwise two similar long names would be clipped to the same text."""
    named = [node(id, id.partition("-")[0] * 20, name=text()) for id in ("Long-a", "Long-b")]
    found = check({"Long-a.name": "x", "Long-b.name": "y"}, *named)
    assert [each.component_label(12) for each in found.input_values] == [
        "LongLongLon… 1",
        "LongLongLon… 2",
    ]


def exposed(*nodes, edges=None):
    return [field.key for field in exposed_fields(flow(*nodes, edges=edges))]


def test_a_flow_without_a_chat_input_exposes_its_texts_and_its_prompts_variables():
    """Unless its author has marked others. What a component feeds is not exposed."""
    words = node("TextInput-t", input_value=text("Oslo"), other=text())
    asks = prompt("{topic}, {place}, {tone}", "place", "tone", "topic")
    fed = [edge("TextInput-t", "Prompt-a", "tone")]
    inputs = ["TextInput-t.input_value", "Prompt-a.topic", "Prompt-a.place"]
    assert exposed(words, asks, edges=fed) == inputs
    assert exposed(words, asks, chat_input(), edges=fed) == []
    marked = node("T-a", name=text(api_editable=True))
    assert exposed(words, asks, marked, edges=fed) == ["T-a.name"]


def test_texts_and_variables_that_a_group_exposes_are_exposed():
    inner = [node("TextInput-t", input_value=text("Oslo")), prompt("On {topic}", "topic")]
    proxies = {
        "words": ("TextInput-t", "input_value"),
        "asked": ("Prompt-a", "template"),
        "about": ("Prompt-a", "topic"),
    }
    assert exposed(group("Group-g", inner, **proxies)) == ["Group-g.words", "Group-g.about"]


def test_the_defaults_to_record_are_those_that_the_author_marked():
    marked = {"api_editable": True}
    brought = flow(
        chat_input(value="hi"),
        node(
            "T-a",
            place=text("London", **marked),
            other=text("Ada", **marked),
            unmarked=text("x"),
            empty=text("", **marked),
            long=text("x" * MAX_DEFAULTS_LENGTH, **marked),
            api_key=text("sk-secret", **marked),
        ),
        node("Unconnected-b", place=text("Rome", **marked)),
        edges=[edge("T-a", "ChatInput-a", "other")],
    )
    assert input_defaults(brought, {"T-a.other": "Bo"}) == {"T-a.place": "London"}


def test_as_many_defaults_are_recorded_as_a_form_shows_beside_what_is_sent():
    names = [f"n{number}" for number in range(MAX_TOP_FIELDS + 2)]
    marked = flow(node("T-a", **{name: text("x", api_editable=True) for name in names}))
    sent = {f"T-a.{name}": "y" for name in names[:-1]}
    assert input_defaults(marked, sent) == {f"T-a.{names[-1]}": "x"}
    assert len(input_defaults(marked, {})) == MAX_TOP_FIELDS
