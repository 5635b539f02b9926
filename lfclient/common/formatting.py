"""Sizes, durations, URLs and long texts as people read them."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

FIRST_WIDE_CHARACTER = "\u2e80"  # of the characters that are twice as wide

# embeddings, overrides and isolates
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")

_ERRNO = re.compile(r"\[(?:Errno|WinError) -?\d+\] ?")
_ADDRESS_OR_UUID = re.compile(
    r"(https?://\S+)|(?<![/\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])", re.IGNORECASE
)


def without_codes(text: str) -> str:
    """Return an error's text without system error numbers, and with an ellipsis for UUIDs.

    UUIDs in URLs are kept.
    """
    return _ADDRESS_OR_UUID.sub(lambda match: match[1] or "…", _ERRNO.sub("", text))


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with an ellipsis if some are omitted."""
    return text if len(text) <= limit else _rstrip(text[: limit - 1]) + "…"


def _rstrip(text: str) -> str:
    """Return a text without spaces and an ellipsis at its end."""
    return text.rstrip().rstrip("…").rstrip()


def end_sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends with a punctuation mark."""
    return text if not text or text.endswith((".", "!", "?", ":", "…")) else f"{text}."


def with_id(name: str, id: str, max_length: int | None = None) -> str:
    """Return "name, id", or only the name if `id` is empty.

    The name is clipped to `max_length`. The ID is never cut, because it distinguishes equal names.
    """
    name = name if max_length is None else clip(name, max_length)
    return f"{name}, {id}" if id else name


def with_number(name: str, number: int, max_length: int | None = None) -> str:
    """Return "name 2", or only the name if `number` is 0.

    The name is clipped to `max_length`. The number is never cut, because it distinguishes equal
    names.
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


def unique_names(
    names: Iterable[str],
    taken: Collection[str] = (),
    free_name: Callable[[str, Collection[str]], str] = unused_name,
) -> list[str]:
    """Return the names, with a free name in place of each taken or repeated name.

    A free name differs from all `names`: "Echo", "Echo", "Echo (2)" get "Echo (3)".
    """
    wanted = list(names)
    used = {*wanted, *taken}
    unclaimed = used - {*taken}
    unique = []
    for name in wanted:
        if name in unclaimed:
            unclaimed.remove(name)
            unique.append(name)
        else:
            unique.append(free_name(name, used))
            used.add(unique[-1])
    return unique


def clip_middle(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, a third of them from its end."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{_rstrip(text[: limit - end - 1])}…{text[-end:].lstrip('… ')}"


def summary_line(values: Sequence[tuple[str, str]], limit: int) -> str:
    """Return at most `limit` characters of values with their labels: `Hello · Rows: 3`.

    A single value loses its middle: prompts often differ at their end. Several lose the end.
    """
    lines = [f"{label}: {text}" if label else text for label, text in values]
    return (clip_middle if len(lines) == 1 else clip)(" · ".join(lines), limit)


def format_size(size: int | None) -> str:
    """Return a size in bytes as text: 512 B, 3.4 kB, 12 MB."""
    if size is None:
        return "size unknown"
    value, unit = float(size), "B"
    for larger_unit in ("kB", "MB", "GB"):
        if value < 999.5:  # larger values would be rounded to 1000
            break
        value, unit = value / 1000, larger_unit
    return f"{value:.0f} {unit}" if unit == "B" or value >= 9.95 else f"{value:.1f} {unit}"


def format_duration(seconds: float | None) -> str:
    """Return a duration as text: 0.4 s, 12 s, 3 min 05 s, 2 h 04 min."""
    if seconds is None:
        return "duration unknown"
    seconds = round(max(seconds, 0), 1)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_timing(seconds: float) -> str:
    """Return a short duration as text: 12 ms below 0.1 s, else like `format_duration`."""
    return f"{max(seconds, 0) * 1000:.0f} ms" if seconds < 0.0995 else format_duration(seconds)


def explain_read_error(error: OSError | UnicodeDecodeError) -> str:
    """Return why a text file couldn't be read, without its path and the error's number."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return error.strerror or type(error).__name__


def format_count(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 row" or "1,234 rows"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def list_names(names: Sequence[str], limit: int) -> str:
    """Return names for a sentence, such as "a, b and 3 more"."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def replace_surrogates(text: str) -> str:
    """Return `text` with question marks for lone surrogates, which browsers reject."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def escape_invisible(text: str) -> str:
    """Return `text` on one line, with an escape for each character that is not printable."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def remove_bidi_controls(text: str) -> str:
    """Return `text` without the characters that reverse the following text."""
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
    """Return an http(s) URL without user name, password, query and fragment, or "" for others."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    safe = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    # a password with a "/" or "#" ends the host
    is_whole = "@" not in f"{parts.path}{parts.query}{parts.fragment}"
    return safe if is_whole and parts.scheme in ("http", "https") and parts.hostname else ""
