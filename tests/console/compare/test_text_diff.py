"""Texts are compared by lines and words in bounded time."""

import random

from lfclient.console.compare.sequence_diff import diff_blocks
from lfclient.console.compare.text_diff import ChangeKind, compare_texts, compare_words
from tests.support.cpu_time import max_cpu_seconds


def signs(pieces):
    return [piece if isinstance(piece, int) else (piece.kind.value, piece.text) for piece in pieces]


def test_differing_lines_are_listed_with_context():
    before = [f"line {number}" for number in range(12)]
    after = [*before[:6], "another", *before[7:], "more"]
    found = compare_texts("\n".join(before), "\n".join(after))
    assert (found.removed, found.added) == (1, 2)
    assert signs(found.lines)[0] == 3
    assert ("−", "line 6") in signs(found.lines)
    assert ("+", "another") in signs(found.lines)
    assert signs(found.lines)[-1] == ("+", "more")


def test_line_endings_make_no_difference():
    assert compare_texts("a\nb\n", "a\r\nb").is_equal


def test_words_and_numbers_stay_whole_and_the_segments_make_up_both_texts():
    before = "It has about 545,000 people in the city."
    after = "It has nearly 567,000 people in town."
    found = compare_words(before, after)
    assert ("−", "about 545,000") in signs(found)
    assert ("+", "nearly 567,000") in signs(found)
    for text_, other in ((before, ChangeKind.ADDED), (after, ChangeKind.REMOVED)):
        assert "".join(piece.text for piece in found if piece.kind is not other) == text_


def test_a_text_of_a_megabyte_is_compared_in_full():
    lines = [f"line {number} of a long answer with words" for number in range(26_000)]
    other = list(lines)
    other[777], other[19_999] = "first", "second"
    with max_cpu_seconds(5):
        found = compare_texts("\n".join(lines), "\n".join(other))
    assert (found.removed, found.added, found.limitations) == (2, 2, "")


def test_texts_without_common_parts_are_compared_coarsely_in_bounded_time():
    pick = random.Random(1)
    one, other = ("\n".join(pick.choice("abcde") for _ in range(100_000)) for _ in range(2))
    with max_cpu_seconds(5):
        found = compare_texts(one, other)
    assert "compared as a whole" in found.limitations
    assert not found.is_complete


def test_long_differences_are_not_compared_by_words():
    assert compare_words("a " * 100_000, "b " * 100_000) is None


def test_blocks_cover_both_sequences_and_equal_blocks_are_equal():
    pick = random.Random(7)
    for size in (0, 1, 5, 60, 5_000):
        a = [pick.randrange(max(size // 2, 1)) for _ in range(size)]
        b = [one for one in a if pick.random() > 0.1] + [pick.randrange(9)]
        found, _ = diff_blocks(a, b)
        assert [each for one in found for each in a[one.a0 : one.a1]] == a
        assert [each for one in found for each in b[one.b0 : one.b1]] == b
        assert all(a[one.a0 : one.a1] == b[one.b0 : one.b1] for one in found if one.is_equal)
