"""Times in the browser's time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from pages._ui.widgets.times import format_age, format_full_time, format_short_time, format_time


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (datetime(2026, 3, 31, 0, 5), "Today, 00:05"),
        (datetime(2026, 3, 30, 23, 5), "Yesterday, 23:05"),
        (datetime(2026, 3, 29, 23, 5), "29 Mar, 23:05"),
        (datetime(2025, 3, 31, 0, 5), "31 Mar 2025, 00:05"),
    ],
)
def test_a_time_has_its_day(then, expected):
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert format_time(then.replace(tzinfo=UTC), now) == expected


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (datetime(2026, 3, 31, 0, 5), "00:05"),
        (datetime(2026, 3, 30, 23, 5), "30 Mar"),
        (datetime(2025, 3, 31, 0, 5), "Mar 2025"),
    ],
)
def test_a_short_time_is_the_day_or_month_unless_it_is_today(then, expected):
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert format_short_time(then.replace(tzinfo=UTC), now) == expected


def test_a_full_time_names_its_time_zone():
    then = datetime(2026, 3, 31, 0, 5, 9, tzinfo=UTC)
    assert format_full_time(then) == "31 Mar 2026, 00:05:09 (UTC)"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (7_300, "2 h ago"),
    ],
)
def test_a_time_of_the_last_day_is_shown_as_an_age(seconds, expected):
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert format_age(now - timedelta(seconds=seconds), now) == expected


def test_an_older_time_is_shown_as_a_day():
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert format_age(now - timedelta(days=1), now).startswith("Yesterday, ")
