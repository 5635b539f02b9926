"""The compared runs' outputs."""

import pytest

from lfclient.console.store.run_record import StoredParts
from lfclient.outputs.model import OutputKind
from lfclient.runs.components import NotRun
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.support.pictures import as_uri, picture
from tests.ui.support.compare_pages import (
    TEXT,
    message,
    open_comparison,
    output,
    run_in_progress,
    tables,
)
from tests.ui.support.whole_pages import ONE, TWO, page_text, press

IMAGES = [picture(color, "") for color in ("crimson", "royalblue")]


def test_identical_outputs_are_drawn_only_on_request(create_run):
    app = open_comparison(
        create_run({}, [message("the same text")]), create_run({}, [message("the same text")])
    )
    assert "Outputs are identical" in page_text(app)
    assert "the same text" not in page_text(app)
    next(each for each in app.toggle if each.label == "Show output").set_value(True).run()
    assert "the same text" in page_text(app)


def test_an_answer_and_an_error_stand_side_by_side_without_marks(create_run):
    app = open_comparison(
        create_run({}, [message("It is done")]),
        create_run({}, [output(OutputKind.ERROR, "It is broken")]),
    )
    assert "error instead of message" in page_text(app)
    assert [each.value for each in app.error] == ["It is broken"]
    assert not [each for each in app.get("button_group") if "Differences" in each.options]


def test_differences_of_markdown_explain_that_the_source_is_compared(create_run):
    words = "“Side by side” shows it formatted"
    app = open_comparison(create_run({}, [message("**a**")]), create_run({}, [message("**b**")]))
    assert words in page_text(app)
    app = open_comparison(
        create_run({}, [message("2 * 3 = 6")]), create_run({}, [message("2 * 3 is 6")])
    )
    assert words not in page_text(app)


@pytest.mark.parametrize(
    ("outputs", "views"),
    [
        ([output(OutputKind.IMAGE, each) for each in IMAGES], None),
        (
            [message(f"{word} ![one]({as_uri(IMAGES[0])})") for word in ("this", "last")],
            ["Side by side", "Differences"],
        ),
        (
            [output(OutputKind.TABLE, [{"photo": as_uri(each), "n": 1}]) for each in IMAGES],
            ["Differences", "Side by side"],
        ),
    ],
    ids=["images", "messages with images", "tables with images"],
)
def test_images_and_messages_with_images_are_side_by_side_at_first(create_run, outputs, views):
    app = open_comparison(*[create_run({}, [each]) for each in outputs])
    shown = next((each for each in app.segmented_control if each.label == "View"), None)
    assert (shown and shown.options) == views
    assert (shown and shown.value) == (views and views[0])
    assert len(app.get("image")) == (0 if views else 2)


def side_by_side(create_run, *texts):
    """Return what is drawn of these messages side by side."""
    app = open_comparison(*[create_run({}, [message(text)]) for text in texts])
    view = next(each for each in app.segmented_control if each.label == "View")
    view.set_value("Side by side").run()
    return [each.value for each in app.markdown]


def test_the_words_that_differ_are_marked_side_by_side(create_run):
    drawn = side_by_side(create_run, "It comes\nin March 2026", "It comes\nin April 2026")
    one, other = drawn[drawn.index("**Run 1**") + 1], drawn[drawn.index("**Run 2**") + 1]
    assert one == "It comes  \nin :red-background[− March] \u00a02026"
    assert other == "It comes  \nin :green-background[+ April] \u00a02026"


def test_formatted_messages_keep_their_format_side_by_side(create_run):
    texts = ("**a** b", "**a** c")
    assert set(texts) <= set(side_by_side(create_run, *texts))


