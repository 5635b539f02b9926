"""The kinds of columns, and their statistics."""

import pandas as pd
import pytest

from lfclient.console.content.tables import to_dataframe
from pages._ui.outputs import column_stats
from pages._ui.outputs.column_stats import ColumnKind


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
def test_a_columns_kind_follows_from_its_values(values, expected):
    """Numbers and dates may be text, as in CSV files."""
    assert kind(*values) is expected


def row(*values):
    return (
        column_stats.statistics(to_dataframe([{"a": value} for value in values])).iloc[0].to_dict()
    )


def test_a_number_column_has_all_statistics():
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


def test_a_text_column_has_its_most_frequent_values():
    """An empty text counts as empty."""
    found = row("x", "x", "y", "")
    assert (found["Filled"], found["Empty"], found["Most frequent"]) == (3, 1, "x ×2, y ×1")
    assert row("x", "y")["Most frequent"] == "all different"


def test_a_time_column_has_dates_or_times_as_statistics():
    found = row("2026-01-01", "2026-01-03")
    assert (found["Min"], found["Mean"], found["Max"]) == ("2026-01-01", "2026-01-02", "2026-01-03")
    # the mean of dates is a date, even if it falls at noon
    assert row("2026-01-01", "2026-01-02")["Mean"] == "2026-01-01"
    assert row("2026-01-01 10:00:00", "2026-01-03")["Min"] == "2026-01-01 10:00:00"


@pytest.mark.parametrize("values", [(None,), (float("inf"),), (10**30, 1), (1e308, -1e308)])
def test_extreme_values_do_not_crash_the_statistics(values):
    assert row(*values)["Column"] == "a"


def test_statistics_cover_only_the_first_columns_of_a_wide_table(monkeypatch):
    monkeypatch.setattr(column_stats, "MAX_COLUMNS", 3)
    table = pd.DataFrame([{f"c{i}": i for i in range(4)}])
    assert list(column_stats.statistics(table)["Column"]) == ["c0", "c1", "c2"]
