"""Several runs are compared with a baseline, in a table of runs and outputs."""

import weakref
from dataclasses import replace

from lfclient.console.store.errors import StoreError
from lfclient.console.store.run_record import StoredParts
from lfclient.console.store.tables import RESPONSE_CHUNKS
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import NotRun
from pages._ui.compare import runs
from pages._ui.connection.app_context import app_context
from tests.ui.support.compare_pages import (
    TEXT,
    draw_overview,
    make_run,
    message,
    open_comparison,
    output,
)
from tests.ui.support.whole_pages import TWO, page_text, press

ROWS = [{"n": number, "city": "Oslo"} for number in range(40)]


def overview_table(app):
    return app.dataframe[0].value


def column(app, name="Out"):
    return list(overview_table(app)[name])


def choose(app, label, number):
    """Choose a run by its number in the select box of this label."""
    box = next(each for each in app.selectbox if each.label == label)
    option = next(each for each in box.options if each.startswith(f"Run {number} "))
    return box.select(option).run()


def test_each_output_says_how_it_differs_from_the_baseline():
    changed = [{**row, "city": "Rome"} if row["n"] in (3, 4) else row for row in ROWS]
    app = draw_overview(
        *(make_run({}, [output(OutputKind.TABLE, rows)]) for rows in (ROWS, ROWS, changed)),
        make_run({}, [message("text")]),
        make_run({}, not_run=(NotRun("Out-a", "Out", "Not taken."),)),
        make_run({}),
    )
    assert column(app) == [
        "baseline",
        "same",
        "≠ 2 of 40 rows",
        "≠ message instead of table",
        "Not run",
        "missing",
    ]


def test_twelve_runs_are_compared_and_equal_ones_are_told():
    texts = ["a b"] * 5 + ["a c"] * 6 + ["x y"]
    app = draw_overview(*(make_run({}, [message(text)]) for text in texts))
    assert column(app)[:5] == ["baseline", *["same"] * 4]
    assert column(app)[5:7] == ["≠ 1 word", "≠ 1 word, same as Run 6"]
    assert column(app)[-1] == "≠ 2 words"


def test_the_first_run_that_differs_is_shown_in_detail_or_a_chosen_one(create_run):
    app = open_comparison(
        *(create_run({}, [message(f"{text} x")]) for text in ("a", "a", "b", "c"))
    )
    assert "Run 1 → Run 3" in page_text(app)
    choose(app, "Differences from Run 1", 4)
    assert "Run 1 → Run 4" in page_text(app)
    assert "Run 1 → Run 3" not in page_text(app)


def test_the_shown_run_can_become_the_baseline(create_run):
    app = open_comparison(*(create_run({}, [message(f"{text} x")]) for text in "abc"))
    choose(app, "Differences from Run 1", 3)
    app = press(app, "Swap")
    assert column(app)[2] == "baseline"
    assert "Run 3 → Run 1" in page_text(app)


def test_another_baseline_is_kept_in_the_address(create_run):
    records = [create_run({}, [message(f"{text} x")]) for text in "abb"]
    app = open_comparison(*records)
    choose(app, "Baseline", 3)
    assert app.query_params["baseline"] == records[2].id
    assert column(app) == ["≠ 1 word", "same", "baseline"]
    assert "Run 3 → Run 1" in page_text(app)


def test_an_unknown_baseline_in_the_address_is_the_oldest_run(create_run):
    records = [create_run({}, [message(text)]) for text in "abc"]
    app = open_comparison(*records, baseline="<script>")
    assert column(app)[0] == "baseline"


def test_an_output_that_the_baseline_lacks_is_shown():
    other = Output("New-a", OutputKind.MESSAGE, "x", display_name="New")
    app = draw_overview(
        make_run({}, [message("a")]),
        make_run({}, [message("a"), other]),
        make_run({}, [message("a")]),
    )
    assert column(app, "New") == ["–", "not in the baseline", "–"]


def test_outputs_that_another_flow_lacks_are_not_called_missing(create_run):
    names = ("New", "More")  # one alone would be compared with the only other one
    others = [Output(f"{name}-a", OutputKind.TABLE, ROWS, display_name=name) for name in names]
    app = open_comparison(
        create_run({}, [message("a")]),
        create_run({}, [message("b")]),
        create_run({}, others, flow_id=TWO, flow_name="Second"),
    )
    assert column(app) == ["baseline", "≠ 1 word", "–"]
    assert column(app, "New") == ["–", "–", "not in the baseline"]
    assert "missing" not in page_text(app)
    choose(app, "Differences from Run 1", 3)
    assert ":gray-badge[:material/remove: Only in Run 1]" in page_text(app)
    assert ":gray-badge[:material/remove: Only in Run 3]" in page_text(app)


