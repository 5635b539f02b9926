"""Shortened texts; sizes, durations and addresses as text."""

import uuid

import pytest

from lfclient.common.formatting import (
    align_summaries,
    clip,
    clip_middle,
    end_sentence,
    extract_host,
    fit_values,
    format_count,
    format_duration,
    format_size,
    humanize,
    join_values,
    without_codes,
)

LONG = "Message: Please write a friendly letter about the delay, number"
MODEL, GPT = "Language Model", "OpenAI: gpt-4o"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            [f"{LONG} 7", f"{LONG} 12"],
            ["Please write a f… number 7", "Please write a f… number 12"],
        ),
        (
            [f"{LONG} 7 · Rows: 1", f"{LONG} 7"],
            [f"Rows: 1 · {LONG} 7", f"{LONG} 7"],
        ),
        (
            [f"{LONG} 7 · Rows: 1", f"{LONG} 8"],
            [
                "Message: Please write a f… number 7 · Rows: 1",
                "Message: Please write a f… number 8",
            ],
        ),
        (
            [f"{MODEL} 1: {model} · {MODEL} 2: {GPT}-held" for model in (f"{GPT}-held", GPT)],
            [f"{MODEL} 1: {model} · {MODEL} 2: {GPT}-held" for model in (f"{GPT}-held", GPT)],
        ),
        ([LONG, LONG, "Hello"], [LONG, LONG, "Hello"]),
        ([f"{LONG} 7", "Message: Please stop"], [f"{LONG} 7"[9:], "Please stop"]),
        ([], []),
    ],
)
def test_a_long_common_prefix_of_a_value_is_elided(texts, expected):
    """Short prefixes and equal values stay unchanged."""
    assert align_summaries(texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a: 1 · b: 2", "b: 3 · a: 1"], ["b: 2 · a: 1", "b: 3 · a: 1"]),
        (["a: 1 · b: 2", "", "a: 1 · b: 3"], ["b: 2 · a: 1", "", "b: 3 · a: 1"]),
        (["a: 1 · b: 2", "a: 1 · b: 2"], ["a: 1 · b: 2", "a: 1 · b: 2"]),
        (["a: 1", "b: 2 · c: 3"], ["a: 1", "b: 2 · c: 3"]),
    ],
)
def test_the_values_that_not_all_have_come_first(texts, expected):
    """An empty text has nothing in common with others."""
    assert align_summaries(texts) == expected


def test_all_values_have_labels_or_none_has():
    assert align_summaries(["Message: one", "Message: two", ""]) == ["one", "two", ""]
    texts = ["Message: one", "Message: two · Rows: 3"]
    assert align_summaries(texts) == ["Message: one", "Message: two · Rows: 3"]
    (note,) = align_summaries(["Message: A note: two words"])
    assert note.replace("\u00a0", " ") == "A note: two words"
    assert fit_values(note, 14) == f"{note[:13]}…"
    assert fit_values("it says: two words", 14, has_labels=False) == "it says: two…"


def test_a_value_with_a_separator_in_it_stays_whole():
    summaries = [join_values(["a: 1", f"b: x · c: {number}", "d: 1"]) for number in (2, 3)]
    assert [each.replace("\u00a0", " ") for each in align_summaries(summaries)] == [
        "b: x · c: 2 · a: 1 · d: 1",
        "b: x · c: 3 · a: 1 · d: 1",
    ]


@pytest.mark.parametrize(
    ("summary", "limit", "expected"),
    [
        ("a: 1 · b: 2", 11, "a: 1 · b: 2"),
        (f"{MODEL} 1: {GPT} · {MODEL} 2: {GPT}-held", 45, f"…1: {GPT} · …2: {GPT}-held"),
        (f"{LONG} · Rows: 3", 40, "Message: Please write a frien… · Rows: 3"),
        (f"Rows: 3 · {LONG}", 40, "Rows: 3 · Message: Please write a frien…"),
        ("Look up the weather: 3 · Find a hotel: 5", 29, "…weather: 3 · …hotel: 5"),
        (
            " · ".join(f"Question {n}: forty-two" for n in range(9)),
            40,
            "…0: forty-two · …1: forty-two · +7",
        ),
        ("Lisbon in spring", 8, "Lisbon…"),
        (f"{MODEL} 1: {GPT}-held · {MODEL} 2: {GPT}-mini", 30, f"…1: {GPT}-held · +1"),
        ("word " * 9 + "· +1 output", 30, "word word word wo… · +1 output"),
        ("", 8, ""),
    ],
)
def test_each_value_of_a_cut_summary_keeps_a_share_of_the_room(summary, limit, expected):
    """A label gives up its beginning before its value is cut; no value is cut to a few letters."""
    fitted = fit_values(summary, limit)
    assert fitted == expected
    assert len(fitted) <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invalid URL", "Invalid URL."),
        ("Invalid.", "Invalid."),
        ("Which one?", "Which one?"),
        ("", ""),
    ],
)
def test_a_sentence_gets_a_full_stop_if_it_has_none(text, expected):
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
    [(0.44, "0.4 s"), (12.9, "12 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")],
)
def test_durations_have_tenths_only_below_ten_seconds(seconds, words):
    assert format_duration(seconds) == words


def test_an_unknown_duration_is_called_so():
    assert format_duration(None) == "duration unknown"


@pytest.mark.parametrize(
    ("size", "words"),
    [(None, "size unknown"), (512, "512 B"), (3400, "3.4 kB"), (12_000_000, "12 MB")],
)
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


def test_an_identifier_becomes_a_label():
    assert humanize("dataframe_output") == "Dataframe output"
    assert humanize("toJSON") == "ToJSON"
