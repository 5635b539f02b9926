"""Two outputs are equal, or a few words say how they differ."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lfclient.console.compare import table_diff
from lfclient.console.compare.differences import OutputMatch, compare_pair
from lfclient.console.compare.equality import OwnValues
from lfclient.console.compare.volatile import IDS_AND_TIMES, IgnoredNames
from lfclient.outputs.model import FileRef, Output, OutputKind, read_output
from tests.support.pictures import picture

MESSAGE, TABLE, DATA, IMAGE = (
    OutputKind.MESSAGE,
    OutputKind.TABLE,
    OutputKind.DATA,
    OutputKind.IMAGE,
)
RUNS = ["the-first-of-the-runs", "the-second-of-the-runs"]
ROWS = [{"n": number, "city": "Oslo"} for number in range(40)]


def output(kind, value, **more):
    return Output("A-a", kind, value, **more)


def rows_with(changes):
    return [{**row, "city": changes.get(row["n"], row["city"])} for row in ROWS]


@pytest.mark.parametrize(
    ("kind", "before", "after", "note"),
    [
        (MESSAGE, "a b c d", "a x y d", "2 words"),
        (MESSAGE, "Hello, you", "Hello you", "punctuation or spaces"),
        (TABLE, ROWS, rows_with({3: "Rome", 4: "Rome"}), "2 of 40 rows"),
        (TABLE, ROWS, [*rows_with({3: "Rome"}), {"n": 50}], "1 of 40 rows, 1 more"),
        (TABLE, ROWS, ROWS[1:], "1 row fewer"),
        (TABLE, [{"a": True}], [{"a": 1}], "1 of 1 row"),
        (TABLE, [{"a": 1}], [{"a": 1, "b": 2}], "1 column"),
        (DATA, {"a": {"b": 1, "c": 2}}, {"a": {"b": 5}}, "2 values"),
        (IMAGE, picture("red", "a"), picture("red", "b"), "other image"),
    ],
)
def test_the_difference_of_two_outputs_is_counted(kind, before, after, note):
    found = compare_pair(output(kind, before), output(kind, after))
    assert (found.match, found.note) == (OutputMatch.DIFFERENT, note)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (MESSAGE, "a", "a"),
        (TABLE, [{"a": 1, "b": 2.0}], [{"b": 2, "a": 1.0}]),
        (IMAGE, b"x", b"x"),
    ],
)
def test_equal_values_are_equal_however_they_are_written(kind, before, after):
    assert compare_pair(output(kind, before), output(kind, after)).match is OutputMatch.EQUAL


def test_outputs_that_differ_in_volatile_columns_only_are_equal():
    """They say what was ignored."""
    before, after = (
        [{"id": str(UUID(int=first + n)), "n": n} for n in range(5)] for first in (0, 10)
    )
    found = compare_pair(output(TABLE, before), output(TABLE, after))
    assert (found.match, found.ignored, found.guessed) == (OutputMatch.EQUAL, ("id",), ("id",))
    assert found.names == ("id", "n")


def test_a_person_decides_what_is_ignored():
    before, after = (
        output(DATA, {"id": str(UUID(int=1)), "a": 1}),
        output(DATA, {"id": "x", "a": 2}),
    )
    kept = IgnoredNames(added=frozenset({"a"}), kept=frozenset({"id"}))
    found = compare_pair(before, after, kept)
    assert (found.match, found.note, found.ignored) == (OutputMatch.DIFFERENT, "1 value", ("a",))


def test_texts_that_differ_in_the_runs_ids_and_times_only_are_equal():
    """Unless a person wants them compared."""
    texts = [f"{run} at 2026-01-0{day} 12:00:00: fine" for run, day in ((RUNS[0], 2), (RUNS[1], 3))]
    before, after = (output(MESSAGE, text) for text in texts)
    own_values = tuple(
        OwnValues(frozenset({run}), day, day)
        for run, day in zip(
            RUNS, (datetime(2026, 1, n, 12, tzinfo=UTC) for n in (2, 3)), strict=True
        )
    )
    found = compare_pair(before, after, own_values=own_values)
    assert (found.match, found.ignored) == (OutputMatch.EQUAL, (IDS_AND_TIMES,))
    kept = IgnoredNames(kept=frozenset({IDS_AND_TIMES}))
    assert compare_pair(before, after, kept, own_values).match is OutputMatch.DIFFERENT
    other = output(MESSAGE, texts[1].replace("fine", "bad"))
    assert compare_pair(before, other, own_values=own_values).note == "1 word"


@pytest.mark.parametrize("kind", [DATA, TABLE, MESSAGE])
def test_the_ids_of_the_runs_are_ignored_at_any_depth(kind):
    own_values = tuple(OwnValues(frozenset({run})) for run in RUNS)
    before, after, other = (
        output(kind, f"{run} is {word}" if kind is MESSAGE else [{"a": {"b": f"{run} is {word}"}}])
        for run, word in ((RUNS[0], "fine"), (RUNS[1], "fine"), (RUNS[1], "bad"))
    )
    assert compare_pair(before, after, own_values=own_values).ignored == (IDS_AND_TIMES,)
    found = compare_pair(before, other, own_values=own_values)
    assert found.match is OutputMatch.DIFFERENT
    assert compare_pair(after, other, own_values=own_values[1:] * 2).match is OutputMatch.DIFFERENT


def test_messages_that_consist_of_tables_are_compared_as_tables():
    before, after = (
        read_output("A-a", type="message", content=text)
        for text in ('[{"a": 1}, {"a": 2}]', '[{"a": 1},   {"a": 3}]')
    )
    assert compare_pair(before, after).note == "1 of 2 rows"


def test_outputs_of_different_kinds_differ():
    found = compare_pair(output(MESSAGE, "a"), output(TABLE, [{"a": 1}]))
    assert (found.match, found.note) == (OutputMatch.DIFFERENT, "table instead of message")


def test_files_of_the_same_name_and_size_may_differ():
    """Their contents are not compared."""
    files = [FileRef("a.txt", id=id, size=3) for id in "xy"]
    found = compare_pair(*(output(OutputKind.FILE, file) for file in files))
    assert (found.match, found.note) == (OutputMatch.UNKNOWN, "same name and size")
    other = output(OutputKind.FILE, FileRef("a.txt", size=4))
    assert compare_pair(output(OutputKind.FILE, files[0]), other).note == "other size"


def test_values_that_were_not_stored_are_unknown():
    gone = output(MESSAGE, None, note="Not stored: the disk was full.")
    found = compare_pair(output(MESSAGE, "a"), gone)
    assert (found.match, found.note) == (OutputMatch.UNKNOWN, "Not stored: the disk was full.")


def test_a_missing_output_is_missing():
    assert compare_pair(output(MESSAGE, "a"), None).match is OutputMatch.MISSING


def test_equal_parts_of_truncated_outputs_are_no_proof():
    found = compare_pair(output(MESSAGE, "a", truncated=True), output(MESSAGE, "a"))
    assert (found.match, found.note) == (OutputMatch.EQUAL, "as far as it was received")


def test_rows_beyond_the_limit_are_said_to_differ(monkeypatch):
    for module in ("table_diff", "differences"):
        monkeypatch.setattr(f"lfclient.console.compare.{module}.MAX_COMPARED_ROWS", 10)
    assert table_diff.MAX_COMPARED_ROWS == 10
    found = compare_pair(output(TABLE, ROWS), output(TABLE, rows_with({39: "Rome"})))
    assert (found.match, found.note) == (OutputMatch.DIFFERENT, "after row 10")


def test_values_nested_too_deeply_are_compared():
    deep = other = 1
    for _ in range(20_000):
        deep, other = [deep], [other]
    assert compare_pair(output(DATA, deep), output(DATA, other)).match is OutputMatch.EQUAL
    found = compare_pair(output(DATA, [1, deep]), output(DATA, [[other]]))
    assert (found.match, found.note) == (OutputMatch.DIFFERENT, "nested too deeply to say how")


def test_equal_outputs_have_one_fingerprint():
    base = output(MESSAGE, "a")
    prints = [compare_pair(base, output(MESSAGE, text)).fingerprint for text in ("b", "b", "c", "")]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
