"""The page that compares runs."""

import colorsys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfclient.console.store.run_record import StoredParts
from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, NotRun
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare import picker
from pages._ui.state import compare_page
from pages._ui.widgets.markdown import escape, escape_lines
from tests.support.flows import node, text
from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, TWO, going_run, kept_run, opened, said

ROOT = Path(__file__).parents[3]
TEXT = "ChatInput-a.input_value"
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def kept(langflow_stand_in):
    """Makes runs that have ended, of the flow of the stand-in."""
    made = []

    def make(overrides=None, outputs=(), *, seconds=None, not_run=(), **more):
        number = len(made) + 1
        found = {output.component_id: output for output in outputs}
        components = {
            "ChatInput-a": ComponentRun("ChatInput-a", ComponentState.DONE, "Chat Input", seconds)
        }
        run = Run(
            more.get("flow_id", ONE),
            "sync",
            RunStatus.COMPLETED,
            outputs=found,
            not_run=not_run,
            components=components if seconds else {},
        )
        record = kept_run(
            langflow_stand_in.url,
            **{
                "id": f"{number:032x}",
                "submit_token": f"c{number}",
                "overrides": overrides or {},
                "created_at": NOW,
                "ended_at": NOW + timedelta(seconds=number),
                "run": run,
                **more,
            },
        )
        made.append(record)
        return record

    return make


def message(text, **more):
    return Output("Out-a", OutputKind.MESSAGE, text, display_name="Out", **more)


def output(kind, value):
    return Output("Out-a", kind, value, display_name="Out")


def compared(*records, **more):
    ids = ",".join(record if isinstance(record, str) else record.id for record in records)
    return opened("pages/compare.py", runs=ids, **more)


def in_memory(**more):
    """A run that the runner has, and no disk."""
    return going_run("http://x", **{"id": "e" * 32, "submit_token": "memory", **more})


def tables(app):
    return [each.value for each in app.table]


# which runs


def test_without_runs_there_is_a_choice_of_the_recent_ones(kept):
    """And it leads to their comparison."""
    records = [kept({TEXT: "a"}), kept({TEXT: "b"})]
    app = opened("pages/compare.py")
    assert "Choose two to four runs" in said(app)
    assert next(each for each in app.button if each.label == "Compare").disabled
    app.multiselect[0].set_value([each.id for each in records]).run()
    next(each for each in app.button if each.label == "Compare").click().run()
    assert "##### Inputs" in said(app)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("1", "names only one run"),
        ("1,1", "names only one run"),
        ("1,2,3,4,5", "names 5 runs, but at most 4"),
        ("1,<script>", "find “<script>”"),
        ("1," + "f" * 32, "find “" + "f" * 32 + "”"),
        ("1,other", "with a different server or API key"),
    ],
)
def test_what_cannot_be_compared_is_said_with_a_choice(kept, names, words):
    """Another's run looks as one that is not there."""
    records = [kept() for _ in range(5)]
    other = kept(owner="somebody else")
    ids = {"other": other.id, **{str(n): each.id for n, each in enumerate(records, 1)}}
    app = compared(*(ids.get(name, name) for name in names.split(",")))
    assert words in said(app)
    assert "##### Outputs" not in said(app)
    chosen = app.multiselect[0].value
    assert records[0].id in chosen
    assert other.id not in app.multiselect[0].options


def test_a_console_without_runs_leads_to_a_flow(langflow_stand_in):
    """There is nothing to choose from."""
    assert "No runs yet" in said(opened("pages/compare.py"))


# inputs and facts


def test_inputs_that_differ_come_first_and_the_same_on_request(kept):
    """One row a parameter, one column a run."""
    one = kept({TEXT: "Oslo", "T.n": 1})
    app = compared(one, kept({TEXT: "Oslo", "T.n": 2}), kept({TEXT: "Oslo"}))
    inputs = tables(app)[0]
    assert list(inputs.columns) == ["Run 1", "Run 2", "Run 3"]
    assert [list(row) for row in inputs.to_numpy()] == [["1", "2", "*flow default*"]]
    next(each for each in app.toggle if each.label == "Show identical inputs (1)").set_value(True)
    app.run()
    assert list(tables(app)[1].iloc[0]) == ["Oslo", "Oslo", "Oslo"]


def test_of_secrets_it_is_said_that_nobody_can_tell(kept):
    """They are not kept."""
    app = compared(kept({"T.api_key": SECRET_MASK}), kept({"T.api_key": SECRET_MASK}))
    assert "Inputs are identical" in said(app)
    assert "Can't compare 1 secret" in said(app)


def test_inputs_that_are_not_known_are_no_difference(kept):
    """As those of a run that was not started here."""
    app = compared(kept({TEXT: "a"}), kept({TEXT: "b"}), kept(inputs_stored=False))
    assert list(tables(app)[0].iloc[0]) == ["a", "b", "*unknown*"]
    assert "Run 3: What this run was given was not kept" in said(app)


