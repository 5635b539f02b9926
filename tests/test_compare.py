"""What differs between runs, and in bounded time."""

import random
import time

import pandas as pd
import pytest

from lfclient.compare import (
    Mark,
    Sameness,
    compare_texts,
    compare_trees,
    compare_words,
    output_rows,
    parameter_rows,
    same_output,
)
from lfclient.compare.alike import alike
from lfclient.compare.sequences import blocks
from lfclient.compare.tables import CHANGED, MARK, REMOVED, ROW, compare_tables, key_columns
from lfclient.compare.trees import DEEPEST
from lfclient.fields import MASK
from lfclient.outputs import FileRef, Output, OutputKind
from lfclient.run import NotRun, Run, RunStatus
from tests.flows import chat_input, entry, flow, node, text

SECOND = 5  # seconds that a comparison may take on a busy machine


def signs(pieces):
    return [None if piece is None else (piece.mark.value, piece.text) for piece in pieces]


# inputs


def rows(*overrides, flows=None, one_flow=True):
    same = flow(chat_input(), node("T-a", name=text("x"), count=entry("IntInput", "int", 1)))
    return parameter_rows(overrides, flows or [same] * len(overrides), one_flow=one_flow)


def test_inputs_that_differ_come_first():
    """One row a parameter, whatever its place in the flow."""
    found = rows({"T-a.name": "a", "T-a.count": 2}, {"T-a.name": "a", "T-a.count": 3})
    assert [(row.label, row.differs) for row in found] == [("count", True), ("name", False)]
    assert [one.value for one in found[0].given] == [2, 3]


def test_what_was_not_given_counts_as_the_flows_own():
    """Its place is empty; whether it differs is told by the flow's value."""
    (row,) = rows({"T-a.name": "x"}, {})
    assert row.given[1] is None
    assert not row.differs
    (row,) = rows({"T-a.name": "y"}, {})
    assert row.differs


def test_of_secrets_nobody_can_tell():
    """Unless one of the runs had none."""
    (row,) = rows({"T-a.api_key": MASK}, {"T-a.api_key": MASK})
    assert (row.differs, row.unsure) == (False, True)
    (row,) = rows({"T-a.api_key": MASK}, {})
    assert (row.differs, row.unsure) == (True, False)


def test_inputs_of_different_flows_are_matched_by_name():
    """Their components have other ids."""
    other = flow(node("T-z", "T", name=text("x")))
    here = flow(node("T-a", "T", name=text("x")))
    (row,) = rows({"T-a.name": "a"}, {"T-z.name": "b"}, flows=[here, other], one_flow=False)
    assert [one.key for one in row.given] == ["T-a.name", "T-z.name"]
    assert row.differs


def test_a_parameter_that_another_flow_does_not_have_is_told_from_one_that_was_not_given():
    """Where that flow is not at hand, nobody can say so."""
    here = flow(node("T-a", "T", name=text("x"), only=text("x")))
    other = flow(node("T-z", "T", name=text("x")))
    given = {"T-a.name": "a", "T-a.only": "b"}
    found = rows(given, {}, flows=[here, other], one_flow=False)
    assert {row.label: row.absent for row in found} == {
        "name": (False, False),
        "only": (False, True),
    }
    (row,) = rows({"T-a.only": "b"}, {}, flows=[here, None], one_flow=False)
    assert row.absent == (False, False)


def test_the_second_component_of_a_name_is_matched_with_the_second():
    """Of what flow it is, and whether or not the first was given anything."""
    here = flow(node("P-1", "Prompt", name=text("x")), node("P-2", "Prompt", name=text("x")))
    other = flow(node("P-3", "Prompt", name=text("x")), node("P-4", "Prompt", name=text("x")))
    given = {"P-1.name": "x", "P-2.name": "y"}, {"P-4.name": "y", "P-3.name": "x"}
    for skipped in (0, 1):
        first, second = (dict(list(each.items())[skipped:]) for each in given)
        if skipped:
            second = {"P-4.name": "y"}
        found = rows(first, second, flows=[here, other], one_flow=False)
        assert [[one.value for one in row.given] for row in found] == [["x", "x"], ["y", "y"]][
            skipped:
        ]
        assert not any(row.differs for row in found)
    (row,) = rows({"P-2.name": "y"}, {}, flows=[here, other], one_flow=False)
    assert row.absent == (False, False)