def test_table_rows_are_matched_by_the_best_column_or_a_chosen_one(create_run):
    rows = [{"id": number, "city": f"City {number // 2}"} for number in range(20)]
    other = [dict(row) for row in rows if row["id"] != 3]
    other[7]["city"] = "Town"
    app = open_comparison(
        create_run({}, [output(OutputKind.TABLE, rows)]),
        create_run({}, [output(OutputKind.TABLE, other)]),
    )
    assert "≠ 1 cell in 1 row changed · − 1 row removed" in page_text(app)
    by = next(each for each in app.selectbox if each.label == "Match rows by")
    assert by.value == "id"
    by.set_value("").run()
    assert "− 1 row removed" in page_text(app)
    assert "16 rows changed" in page_text(app)


def test_outputs_of_different_kinds_are_drawn_side_by_side_with_a_note(create_run):
    app = open_comparison(
        create_run({}, [message("text")]), create_run({}, [output(OutputKind.TABLE, [{"a": 1}])])
    )
    assert "Run 1: message, Run 2: table" in page_text(app)


def test_a_missing_output_is_marked_with_its_reason(create_run):
    skipped = NotRun("Out-a", "Out", "It is on a branch that was not taken.")
    app = open_comparison(create_run({}, [message("x")]), create_run({}, not_run=(skipped,)))
    assert ":orange-badge[:material/remove: Only in Run 1]" in page_text(app)
    assert "Skipped: It is on a branch that was not taken." in page_text(app)


def test_an_output_truncated_by_the_server_has_a_note(create_run):
    app = open_comparison(
        create_run({}, [message("a b", truncated=True)]), create_run({}, [message("a c")])
    )
    assert "The server truncated the output of Run 1" in page_text(app)


def test_outputs_that_were_not_stored_are_explained(create_run):
    gone = create_run({}, stored_parts=StoredParts.NOT_WANTED)
    assert "has no outputs: this console stores no outputs" in page_text(
        open_comparison(create_run({}, [message("x")]), gone)
    )


def test_values_nested_too_deeply_show_a_note_instead_of_an_error(create_run):
    deep = other = 1
    for _ in range(50_000):
        deep, other = [deep], [other]
    runs = [output(OutputKind.DATA, deep), output(OutputKind.DATA, [other])]
    with pytest.raises(RecursionError):
        _ = runs[0].value == runs[1].value
    first, second = (
        run_in_progress(id=id, run=Run(ONE, "sync", RunStatus.IN_PROGRESS, outputs={"Out-a": one}))
        for id, one in zip(("a" * 32, "b" * 32), runs, strict=True)
    )
    assert "nested too deeply" in page_text(open_comparison(first, second))


def test_a_run_that_was_deleted_meanwhile_says_so(create_run):
    records = [create_run({}, [message(text)]) for text in "ab"]
    app = open_comparison(*records)
    app_context().runner.history.delete([records[0].owner], [records[0].id])
    app.run()
    assert "One run in this link was not found" in page_text(app)


def test_the_baseline_comes_first_everywhere(create_run):
    runs = [create_run({TEXT: text}, [message(f"{text} x")]) for text in "ab"]
    app = open_comparison(*runs, baseline=runs[1].id)
    text = page_text(app)
    assert text.index("**Run 2 · ") < text.index("**Run 1 · ")
    assert [list(table.columns) for table in tables(app)] == [["Run 2", "Run 1"]] * 2
    assert "Run 2 → Run 1" in text


def cards(app):
    """Return what the cards of the two runs say beside their names."""
    return [each.value for each in app.markdown if ":green-badge[✓ Completed]" in each.value]


def test_the_card_of_the_baseline_says_so(create_run):
    app = open_comparison(*(create_run({}, [message(text)]) for text in "ab"))
    for shown in (app, press(app, "Swap")):
        assert ["Baseline" in text for text in cards(shown)] == [True, False]


def test_outputs_of_one_flow_are_shown_beside_a_run_of_another(create_run):
    one, two = (create_run({}, [message(words)]) for words in ("one answer", "two answers"))
    app = open_comparison(one, two, create_run({}, [message("else")], flow_id=TWO))
    assert "deleted" not in page_text(app)
    assert "answers" in page_text(app)
