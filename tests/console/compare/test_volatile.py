"""Columns and keys that change with each run are guessed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lfclient.console.compare.equality import OwnValues
from lfclient.console.compare.volatile import (
    IgnoredNames,
    guess_volatile_names,
)

BEGAN = datetime(2026, 1, 2, 12, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("timestamp", "2026-01-02T12:00:00Z", "2026-01-02T12:01:00Z"),
        ("createdAt", "2026-01-02 12:00:00.123", "2026-01-02 12:01:00.456"),
        ("updated_at", 1_767_355_200, 1_767_355_260),
        ("id", str(FIRST), str(SECOND)),
        ("reference", str(FIRST), str(SECOND)),
        ("id", "65a1f3c2b4d5e6f7a8b9c0d1", "65a1f3c2b4d5e6f7a8b9c0d2"),
        ("run_id", "7", "8"),
        ("sessionId", "walk one", "walk two"),
        ("session", "a", "b"),
        ("latency_ms", 12, 14),
        ("duration", 1.25, 1.5),
        ("responseTime", 120, 130),
    ],
)
def test_moments_ids_and_durations_are_guessed_by_name_and_value(name, before, after):
    assert guess_volatile_names({name: before}, {name: after}) == [name]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("id", 1, 2),
        ("id", "order-1", "order-2"),
        ("date", "2026-01-02", "2026-01-03"),
        ("departure", "2026-01-02T12:00:00", "2026-01-02T14:00:00"),
        ("departure_time", "12:00", "14:00"),
        ("created_by", "Ada", "Alan"),
        ("updated", True, False),
        ("duration", "2 hours", "3 hours"),
        ("session", 1, 1),
        ("message", "Hello", "Bye"),
        ("price", 1_767_355_200, 1_767_355_260),
    ],
)
def test_what_may_be_a_result_is_not_guessed(name, before, after):
    assert guess_volatile_names({name: before}, {name: after}) == []


def test_values_that_stay_the_same_are_not_volatile():
    """Ids of a catalogue are no ids of a run, also if a row was added before them."""
    rows = [
        {"id": str(UUID(int=number)), "created_at": "2026-01-02T12:00:00"} for number in range(4)
    ]
    assert guess_volatile_names(rows[1:], rows) == []


def test_the_ids_and_moments_of_the_runs_are_known_whatever_their_names():
    one, other = (
        OwnValues(frozenset({id}), BEGAN + later, BEGAN + later)
        for id, later in (("job-1", timedelta()), ("job-2", timedelta(days=1)))
    )
    before = {"ref": "job-1", "when": "2026-01-02T12:01:00"}
    after = {"ref": "job-2", "when": "2026-01-03T12:01:00+00:00"}
    assert guess_volatile_names(before, after, (one, other)) == ["ref", "when"]
    assert guess_volatile_names(before, after, (other, one)) == []


def test_names_are_found_at_any_depth_and_in_all_rows():
    rows = [
        [{"n": n, "meta": {"uuid": str(UUID(int=first + n))}} for n in range(3)]
        for first in (0, 10)
    ]
    assert guess_volatile_names(*rows) == ["uuid"]


def test_a_name_behind_a_long_list_is_found():
    before, after = (
        {"rows": list(range(100_000)), "trace_id": trace} for trace in ("first", "second")
    )
    assert guess_volatile_names(before, after) == ["trace_id"]


def test_choices_are_kept_beside_the_guesses():
    """A later guess is ignored too; one that a person wants compared stays compared."""
    guessed = {"id", "timestamp"}
    choices = IgnoredNames().choose({"id", "noise"}, {"noise", *guessed}, guessed)
    assert IgnoredNames.read(choices.dump()) == choices
    assert choices.apply({"id", "timestamp"}) == {"id", "noise"}
    assert choices.apply({"timestamp", "session"}) == {"noise", "session"}


def names(added=(), kept=()):
    return IgnoredNames(frozenset(added), frozenset(kept))


def test_a_name_that_a_person_wants_compared_is_ignored_once_it_is_chosen():
    """Also beside runs in which it is not guessed."""
    chosen = names(kept={"id", "other"}).choose({"id"}, {"id", "other"}, guessed=())
    assert chosen == names(added={"id"}, kept={"other"})


def test_a_name_that_a_person_ignores_stays_ignored_where_it_is_guessed_as_well():
    chosen = names(added={"id"}).choose({"id", "n"}, {"id", "n"}, guessed={"id"})
    assert chosen == names(added={"id", "n"})


def test_a_choice_does_not_change_decisions_about_names_that_were_not_offered():
    before = names(added={"noise"}, kept={"created_at"})
    assert before.choose({"n"}, {"n"}, guessed={"timestamp"}) == names(
        added={"noise", "n"}, kept={"created_at"}
    )


@pytest.mark.parametrize("content", [{}, {"ignored": "id"}, {"ignored": [1], "compared": None}])
def test_settings_that_cannot_be_read_decide_nothing(content):
    assert IgnoredNames.read(content) == IgnoredNames()