def test_long_inputs_are_compared_word_by_word(kept):
    """Once somebody asks."""
    text = "You are a guide.\nAnswer {}, and name your sources."
    one, other = kept({TEXT: text.format("briefly")}), kept({TEXT: text.format("at length")})
    app = opened("pages/compare.py", runs=f"{one.id},{other.id}")
    panel = next(each for each in app.expander if each.label.startswith("Differences in"))
    app.session_state[compare_page.compare_key("input-0-Message \\(Chat Input\\)")] = True
    app.run()
    assert panel.label == "Differences in Message \\(Chat Input\\)"
    assert ":red-background[− briefly]" in said(app)
    assert ":green-background[+ at length]" in said(app)


def test_how_they_went_is_a_table(kept):
    """Flow and server only where they differ."""
    facts = tables(compared(kept({TEXT: "a"}), kept({TEXT: "b"}, status=RunStatus.FAILED)))[1]
    assert list(facts.index) == [
        f"**{n}**" for n in ("Status", "Duration", "Mode", "Started", "Session")
    ]
    assert list(facts.loc["**Duration**"]) == ["1.0 s", "2.0 s"]
    assert list(facts.loc["**Status**"]) == ["completed", "failed"]


def test_runs_of_different_flows_are_compared_as_far_as_it_makes_sense(kept, langflow_stand_in):
    """And it is said how."""
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Other"))
    there = Output("Else-z", OutputKind.MESSAGE, "x", display_name="Else")
    app = compared(
        kept({TEXT: "a"}, [message("x")]),
        kept({TEXT: "b"}, [there], flow_id=TWO, flow_name="Other"),
    )
    assert any("These runs are of different flows" in each.value for each in app.info)
    assert "**Flow**" in tables(app)[1].index
    assert "Outputs are identical" in said(app)


def test_what_another_flow_does_not_have_is_not_said_to_stand_as_in_it(kept, langflow_stand_in):
    """The other flow has no such parameter at all."""
    langflow_stand_in.add(flow(ONE, "Echo"), flow(TWO, "Other", []))
    app = compared(kept({TEXT: "a"}), kept({}, flow_id=TWO, flow_name="Other"))
    assert list(tables(app)[0].iloc[0]) == ["a", "*not in this flow*"]


def test_parameters_of_components_of_one_name_are_told_apart(kept, langflow_stand_in):
    """Langflow's own ids are long, and tell it at their ends."""
    names = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(name, "Language Model", heat=text("x")) for name in names]
    langflow_stand_in.add(flow(ONE, "Echo", nodes))
    app = compared(kept({f"{name}.heat": name for name in names}), kept())
    rows = list(tables(app)[0].index)
    assert [name for name in names if any(escape(name) in row for row in rows)] == names
    assert len(set(rows)) == 2


def test_the_older_run_stands_first(kept):
    """Whatever the order of the address."""
    young = kept({TEXT: "young"}, created_at=NOW + timedelta(hours=1))
    app = compared(young, kept({TEXT: "old"}))
    assert list(tables(app)[0].iloc[0]) == ["old", "young"]


# outputs


def test_equal_outputs_are_said_to_be_equal(kept):
    """And are not drawn until somebody asks."""
    app = compared(kept({}, [message("the same text")]), kept({}, [message("the same text")]))
    assert "Outputs are identical" in said(app)
    assert "the same text" not in said(app)
    next(each for each in app.toggle if each.label == "Show").set_value(True).run()
    assert "the same text" in said(app)


def test_texts_are_compared_by_words_and_by_lines(kept):
    """Signs tell the differences, colours only help; no mark-up of the text's own is drawn."""
    app = compared(
        kept({}, [message("Lisbon is the *capital* of Portugal")]),
        kept({}, [message("Lisbon is the :red[largest] of Portugal")]),
    )
    shown = " ".join(each.value for each in app.markdown)
    assert r":red-background[− \*capital\*]" in shown
    assert ":red[largest]" not in shown
    by = next(each for each in app.segmented_control if each.label == "Differences by")
    by.set_value("Lines").run()
    (lines,) = [each.value for each in app.code]
    assert lines.splitlines()[0] == "- Lisbon is the *capital* of Portugal"
    assert lines.splitlines()[1].startswith("+ ")


def test_it_is_said_why_a_formatted_text_shows_its_signs(kept):
    """And where it is shown without them."""
    words = "“Side by side” shows it formatted"
    app = compared(kept({}, [message("**a**")]), kept({}, [message("**b**")]))
    assert words in said(app)
    app = compared(kept({}, [message("2 * 3 = 6")]), kept({}, [message("2 * 3 is 6")]))
    assert words not in said(app)


def test_tables_are_compared_by_the_column_that_fits_best(kept):
    """Another can be chosen."""
    rows = [{"id": number, "city": f"City {number // 2}"} for number in range(20)]
    other = [dict(row) for row in rows if row["id"] != 3]
    other[7]["city"] = "Town"
    app = compared(
        kept({}, [output(OutputKind.TABLE, rows)]), kept({}, [output(OutputKind.TABLE, other)])
    )
    assert "≠ 1 cell in 1 row changed · − 1 row removed" in said(app)
    by = next(each for each in app.selectbox if each.label == "Rows are matched by")
    assert by.value == "id"
    by.set_value("").run()
    assert "− 1 row removed" in said(app)
    assert "16 rows changed" in said(app)


