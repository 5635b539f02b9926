"""Long texts in few words."""

import pytest

from lfclient.words import apart, clip_middle

LONG = "Message: Please write a friendly letter about the delay, number"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([f"{LONG} 7", f"{LONG} 12"], ["Message: Please… number 7", "Message: Please… number 12"]),
        (
            [f"{LONG} 7 · Rows: 1", f"{LONG} 7"],
            ["Message: Please… number 7 · Rows: 1", "Message: Please… number 7"],
        ),
        ([LONG, LONG, "Hello"], [LONG, LONG, "Hello"]),
        (["Message: one", "Message: two", ""], ["Message: one", "Message: two", ""]),
        ([f"{LONG} 7", "Message: Please stop"], [f"{LONG} 7", "Message: Please stop"]),
        ([], []),
    ],
)
def test_texts_that_begin_alike_for_long_are_told_apart(texts, expected):
    """By what comes behind; others, and those that are the same, stay as they are."""
    assert apart(texts) == expected


def test_a_long_text_has_its_beginning_and_its_end():
    """Of the length that is asked for; a short one is whole."""
    text = f"{'a' * 300} the end"
    assert clip_middle(text, 80).endswith("a the end")
    assert len(clip_middle(text, 80)) == 80
    assert clip_middle("short", 80) == "short"
