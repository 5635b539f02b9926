"""Sizes, durations, addresses and long texts as people read them."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, pairwise
from os.path import commonprefix
from urllib.parse import urlsplit, urlunsplit

FIRST_WIDE_CHARACTER = "\u2e80"  # of those that are as wide as two

# a prefix of fewer characters that values share stays; of a longer one remain its start, and some
# characters before the difference
_MIN_ELIDED, _PREFIX_START, _PREFIX_END = 32, 16, 6
_SEPARATOR = " · "  # of the values of a summary
_MIN_CUT = 15  # characters of a value that is cut, without its label

# embeddings, overrides and isolates
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")

_ERRNO = re.compile(r"\[(?:Errno|WinError) -?\d+\] ?")
_ADDRESS_OR_UUID = re.compile(
    r"(https?://\S+)|(?<![/\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])", re.IGNORECASE
)


def without_codes(text: str) -> str:
    """Return an error's text without numbers of the system's errors, with an ellipsis for UUIDs.

    Addresses keep theirs.
    """
    return _ADDRESS_OR_UUID.sub(lambda match: match[1] or "…", _ERRNO.sub("", text))


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with an ellipsis if some are omitted."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def end_sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends with a punctuation mark."""
    return text if not text or text.endswith((".", "!", "?", ":", "…")) else f"{text}."


def with_id(name: str, id: str, max_length: int | None = None) -> str:
    """Return "name, id", or only the name if `id` is empty.

    The name is clipped to `max_length`. The id is never cut: it distinguishes equal names.
    """
    name = name if max_length is None else clip(name, max_length)
    return f"{name}, {id}" if id else name


def with_number(name: str, number: int, max_length: int | None = None) -> str:
    """Return "name 2", or only the name if `number` is 0.

    The name is clipped to `max_length`. The number is never cut: it distinguishes equal names.
    """
    name = name if max_length is None else clip(name, max_length)
    return f"{name} {number}" if number else name


def unused_name(name: str, used: Collection[str]) -> str:
    """Return `name`, with a number if it is used."""
    unused, number = name, 1
    while unused in used:
        number += 1
        unused = f"{name} ({number})"
    return unused


