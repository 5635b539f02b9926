"""Lines that summarize the inputs and outputs of runs."""

import pytest

from lfclient.common.summaries import (
    fit_inputs,
    fit_outputs,
    fit_texts,
    fit_values,
    join_values,
    parse_inputs,
    parse_outputs,
)

LONG = "Message: Please write a friendly letter about the delay, number"
MODEL, GPT = "Language Model", "OpenAI: gpt-4o"


def align(lines):
    """Return the lines as a wide column has them, of which 40 characters are in sight."""
    return fit_inputs(lines, 300, in_sight=40)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [f"{LONG} 7", f"{LONG} 12"],
            ["Please write… the delay, number 7", "Please write… the delay, number 12"],
        ),
        ([f"{LONG} 7 · Rows: 1", f"{LONG} 7"], [f"Rows: 1 · {LONG} 7", f"{LONG} 7"]),
        (
            [f"{LONG} 7 · Rows: 1", f"{LONG} 8"],
            [
                "Message: Please wri… delay, number 7 · Rows: 1",
                "Message: Please wri… delay, number 8",
            ],
        ),
        (
            [f"Site: https://a.test/{'path/' * 9}{number}" for number in (1, 2)],
            [f"https://a.tes…{'path/' * 4}{number}" for number in (1, 2)],
        ),
        ([LONG, LONG, "Hello"], [LONG.partition(": ")[2]] * 2 + ["Hello"]),
        ([f"{LONG} 7", "Message: Please stop"], [f"{LONG} 7"[9:], "Please stop"]),
        ([], []),
    ],
)
def test_the_first_difference_of_a_value_is_in_sight(lines, expected):
    """Values that differ early and equal ones stay unchanged."""
    assert align(lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a: 1 · b: 2", "b: 3 · a: 1"], ["b: 2 · a: 1", "b: 3 · a: 1"]),
        (["a: 1 · b: 2", "", "a: 1 · b: 3"], ["b: 2 · a: 1", "", "b: 3 · a: 1"]),
        (["a: 1 · b: 2", "a: 1 · b: 2"], ["a: 1 · b: 2", "a: 1 · b: 2"]),
        (["a: 1", "b: 2 · c: 3"], ["a: 1", "b: 2 · c: 3"]),
    ],
)
def test_the_values_that_not_all_have_come_first(lines, expected):
    """An empty line has nothing in common with others."""
    assert align(lines) == expected


def test_the_first_difference_of_outputs_is_in_sight_unless_it_is_masked():
    """The values keep their order."""
    long = "Here is the letter that you have asked me for, "
    lines = [f"{long}1 · +1 output", f"{long}2 · +1 output", "Hi", f"{long}1 · +1 output"]
    first = "Here is th… me for, 1 · +1 output"
    assert fit_outputs(lines, 300, in_sight=30) == [first, first.replace("1 ·", "2 ·"), "Hi", first]
    masked = fit_outputs(lines, 300, in_sight=30, mask=lambda line: line.replace("2", "1"))
    assert masked == lines


def test_all_values_have_labels_or_none_has():
    assert align(["Message: one", "Message: two", ""]) == ["one", "two", ""]
    lines = ["Message: one", "Message: two · Rows: 3"]
    assert align(lines) == ["Message: one", "Message: two · Rows: 3"]
    assert align(["Message: A note: two words"]) == ["A note: two words"]
    assert fit_inputs(["Message: A note: two words"], 14) == ["A note: two w…"]
    assert fit_values(parse_outputs("it says: two words"), 14) == "it says: two…"


def test_an_emptied_value_is_called_empty():
    """An empty line is that of unknown inputs."""
    assert align(["Message:  · Rows: 3", "Message: "]) == [
        "Rows: 3 · Message: empty",
        "Message: empty",
    ]
    assert align(["Message: ", "Message: Oslo", ""]) == ["empty", "Oslo", ""]


def test_models_of_other_runs_differ_beside_their_whole_label():
    lines = [
        " · ".join(f"{MODEL} {number}: {GPT}-{size}" for number in range(1, 5))
        for size in ("mini", "held")
    ]
    assert fit_inputs(lines, 28) == [f"{MODEL} 1: Ope…{size}" for size in ("mini", "held")]
    assert fit_inputs(lines, 60) == [f"{MODEL} 1: {GPT}-{size} · +3" for size in ("mini", "held")]