# texts


def test_lines_that_differ_are_listed_with_some_around():
    """And None stands for what was left out."""
    before = [f"line {number}" for number in range(12)]
    after = [*before[:6], "another", *before[7:], "more"]
    found = compare_texts("\n".join(before), "\n".join(after))
    assert (found.removed, found.added) == (1, 2)
    assert signs(found.lines)[0] is None
    assert ("−", "line 6") in signs(found.lines)
    assert ("+", "another") in signs(found.lines)
    assert signs(found.lines)[-1] == ("+", "more")


def test_the_same_text_is_equal():
    """How its lines end makes no difference."""
    assert compare_texts("a\nb\n", "a\r\nb").equal


def test_words_that_differ_stay_whole():
    """Numbers too; and the pieces make up both texts."""
    before = "It has about 545,000 people in the city."
    after = "It has nearly 567,000 people in town."
    found = compare_words(before, after)
    assert ("−", "about 545,000") in signs(found)
    assert ("+", "nearly 567,000") in signs(found)
    for text_, other in ((before, Mark.ADDED), (after, Mark.REMOVED)):
        assert "".join(piece.text for piece in found if piece.mark is not other) == text_


def test_a_text_of_five_megabytes_is_compared_to_its_end():
    """Two changes far apart are found, and nothing else."""
    lines = [f"line {number} of a long answer with words" for number in range(130_000)]
    other = list(lines)
    other[777], other[99_999] = "first", "second"
    begun = time.process_time()
    found = compare_texts("\n".join(lines), "\n".join(other))
    assert time.process_time() - begun < SECOND
    assert (found.removed, found.added, found.compared) == (2, 2, "")


def test_texts_that_have_nothing_in_common_take_no_longer():
    """They are compared coarsely, and it is said."""
    pick = random.Random(1)
    one, other = ("\n".join(pick.choice("abcde") for _ in range(100_000)) for _ in range(2))
    begun = time.process_time()
    found = compare_texts(one, other)
    assert time.process_time() - begun < SECOND
    assert "compared as a whole" in found.compared
    assert not found.listed


def test_words_are_not_looked_for_in_too_much_text():
    """Then only the lines are told."""
    assert compare_words("a " * 100_000, "b " * 100_000) is None


