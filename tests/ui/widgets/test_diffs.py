"""The differences of two outputs."""

from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import OutputKind
from pages._ui.widgets.markdown import escape_lines
from tests.ui.support.compare_pages import message, output
from tests.ui.support.whole_pages import page_text


def draw(one, other):
    """Draw the differences of two outputs alone."""

    def page(one, other):
        from pages._ui.widgets import diffs

        diffs.draw("version", "key", one, other, ("Run 1", "Run 2"))

    return AppTest.from_function(page, args=(one, other)).run()


def draw_tables(*tables):
    return draw(*(output(OutputKind.TABLE, rows) for rows in tables))


def switch_to_lines(app):
    (by,) = app.segmented_control
    assert by.label == "Differences by"
    return by.set_value("Lines").run()


def test_texts_are_compared_by_words_or_lines():
    """Signs mark the differences, not color alone. The text's own markup is escaped."""
    app = draw(
        message("Lisbon is the *capital* of Portugal"),
        message("Lisbon is the :red[largest] of Portugal"),
    )
    shown = " ".join(each.value for each in app.markdown)
    assert r":red-background[− \*capital\*]" in shown
    assert ":red[largest]" not in shown
    assert "1 line removed" not in page_text(app)  # the words are counted above
    app = switch_to_lines(app)
    assert "1 line removed, 1 added." in page_text(app)
    (lines,) = [each.value for each in app.code]
    assert lines.splitlines()[0] == "- Lisbon is the *capital* of Portugal"
    assert lines.splitlines()[1].startswith("+ ")


def test_unchanged_lines_that_are_left_out_are_counted():
    texts = ["\n".join([*"abcde", last, *"vwxyz"]) for last in ("one", "two")]
    app = switch_to_lines(draw(*map(message, texts)))
    (lines,) = [each.value.splitlines() for each in app.code]
    assert lines[0] == lines[-1] == "… 2 unchanged lines"
    assert lines[4:6] == ["- one", "+ two"]


def test_the_lines_of_a_changed_text_are_kept():
    app = draw(message("one two\nthree four\nend"), message("nothing\nend"))
    (shown,) = (each.value for each in app.markdown if "-background[" in each.value)
    assert ":red-background[− one two↵] " + escape_lines("\n") in shown
    assert ":red-background[− three four] :green-background[+ nothing]" in shown


def mark(*texts):
    """Return two texts with the words that differ marked, to be drawn side by side."""

    def page(*texts):
        import streamlit as st

        from pages._ui.widgets import diffs

        for marked in diffs.mark_sides("version", "key", *texts):
            st.markdown(marked)

    return [each.value for each in AppTest.from_function(page, args=texts).run().markdown]


def test_lines_and_paragraphs_are_marked_side_by_side():
    _, other = mark("One\n\nTwo * 2", "One\n\nThree * 2")
    assert other == "One  \n\u2060  \n\u2060:green-background[+ Three] \u00a0\\* 2"


def test_text_that_no_browser_accepts_is_replaced_side_by_side():
    assert mark("one \ud800", "two \ud800")[0] == ":red-background[− one] \u00a0?"


def test_only_changed_columns_of_a_table_are_listed_or_all_by_a_switch():
    rows = [{"n": number, "city": "Oslo", "land": "Norway"} for number in range(5)]
    app = draw_tables(rows, [{**rows[0], "city": "Rome"}, *rows[1:]])
    assert list(app.dataframe[0].value) == ["±", "Row", "city"]
    switch = next(each for each in app.toggle if each.label == "Show unchanged columns (2)")
    switch.set_value(True).run()
    assert list(app.dataframe[0].value) == ["±", "Row", "n", "city", "land"]


def test_the_first_text_column_tells_which_row_has_changed():
    rows = [{"n": n, "article": name, "land": "Norway", "pieces": 9} for n, name in enumerate("ab")]
    app = draw_tables(rows, [rows[0], {**rows[1], "pieces": 1}])
    assert list(app.dataframe[0].value) == ["±", "Row", "article", "pieces"]
    assert list(app.dataframe[0].value["article"]) == ["b"]


def test_rows_that_were_only_added_are_listed_with_all_columns():
    rows = [{"n": number, "city": "Oslo"} for number in range(5)]
    assert list(draw_tables(rows[:4], rows).dataframe[0].value) == ["±", "Row", "n", "city"]