def test_a_cut_next_to_an_ellipsis_has_one():
    start, middle = "How does this", "and more of it, " * 5
    lines = [f"{start}… {middle}{number} {'x' * 80}" for number in (1, 2)]
    for limit in range(20, 80):
        assert not any("……" in line for line in fit_texts(lines, limit))


def test_a_value_with_a_separator_in_it_stays_whole():
    lines = [join_values(["a: 1", f"b: x · c: {number}", "d: 1"]) for number in (2, 3)]
    assert [each.replace("\u00a0", " ") for each in align(lines)] == [
        "b: x · c: 2 · a: 1 · d: 1",
        "b: x · c: 3 · a: 1 · d: 1",
    ]


@pytest.mark.parametrize(
    ("line", "limit", "expected"),
    [
        ("a: 1 · b: 2", 11, "a: 1 · b: 2"),
        (f"{MODEL} 1: {GPT} · {MODEL} 2: {GPT}-held", 45, f"{MODEL} 1: {GPT} · +1"),
        (f"{LONG} · Rows: 3", 40, "Message: Please write a frien… · Rows: 3"),
        (f"Rows: 3 · {LONG}", 40, "Rows: 3 · Message: Please write a frien…"),
        ("Look up the weather: 3 · Find a hotel: 5", 29, "Look up the weather: 3 · +1"),
        (
            " · ".join(f"Question {n}: forty-two" for n in range(9)),
            40,
            "Question 0: forty-two · +8",
        ),
        ("Lisbon in spring", 8, "Lisbon…"),
        (f"{MODEL} 1: {GPT}-held · {MODEL} 2: {GPT}-mini", 30, f"{MODEL} 1: OpenAI: gpt…"),
        ("word " * 9 + "· +1 output", 30, "word word word wo… · +1 output"),
        ("Ask the weather service: 3 · Rows: 5", 20, "…service: 3 · +1"),
        ("Message: How does this… work", 24, "Message: How does this…"),
        ("", 8, ""),
    ],
)
def test_each_value_of_a_cut_line_keeps_a_share_of_the_room(line, limit, expected):
    """Labels stay whole, but for a long one of an only value; none is cut to a few letters."""
    fitted = fit_values(parse_inputs(line), limit)
    assert fitted == expected
    assert len(fitted) <= limit


def question(about, rows):
    return f"Message: Please tell me {about} · Rows per page: {rows}"


@pytest.mark.parametrize(
    "lines",
    [
        [question(f"about {city} in spring", 1) for city in ("Lisbon", "London", "Porto")],
        [question("about Lisbon in spring", rows) for rows in (1, 2)],
        [question("all", 1), question("all", 2), question("how", 1)],
        [f"{MODEL} 1: {GPT}-{size} · {MODEL} 2: {GPT}-{size}" for size in ("mini", "held")],
        [f"Site: https://a.test/{'path/' * 9}{number}/index.html" for number in range(1, 9)],
    ],
)
@pytest.mark.parametrize("limit", [28, 60])
def test_other_inputs_have_other_lines_in_a_narrow_column(lines, limit):
    fitted = fit_inputs([*lines, lines[0]], limit)
    assert len(set(fitted)) == len(lines)
    assert fitted[-1] == fitted[0]
    assert max(map(len, fitted)) <= limit


@pytest.mark.parametrize("ends", [["a", "b", "c"], ["a b", "a c", "d"], ["", "a", "a b"]])
def test_long_texts_that_differ_late_differ_when_cut(ends):
    texts = ["word " * 200 + end for end in ends]
    shown = fit_texts([*texts, texts[0]], 40)
    assert len(set(shown)) == len(ends)
    assert shown[-1] == shown[0]
    assert all(text.startswith("word word") for text in shown)
    assert max(map(len, shown)) <= 40


def test_a_text_that_fits_is_whole():
    texts = ["short", "word " * 7 + "a", "word " * 7 + "b"]
    assert fit_texts(texts, 40) == texts