def test_rows_and_cards_name_the_flow_and_the_start_of_a_run(create_run):
    records = [create_run({}, [message("a")], flow_name="First") for _ in range(2)]
    other = create_run({}, [message("a")], flow_id=TWO, flow_name="Second")
    app = open_comparison(*records, other)
    assert [name.split(" · ")[:2] for name in column(app, "Run")] == [
        ["Run 1", "First"],
        ["Run 2", "First"],
        ["Run 3", "Second"],
    ]
    assert all(name.endswith("12:00:00") for name in column(app, "Run"))
    assert "**Run 1 · First · " in page_text(app)
    same_flow = open_comparison(*records, create_run({}, [message("a")], flow_name="First"))
    assert "First" not in " ".join(column(same_flow, "Run"))


def test_inputs_are_counted():
    app = draw_overview(
        *(make_run({TEXT: text, "T.n": 1}) for text in ("a", "b", "a")),
        make_run(inputs_stored=False),
    )
    assert column(app, "Inputs") == ["baseline", "≠ 1 value", "same", "unknown"]


def test_a_run_whose_outputs_were_not_kept_says_so():
    gone = message(None, note="Not stored: this console stores no outputs.")
    app = draw_overview(
        make_run({}, [message("a")]),
        make_run({}, [gone], stored_parts=StoredParts.NOT_WANTED),
        make_run({}, [message("a")]),
    )
    assert column(app)[1] == "not compared: Not stored: this console stores no outputs."


def test_a_run_that_is_too_large_is_not_read_and_says_its_size(create_run, monkeypatch):
    large = create_run({}, [message("a" * 3_000_000)])
    records = [create_run({}, [message("a")]) for _ in range(2)]
    monkeypatch.setattr(runs, "MAX_RESPONSE_BYTES", 2_000_000)
    app = open_comparison(*records, large)
    assert column(app)[:2] == ["baseline", "same"]
    assert column(app)[2].startswith("not compared: its response is too large (3.0 MB, at most")
    assert "Can't compare Run 3: its response is too large" in page_text(app)


def test_a_damaged_record_does_not_hide_the_others(create_run):
    records = [create_run({}, [message("a")]) for _ in range(3)]
    database = app_context().runner.store.database
    with database.write() as connection:
        chunks = RESPONSE_CHUNKS.c
        connection.execute(
            RESPONSE_CHUNKS.update().where(chunks.run_id == records[1].id).values(body=b"x")
        )
    app = open_comparison(*records)
    assert column(app)[0] == "baseline"
    assert column(app)[1] == "not compared: its stored response is damaged"
    assert column(app)[2] == "same"


def test_more_outputs_than_fit_are_counted():
    outputs = [
        [
            replace(message(f"{text} {n}" if n > 2 else "a"), component_id=f"Out-{n}")
            for n in range(20)
        ]
        for text in ("a", "b", "a")
    ]
    app = draw_overview(*(make_run({}, each) for each in outputs))
    assert "8 more outputs not listed: 5 of them differ." in page_text(app)
    assert column(app, "Out, Out-3")[1] == "≠ 1 word"


def test_hostile_names_are_drawn_as_text(create_run):
    """Unpaired surrogates, reversed text and markup."""
    name = "\ud800\u202e:red[x]<script>"
    rows = [[{name: number, "ok": 1}] for number in range(3)]
    outputs = [replace(output(OutputKind.TABLE, each), display_name=name) for each in rows]
    app = open_comparison(*(create_run({}, [each]) for each in outputs))
    (title,) = [name for name in overview_table(app).columns if "script" in name]
    assert "\u202e" not in title
    assert ":red[x]<script>" not in " ".join(each.value for each in app.markdown)
    names = next(each for each in app.multiselect if each.label.startswith("Ignored"))
    assert names.options == ["ok"]


def test_runs_that_could_not_be_read_are_read_again(create_run, monkeypatch):
    """A database that is busy or does not answer is so for a while."""
    records = [create_run({}, [message(text)]) for text in "aab"]

    def fail(header):
        raise StoreError("The database is busy.")

    monkeypatch.setattr(runs.RunHeader, "load", fail)
    app = open_comparison(*records)
    assert "The database is busy." in page_text(app)
    monkeypatch.undo()
    assert column(app.run()) == ["baseline", "same", "≠ 1 word"]
    assert "The database is busy." not in page_text(app)


def test_a_baseline_that_cannot_be_compared_is_looked_up_once(create_run, monkeypatch):
    records = [create_run({}, [message(text)]) for text in "aab"]
    load, loaded = runs.RunHeader.load, []

    def find(header):
        loaded.append(header.record.id)
        return None if header.record.id == records[0].id else load(header)

    monkeypatch.setattr(runs.RunHeader, "load", find)
    app = open_comparison(*records)
    assert column(app)[0] == "not compared: it was deleted"
    assert loaded == [record.id for record in records]


def test_two_responses_at_a_time_are_in_memory(create_run, monkeypatch):
    records = [create_run({}, [message(str(number))]) for number in range(5)]
    load, loaded, most = runs.RunHeader.load, [], []

    def load_and_count(header):
        record = load(header)
        loaded.append(weakref.ref(record.run))
        most.append(sum(reference() is not None for reference in loaded))
        return record

    monkeypatch.setattr(runs.RunHeader, "load", load_and_count)
    open_comparison(*records)
    assert len(loaded) == 5
    assert max(most) == 2