def test_data_is_compared_by_path(kept):
    """Only what differs is listed."""
    app = compared(
        kept({}, [output(OutputKind.DATA, {"a": {"b": 1}, "c": 2})]),
        kept({}, [output(OutputKind.DATA, {"a": {"b": 5}, "c": 2})]),
    )
    listed = app.dataframe[0].value
    assert listed.to_dict("records") == [
        {"±": "≠ changed", "Path": "a.b", "Run 1": "1", "Run 2": "5"}
    ]


def test_outputs_of_several_kinds_stand_side_by_side(kept):
    """Nothing else makes sense of them."""
    app = compared(kept({}, [message("text")]), kept({}, [output(OutputKind.TABLE, [{"a": 1}])]))
    assert "Run 1: message, Run 2: table" in said(app)


def test_an_output_that_a_run_does_not_have_is_said_to_be_missing(kept):
    """With the reason, where the run tells it."""
    skipped = NotRun("Out-a", "Out", "It is on a branch that was not taken.")
    app = compared(kept({}, [message("x")]), kept({}, not_run=(skipped,)))
    assert ":orange-badge[:material/remove: missing]" in said(app)
    assert "Did not run: It is on a branch that was not taken." in said(app)


def test_of_three_runs_each_is_compared_with_the_one_that_is_chosen(kept):
    """The first, until another is."""
    app = compared(*(kept({}, [message(text)]) for text in ("one x", "two x", "two x")))
    assert "Run 1 → Run 2" in said(app)
    assert "Run 1 → Run 3" in said(app)
    base = next(each for each in app.segmented_control if each.label == "Compare with")
    base.set_value("Run 3").run()
    assert "Run 3 → Run 1" in said(app)
    assert "The same text." in said(app)
    view = next(each for each in app.segmented_control if each.label == "View")
    view.set_value("Side by side").run()
    assert "same as Run 2" in said(app)


def test_what_the_server_cut_is_said(kept):
    """The comparison is of what came."""
    app = compared(kept({}, [message("a b", truncated=True)]), kept({}, [message("a c")]))
    assert "The server truncated the output of Run 1" in said(app)


def test_outputs_that_were_not_kept_are_said_to_be_so(kept):
    """And why."""
    gone = kept({}, stored_parts=StoredParts.NOT_WANTED)
    assert "has no outputs: this console keeps no outputs" in said(
        compared(kept({}, [message("x")]), gone)
    )


def test_what_is_nested_too_deeply_is_said(kept):
    """No comparison of it is worth a fault."""
    deep = other = 1
    for _ in range(100_000):
        deep, other = [deep], [other]
    runs = [output(OutputKind.DATA, deep), output(OutputKind.DATA, [other])]
    with pytest.raises(RecursionError):
        _ = runs[0].value == runs[1].value
    first, second = (
        in_memory(id=id, run=Run(ONE, "sync", RunStatus.IN_PROGRESS, outputs={"Out-a": one}))
        for id, one in zip(("a" * 32, "b" * 32), runs, strict=True)
    )
    assert "nested too deeply" in said(compared(first, second))


# timings, and runs that go on


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_run_has_the_colour_of_a_failure(scheme):
    """Neither red nor orange, whose hues end at 60 degrees."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for colour in config["theme"][scheme]["chartCategoricalColors"][: picker.MAX_RUNS]:
        red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        assert 60 < 360 * colorsys.rgb_to_hsv(red, green, blue)[0] < 345


def test_a_run_that_goes_on_is_followed(kept):
    """The page says so."""
    app = compared(kept({TEXT: "x"}, [message("x")]), in_memory(overrides={TEXT: "x"}))
    assert "Run 2 is still running" in said(app)
    assert "No such output" not in said(app)
    assert "No output yet" in said(app)


def test_a_run_without_times_is_named(kept):
    """The bars are those of the others."""
    app = compared(kept({}, seconds=1.5), kept({}))
    assert "No component timings for Run 2" in said(app)


# the way there


def test_a_run_leads_to_its_comparison_with_others_of_its_flow(kept):
    """By links that a keyboard reaches."""
    shown, other = kept({TEXT: "a"}), kept({TEXT: "b"})
    kept({TEXT: "c"}, flow_id=TWO)
    app = opened(run=shown.id)
    app.session_state[compare_page.compare_key(f"with-{shown.id}")] = True
    app.run()
    links = [each.proto.query_string for each in app.get("page_link")]
    assert f"runs={shown.id}%2C{other.id}" in links
    assert sum("%2C" in link for link in links) == 1


def test_a_text_keeps_its_lines_and_spaces_and_none_of_its_mark_up():
    """As differences need it."""
    assert escape_lines("a  b\n\n*c* :red[d]") == "a \u00a0b  \n\u2060  \n\\*c\\* \\:red\\[d\\]"
