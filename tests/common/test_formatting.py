"""Long texts in few words; sizes, durations and addresses in words."""

import pytest

from lfclient.common.formatting import (
    clip,
    clip_middle,
    elide_common_prefix,
    extract_host,
    format_duration,
    format_size,
)

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
    assert elide_common_prefix(texts) == expected


def test_a_long_text_has_its_beginning_and_its_end():
    """Of the length that is asked for; a short one is whole."""
    text = f"{'a' * 300} the end"
    assert clip_middle(text, 80).endswith("a the end")
    assert len(clip_middle(text, 80)) == 80
    assert clip_middle("short", 80) == "short"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://a.example/x", "a.example"),
        ("//a.example/x", ""),
        ("javascript:alert(1)", ""),
        ("http://[broken", ""),
    ],
)
def test_finds_the_host_of_web_addresses_only(address, host):
    """Other schemes and broken addresses have no host to load from."""
    assert extract_host(address) == host


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.44, "0.4 s"), (12.9, "12 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")],
)
def test_says_durations_as_a_person_would(seconds, words):
    """Tenths only where they tell something."""
    assert format_duration(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(None, "size unknown"), (512, "512 B"), (3400, "3.4 kB"), (12_000_000, "12 MB")],
)
def test_says_sizes_as_a_person_would(size, words):
    """Decimal units, two digits."""
    assert format_size(size) == words


def test_clips_with_an_ellipsis():
    """What is left out is seen to be left out."""
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
