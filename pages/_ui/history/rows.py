"""The rows of the run history, for the table and for cards."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.common.formatting import (
    FIRST_WIDE_CHARACTER,
    clean_text,
    clip,
    clip_middle,
    summary_line,
)
from lfclient.console.store.equality import MOMENT
from lfclient.console.store.result_groups import ResultGroup, distinguish_results
from lfclient.console.store.run_record import RunSummary
from lfclient.console.store.search_text import MAX_INPUT_SUMMARY
from pages._ui.app import window
from pages._ui.history import groups
from pages._ui.history.view import ListView

STAR = "★"
MAX_CARD_TEXT = 160  # characters
_IN_SIGHT = 40  # characters that the table's narrowest column shows
_WIDE_IN_SIGHT = 20  # wide characters, such as Chinese, that the column shows


@dataclass(frozen=True)
class ListRow:
    """A run in the list, with its `inputs` and its `output` as lines.

    `found` is the text around a search match. `is_shared` is whether a link shows the run's result.
    `fingerprint` is "" unless other rows of the flow look alike but have different results. In a
    grouped list, the run represents its `group`.
    """

    run: RunSummary
    inputs: str = ""
    output: str = ""
    found: str = ""
    group: ResultGroup | None = None
    is_shared: bool = False
    fingerprint: str = ""

    @property
    def group_text(self) -> str:
        """The number of runs with this result, or "" for a single run and in a list of runs."""
        return groups.group_text(self.group) if self.group else ""


def build_rows(
    view: ListView, runs: Sequence[RunSummary], results: Sequence[ResultGroup] = ()
) -> list[ListRow]:
    """Return these runs' rows. In a grouped list, `runs` are the newest runs of the groups.

    A card shows the whole line, the table as much as fits into the column. Raise `StoreError` if
    the store fails.
    """
    are_cards = window.is_narrow()
    limit = MAX_CARD_TEXT if are_cards else MAX_INPUT_SUMMARY
    snippets = view.load_snippets(runs)
    found = [clean_text(snippets.get(run.id, "")) for run in runs]
    inputs = [clean_text(summary_line(run.input_summary, limit)) for run in runs]
    outputs = [clean_text(clip_middle(run.output_summary, limit)) for run in runs]
    shared = view.load_shared(runs)
    by_run = {group.run_id: group for group in results}
    if are_cards:
        texts = [
            clip(words, MAX_CARD_TEXT) or output
            for words, output in zip(found, outputs, strict=True)
        ]
        shown = [f"{_mask_moments(text)}\n{line}" for text, line in zip(texts, inputs, strict=True)]
    else:
        shown = [_mask_moments(_beginning(output)) for output in outputs]
    fingerprints = distinguish_results(runs, shown, whole_flows=not are_cards)
    return [
        ListRow(
            run,
            line,
            output,
            words,
            by_run.get(run.id),
            run.id in shared,
            fingerprints.get(run.id, ""),
        )
        for run, line, output, words in zip(runs, inputs, outputs, found, strict=True)
    ]


def _mask_moments(text: str) -> str:
    """Return a text of the same length, with times masked."""
    return MOMENT.sub(lambda match: "0" * len(match[0]), text)


def _beginning(line: str) -> str:
    beginning = line[:_IN_SIGHT]
    is_wide = max(beginning, default="") >= FIRST_WIDE_CHARACTER
    return beginning[:_WIDE_IN_SIGHT] if is_wide else beginning


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
