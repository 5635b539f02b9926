"""The rows of the run history, for the table and for cards."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.common.formatting import clean_text, clip_middle, summary_line
from lfclient.console.store.run_record import RunSummary
from lfclient.console.store.search_text import MAX_INPUT_SUMMARY
from pages._ui.app import window
from pages._ui.history.view import ListView

STAR = "★"
MAX_CARD_TEXT = 160  # characters


@dataclass(frozen=True)
class ListRow:
    """A run in the list, with its `inputs` and its `output` as lines.

    `found` is the text around a search match. `is_shared` is whether a link shows the run's result.
    """

    run: RunSummary
    inputs: str = ""
    output: str = ""
    found: str = ""
    is_shared: bool = False


def build_rows(view: ListView, runs: Sequence[RunSummary]) -> list[ListRow]:
    """Return these runs' rows.

    A card shows the whole line, the table as much as fits into the column. Raise `StoreError` if
    the store fails.
    """
    limit = MAX_CARD_TEXT if window.is_narrow() else MAX_INPUT_SUMMARY
    snippets = view.load_snippets(runs)
    found = [clean_text(snippets.get(run.id, "")) for run in runs]
    inputs = [clean_text(summary_line(run.input_summary, limit)) for run in runs]
    outputs = [clean_text(clip_middle(run.output_summary, limit)) for run in runs]
    shared = view.load_shared(runs)
    return [
        ListRow(run, line, output, words, run.id in shared)
        for run, line, output, words in zip(runs, inputs, outputs, found, strict=True)
    ]


def attempts_text(run: RunSummary) -> str:
    """Return how often a run was sent, such as "sent twice", or "" for at most once."""
    if run.attempts < 2:
        return ""
    return "sent twice" if run.attempts == 2 else f"sent {run.attempts} times"


def image_url(run: RunSummary) -> str | None:
    """Return the run's thumbnail as a `data:` URL, or None without a thumbnail."""
    if run.thumbnail is None:
        return None
    return f"data:image/webp;base64,{base64.b64encode(run.thumbnail).decode('ascii')}"