def clip_middle(text: str, limit: int) -> str:
    """Return at most `limit` characters: the start of `text`, and a third of them from its end."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 1].rstrip()}…{text[-end:].lstrip()}"


def join_values(values: Iterable[str]) -> str:
    """Return a summary of inputs: values with their labels, `Message: Hello · Rows: 3`.

    A separator within a value keeps its look, but not its spaces: the summary can be split.
    """
    return _SEPARATOR.join(value.replace(_SEPARATOR, "\u00a0·\u00a0") for value in values)


def align_summaries(texts: Sequence[str]) -> list[str]:
    """Return summaries of inputs so that their differences show in a list of them.

    They are as `join_values` makes them; an empty text stands for unknown inputs. The values that
    not all of them have come first, without most of a long common prefix. All values have their
    labels, unless it is the same one everywhere.
    """
    rows = [[value.partition(": ") for value in text.split(_SEPARATOR)] for text in texts]
    by_label: dict[str, list[str]] = {}
    for label, _, value in chain.from_iterable(rows):
        by_label.setdefault(label, []).append(value)
    elided = {
        label: dict(zip(values, _elide_common_prefix(values), strict=True))
        for label, values in by_label.items()
    }
    has_one_label = len(by_label.keys() - {""}) == 1
    known = [set(row) for row, text in zip(rows, texts, strict=True) if text]
    shared = set.intersection(*known) if known else set()

    def aligned(label: str, colon: str, value: str) -> str:
        value = elided[label][value]
        # a colon in a value that has no label keeps its look, too, but not its space
        return value.replace(": ", ":\u00a0") if has_one_label and colon else label + colon + value

    return [
        _SEPARATOR.join(aligned(*value) for value in sorted(row, key=shared.__contains__))
        for row in rows
    ]


def _elide_common_prefix(texts: Sequence[str]) -> list[str]:
    """Return the texts with most of a long common prefix omitted.

    `Please write a friendly letter, number 7` becomes `Please write a f… number 7` beside one that
    ends in `number 12`.
    """
    order = sorted(set(texts))
    # compares characters, as intended
    common_lengths = [len(commonprefix(pair)) for pair in pairwise(order)]  # noqa: RUF071
    elided = {}
    for number, text in enumerate(order):
        common = max([0, *common_lengths[max(number - 1, 0) : number + 1]])
        cut = text.rfind(" ", 0, max(common - _PREFIX_END, 0)) + 1
        is_short = cut < _MIN_ELIDED
        elided[text] = text if is_short else f"{text[:_PREFIX_START].rstrip()}… {text[cut:]}"
    return [elided[text] for text in texts]


def fit_values(summary: str, limit: int, *, has_labels: bool = True) -> str:
    """Return at most `limit` characters of a summary, a fair share of each value.

    It is as `join_values` makes it. Labels lose their beginning before values are cut. Values for
    which there is no room are counted: `Rows: 3 · +2`.
    """
    values = summary.split(_SEPARATOR)
    for count in range(len(values), 0, -1):
        rest = [f"+{len(values) - count}"] if count < len(values) else []
        room = limit - len(_SEPARATOR.join(["", *rest])) - len(_SEPARATOR) * (count - 1)
        share = _fair_share(values[:count], room)
        shown = [
            _shorten_label(value) if has_labels and len(value) > share else value
            for value in values[:count]
        ]
        share = max(_fair_share(shown, room), 1)
        starts = [
            value.find(": ") + 1 if has_labels else 0 for value in shown if len(value) > share
        ]
        if all(share - start >= _MIN_CUT for start in starts):
            break
    return _SEPARATOR.join([clip(value, share) for value in shown] + rest)


def _fair_share(texts: Sequence[str], room: int) -> int:
    """Return how long each text can be: those that are shorter leave room to others."""
    lengths = sorted(map(len, texts))
    for number, length in enumerate(lengths):
        share = room // (len(lengths) - number)
        if length > share:
            return share
        room -= length
    return lengths[-1]


def _shorten_label(value: str) -> str:
    """Return a value with only the last word of its label: `…1: OpenAI: gpt-4o`."""
    label, colon, _ = value.partition(": ")
    last_word = label.rfind(" ") + 1
    return f"…{value[last_word:]}" if colon and last_word else value


def format_size(size: int | None) -> str:
    """Return a size in bytes as text: 512 B, 3.4 kB, 12 MB."""
    if size is None:
        return "size unknown"
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def format_duration(seconds: float | None) -> str:
    """Return a duration as text: 0.4 s, 12 s, 3 min 05 s, 2 h 04 min."""
    if seconds is None:
        return "duration unknown"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_timing(seconds: float) -> str:
    """Return a short duration as text: 12 ms below 0.1 s, else like `format_duration`."""
    return f"{max(seconds, 0) * 1000:.0f} ms" if seconds < 0.1 else format_duration(seconds)


def explain_read_error(error: OSError | UnicodeDecodeError) -> str:
    """Return why a text file couldn't be read, without its path and the number of the error."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return error.strerror or type(error).__name__


def format_count(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 row" or "1,234 rows"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def replace_surrogates(text: str) -> str:
    """Return `text` with a question mark for each lone surrogate, which no browser accepts."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def remove_bidi_controls(text: str) -> str:
    """Return `text` without the characters that would reverse what stands after it."""
    return _BIDI_CONTROLS.sub("", text)


def clean_text(text: str) -> str:
    """Return `text` without lone surrogates and bidi controls."""
    return remove_bidi_controls(replace_surrogates(text))


def humanize(name: str) -> str:
    """Return an identifier as a label: `message_output` becomes Message output."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def extract_host(address: str) -> str:
    """Return the host of an http(s) URL, or "" for anything else."""
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return split.hostname or "" if split.scheme in ("http", "https") else ""


def strip_credentials(address: str) -> str:
    """Return the URL without user name, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