def test_blocks_cover_both_sequences_whatever_they_hold():
    """None is left out, none stands twice, and what is said to be alike is."""
    pick = random.Random(7)
    for size in (0, 1, 5, 60, 5_000):
        a = [pick.randrange(max(size // 2, 1)) for _ in range(size)]
        b = [one for one in a if pick.random() > 0.1] + [pick.randrange(9)]
        found, _ = blocks(a, b)
        assert [each for one in found for each in a[one.a0 : one.a1]] == a
        assert [each for one in found for each in b[one.b0 : one.b1]] == b
        assert all(a[one.a0 : one.a1] == b[one.b0 : one.b1] for one in found if one.same)


# tables


def table(*rows):
    return pd.DataFrame(rows)


ONE = table({"id": 1, "city": "Rome"}, {"id": 2, "city": "Oslo"}, {"id": 3, "city": "Kyiv"})
TWO = table({"id": 1, "city": "Rome"}, {"id": 3, "city": "Lviv"})


def test_rows_are_matched_by_their_place():
    """What is over at the end was added or removed."""
    found = compare_tables(ONE, TWO)
    assert (found.added, found.removed, found.changed_rows, found.changed_cells) == (0, 1, 1, 2)
    assert list(found.listed[MARK]) == [CHANGED, REMOVED]
    assert list(found.listed[ROW]) == ["2", "3"]
    assert found.listed.iloc[0].to_dict()["city"] == "Oslo → Lviv"
    assert list(found.cells.iloc[0]) == [False, False, True, True]


def test_rows_are_matched_by_a_column_that_names_them():
    """A row that is gone moves no other."""
    assert key_columns(ONE, TWO) == ["id", "city"]
    found = compare_tables(ONE, TWO, "id")
    assert (found.added, found.removed, found.changed_rows) == (0, 1, 1)
    assert found.listed.iloc[0].to_dict() == {
        MARK: CHANGED,
        ROW: "3",
        "id": "3",
        "city": "Kyiv → Lviv",
    }


def test_a_column_with_a_value_twice_names_no_rows():
    """Nor does one with a gap."""
    twice = table({"id": 1, "n": None}, {"id": 1, "n": 2})
    assert key_columns(twice, twice) == []


def test_columns_that_only_one_table_has_are_named():
    """The others are compared."""
    found = compare_tables(ONE, ONE.rename(columns={"city": "town"}))
    assert (found.lost_columns, found.new_columns) == (("city",), ("town",))
    assert found.changed_cells == 0
    assert not found.equal


def test_equal_tables_are_equal():
    """With gaps in them."""
    gaps = table({"Row": None, "x": 1.5}, {"Row": "a", "x": float("nan")})
    assert compare_tables(gaps, gaps.copy()).equal


def test_columns_may_be_called_as_the_listings_own():
    """They keep their names, and the listing's own get a number; rows are matched by them, too."""
    one = table({ROW: "a", MARK: 1, "Row (2)": 1}, {ROW: "b", MARK: 2, "Row (2)": 2})
    other = table({ROW: "b", MARK: 3, "Row (2)": 2})
    for key in ("", *key_columns(one, other)):
        heads = list(compare_tables(one, other, key).listed)
        assert heads == ["± (2)", "Row (3)", ROW, MARK, "Row (2)"]
    found = compare_tables(one, other, ROW)
    assert list(found.listed.iloc[0]) == [CHANGED, "2", "b", "2 → 3", "2"]
    assert list(found.cells.iloc[0]) == [False, False, False, True, False]


def test_a_hundred_thousand_rows_are_compared_whole():
    """By place and by key; the listing is bounded."""
    numbers = range(100_000)
    big = pd.DataFrame({"id": numbers, "a": [f"text {n}" for n in numbers], "b": 1.5})
    other = big.drop(index=70_000).reset_index(drop=True)
    other.loc[500, "a"] = "changed"
    begun = time.process_time()
    found = compare_tables(big, other, "id")
    assert time.process_time() - begun < SECOND
    assert (found.added, found.removed, found.changed_cells) == (0, 1, 1)
    by_place = compare_tables(big, other)
    assert by_place.changed_rows == 30_000
    assert len(by_place.listed) + by_place.more == 30_001


# structured data


def test_a_tree_is_compared_by_path():
    """Added, removed and changed."""
    found = compare_trees(
        {"a": {"b": 1, "gone": 2}, "list": [1, 2]}, {"a": {"b": 5}, "list": [1, 2], "new": None}
    )
    assert [(one.path, one.mark, one.before, one.after) for one in found.changes] == [
        ("a.b", Mark.SAME, 1, 5),
        ("a.gone", Mark.REMOVED, 2, None),
        ("new", Mark.ADDED, None, None),
    ]


def test_an_item_that_is_gone_from_a_list_moves_no_other():
    """Those that both hold are matched first."""
    before = [{"n": number} for number in range(10)]
    found = compare_trees(before, [*before[:4], *before[5:8], {"n": 80}, before[9]])
    assert [(one.path, one.mark) for one in found.changes] == [
        ("[4]", Mark.REMOVED),
        ("[7].n", Mark.SAME),
    ]


def test_true_is_not_one():
    """But 1 is 1.0."""
    assert compare_trees({"a": True}, {"a": 1}).total == 1
    assert compare_trees({"a": 1}, {"a": 1.0}).equal


PAIRS = [
    ({"a": 1}, {"a": True}, False),
    ({"a": [0, 2]}, {"a": [False]}, False),
    ({"a": [{"b": float("nan")}]}, {"a": [{"b": float("nan")}]}, True),
    ({"a": 1}, {"a": 1.0}, True),
    ({"a": "1"}, {"a": 1}, False),
    ({"a": None}, {}, False),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
]


@pytest.mark.parametrize(("one", "other", "same"), PAIRS)
def test_every_comparison_has_one_notion_of_the_same(one, other, same):
    """What a badge calls equal has no differences in its tree, its table or as an input."""
    assert alike(one, other) is same
    outputs = [Output("A-a", OutputKind.DATA, value) for value in (one, other)]
    assert same_output(*outputs) is same
    assert compare_trees(one, other).equal is same
    assert compare_tables(table({"x": one}), table({"x": other})).equal is same
    (row,) = rows({"T-a.name": one}, {"T-a.name": other})
    assert row.differs is not same


def test_what_lists_begin_and_end_with_is_compared_as_all_else():
    """True is not 1 there either, and NaN is itself."""
    nan = float("nan")
    found = compare_trees([1, nan, 2, 3, nan], [True, float("nan"), 3, float("nan")])
    assert [(one.path, one.mark) for one in found.changes] == [
        ("[0]", Mark.SAME),
        ("[2]", Mark.REMOVED),
    ]


def test_values_of_any_depth_are_alike_or_not():
    """Python's own comparison ends at some thousand levels."""
    deep = [], []
    for level in range(100_000):
        deep = [deep[0]], [deep[1]] if level else [1]
    assert not alike(*deep)
    (row,) = output_rows([run(message("A-a", value)) for value in deep], one_flow=True)
    assert row.sameness is Sameness.DIFFERENT


def test_a_deep_tree_is_looked_into_so_far():
    """What lies deeper differs as a whole."""
    one: object = 1
    other: object = 2
    for _ in range(100_000):
        one, other = [one], [other]
    (change,) = compare_trees(one, other).changes
    assert change.path == "[0]" * DEEPEST


def test_a_huge_tree_is_looked_at_in_bounded_time():
    """And it is said that it was not looked at whole."""
    begun = time.process_time()
    found = compare_trees(list(range(1_000_000)), list(range(1, 1_000_001)))
    assert time.process_time() - begun < SECOND
    assert not found.complete
    assert len(found.changes) < found.total


# outputs


def run(*outputs, not_run=()):
    found = {output.component_id: output for output in outputs}
    return Run("f", "sync", RunStatus.COMPLETED, outputs=found, not_run=not_run)


def message(id, value, **more):
    return Output(id, OutputKind.MESSAGE, value, **{"display_name": id.split("-")[0], **more})


def test_outputs_are_matched_by_component():
    """And said to be equal, different, or not in all."""
    skipped = NotRun("C-c", "C", "It is on a branch that was not taken.")
    one = run(message("A-a", "x"), message("B-b", "y"), message("C-c", "z"))
    other = run(message("B-b", "other"), message("A-a", "x"), not_run=(skipped,))
    found = output_rows([one, other], one_flow=True)
    assert [(row.component, row.sameness) for row in found] == [
        ("A", Sameness.EQUAL),
        ("B", Sameness.DIFFERENT),
        ("C", Sameness.MISSING),
    ]
    assert found[2].not_run == ("", "It is on a branch that was not taken.")


def test_named_parts_are_compared_each():
    """A component may return several things."""
    parts = {"text": message("A-a", "x"), "rows": Output("A-a", OutputKind.TABLE, [{"n": 1}])}
    whole = message("A-a", "x", parts=parts)
    found = output_rows([run(whole), run(whole)], one_flow=True)
    assert [(row.part, row.kind) for row in found] == [
        ("text", OutputKind.MESSAGE),
        ("rows", OutputKind.TABLE),
    ]


def test_outputs_of_different_flows_are_matched_by_name():
    """Or because each has one only."""
    found = output_rows([run(message("Chat-a", "x")), run(message("Chat-b", "x"))], one_flow=False)
    assert [row.sameness for row in found] == [Sameness.EQUAL]
    found = output_rows([run(message("Chat-a", "x")), run(message("Text-b", "y"))], one_flow=False)
    assert [row.sameness for row in found] == [Sameness.DIFFERENT]


def test_the_second_output_of_a_name_is_matched_with_the_second():
    """In different flows, where their components have other ids."""
    one, other = (
        run(*(message(f"Chat-{id}", value) for id, value in zip(ids, "xy", strict=True)))
        for ids in ("ab", "cd")
    )
    found = output_rows([one, other], one_flow=False)
    assert [row.sameness for row in found] == [Sameness.EQUAL, Sameness.EQUAL]


def test_files_of_one_name_may_be_another():
    """What is in them is not looked at."""
    files = [Output("A-a", OutputKind.FILE, FileRef("a.txt", id=id, size=3)) for id in "xy"]
    (row,) = output_rows([run(files[0]), run(files[1])], one_flow=True)
    assert row.sameness is Sameness.UNSURE


def test_a_run_without_an_answer_has_no_outputs():
    """As one that has just begun."""
    (row,) = output_rows([run(message("A-a", "x")), None], one_flow=True)
    assert row.sameness is Sameness.MISSING
