"""What columns hold, and their statistics."""

import pandas as pd
import pytest

from pages._ui.outputs import column_stats
from pages._ui.outputs.column_stats import ColumnKind
from pages._ui.widgets.downloads import to_dataframe


def kind(*values):
    return column_stats.column_kinds(to_dataframe([{"a": value} for value in values])).get("a")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2.5, None), ColumnKind.NUMBER),
        (("1", "-2.5", ""), ColumnKind.NUMBER),
        (("007", "1"), ColumnKind.TEXT),
        (("2026-01-01", "2026-01-02T10:00:00Z"), ColumnKind.TIME),
        (("2026-01", None), ColumnKind.TIME),
        ((True, None), ColumnKind.BOOLEAN),
        ((True, False), ColumnKind.BOOLEAN),
        (("x", 1), ColumnKind.TEXT),
        ((None, None), None),
        (("", ""), None),
    ],
)
def test_knows_what_a_column_holds(values, expected):
    """Numbers and dates also where they are text, as CSV files have them."""
    assert kind(*values) is expected


def row(*values):
    return (
        column_stats.statistics(to_dataframe([{"a": value} for value in values])).iloc[0].to_dict()
    )


def test_tells_numbers_by_figures():
    """Filled and empty, distinct, least, mean, median, most, and the most frequent."""
    assert row(1, 1, 4, None) == {
        "Column": "a",
        "Type": "number",
        "Filled": 3,
        "Empty": 1,
        "Distinct": 2,
        "Min": "1",
        "Mean": "2",
        "Median": "1",
        "Max": "4",
        "Most frequent": "1 ×2, 4 ×1",
    }


def test_tells_text_by_what_is_frequent():
    """An empty text counts as empty; without a repetition it says so."""
    told = row("x", "x", "y", "")
    assert (told["Filled"], told["Empty"], told["Most frequent"]) == (3, 1, "x ×2, y ×1")
    assert row("x", "y")["Most frequent"] == "all different"


def test_tells_times_by_their_span():
    """From the first to the last."""
    told = row("2026-01-01", "2026-01-03")
    assert (told["Min"], told["Mean"], told["Max"]) == ("2026-01-01", "2026-01-02", "2026-01-03")
    # days have a mean that is one, moments one with its time
    assert row("2026-01-01", "2026-01-02")["Mean"] == "2026-01-01"
    assert row("2026-01-01 10:00:00", "2026-01-03")["Min"] == "2026-01-01 10:00:00"


@pytest.mark.parametrize("values", [(None,), (float("inf"),), (10**30, 1), (1e308, -1e308)])
def test_odd_columns_are_no_crash(values):
    """Nothing, infinity, and more than a number holds."""
    assert row(*values)["Column"] == "a"


def test_many_columns_are_told_in_part():
    """The first ones."""
    table = pd.DataFrame([{f"c{i}": i for i in range(300)}])
    assert len(column_stats.statistics(table)) == column_stats.MAX_COLUMNS
