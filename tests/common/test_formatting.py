"""Shortened texts, sizes, durations and URLs."""

import uuid

import pytest

from lfclient.common.formatting import (
    clip,
    clip_middle,
    end_sentence,
    extract_host,
    format_count,
    format_duration,
    format_size,
    format_timing,
    humanize,
    list_names,
    summary_line,
    unused_name,
    without_codes,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invalid URL", "Invalid URL."),
        ("Invalid.", "Invalid."),
        ("Which one?", "Which one?"),
        ("", ""),
    ],
)
def test_a_sentence_without_an_end_gets_a_full_stop(text, expected):
    assert end_sentence(text) == expected


def test_a_text_clipped_in_the_middle_keeps_its_start_and_end():
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
def test_only_web_addresses_have_a_host(address, host):
    assert extract_host(address) == host


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.44, "0.4 s"), (9.94, "9.9 s"), (9.96, "10 s"), (12.9, "12 s"), (59.94, "59 s"),
        (59.99, "1 min 00 s"), (185, "3 min 05 s"), (3599.99, "1 h 00 min"), (7440, "2 h 04 min"),
    ],
)  # fmt: skip
def test_durations_have_tenths_only_below_ten_seconds(seconds, words):
    assert format_duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 ms"), (0.0124, "12 ms"), (0.0996, "0.1 s"), (0.1, "0.1 s"), (61, "1 min 01 s")],
)
def test_short_durations_are_in_milliseconds(seconds, words):
    """Most components take less than 0.1 s."""
    assert format_timing(seconds) == words


def test_an_unknown_duration_is_shown_as_unknown():
    assert format_duration(None) == "duration unknown"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "size unknown"), (512, "512 B"), (999, "999 B"), (1000, "1.0 kB"), (3400, "3.4 kB"),
        (9_960, "10 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (12_000_000, "12 MB"),
        (999_500_000, "1.0 GB"), (12_300_000_000, "12 GB"), (1_234_000_000_000, "1234 GB"),
    ],
)  # fmt: skip
def test_sizes_have_decimal_units_and_two_digits(size, words):
    assert format_size(size) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Errno 111] Connection refused", "Connection refused"),
        (f"Flow {uuid.UUID(int=1)} not found", "Flow … not found"),
        (f"Nothing at http://h/flows/{uuid.UUID(int=1)}", None),
        (f"404 for url 'http://h/build?flow_id={uuid.UUID(int=1)}&stream=1'", None),
        (f"no such run: flow_id={uuid.UUID(int=1)}", "no such run: flow_id=…"),
        ("list index [2] out of range", None),
    ],
)
def test_an_error_is_shown_without_its_number_and_ids(text, shown):
    assert without_codes(text) == (shown or text)


def test_a_clipped_text_ends_in_an_ellipsis():
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")]
)
def test_a_count_has_its_noun_in_singular_or_plural(count, text):
    assert format_count(count, "row") == text


@pytest.mark.parametrize(
    ("names", "text"), [("", ""), ("a", "a"), ("ab", "a, b"), ("abcd", "a, b and 2 more")]
)
def test_names_beyond_a_limit_are_counted(names, text):
    assert list_names(names, 2) == text


def test_an_identifier_becomes_a_label():
    assert humanize("dataframe_output") == "Dataframe output"
    assert humanize("toJSON") == "ToJSON"


@pytest.mark.parametrize(
    ("name", "unused"), [("Other", "Other"), ("Echo", "Echo (3)"), ("Echo (2)", "Echo (2) (2)")]
)
def test_a_used_name_gets_a_number(name, unused):
    assert unused_name(name, {"Echo", "Echo (2)"}) == unused


def test_a_summary_of_one_value_keeps_its_end():
    line = summary_line([("", "Translate this sentence into German: Good morning")], 30)
    assert line == "Translate this sent…od morning"


def test_a_summary_of_several_values_keeps_its_start():
    line = summary_line([("", "Hello"), ("Sender name", "Somebody")], 20)
    assert line == "Hello · Sender name…"
