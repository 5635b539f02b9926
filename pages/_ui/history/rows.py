"""What the list shows of a run, as a row of the table or as a card."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.common.formatting import FIRST_WIDE_CHARACTER, clean_text, clip
from lfclient.common.summaries import fit_inputs, fit_outputs
from lfclient.console.store.own_values import MOMENT
from lfclient.console.store.result_groups import ResultGroup, distinguish_results
from lfclient.console.store.run_record import RunSummary
from lfclient.console.store.search_text import MAX_INPUT_SUMMARY
from pages._ui.app import window
from pages._ui.history import groups
from pages._ui.history.view import ListView

STAR = "★"
MAX_CARD_TEXT = 160  # characters
_IN_SIGHT = 40  # characters that the narrowest column of the table shows,
_WIDE_IN_SIGHT = 20  # or of Chinese and the like


@dataclass(frozen=True)
class ListRow:
    """A run in the list, with its `inputs` and its `output` as lines.

    `found` has the words of the search, `is_shared` tells whether a link shows the run's result.
    `fingerprint` is "" unless rows of its flow look alike but have other results. In a list of
    results, the run stands for its `group`.
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
        """How many runs have this result; "" for a single one, and in a list of runs."""
        return groups.group_text(self.group) if self.group else ""


def build_rows(
    view: ListView, runs: Sequence[RunSummary], results: Sequence[ResultGroup] = ()
) -> list[ListRow]:
    """Return the rows of these runs, in a list of results the newest of each.

    The lines show where they differ from others: a card shows the whole line, a table as much as
    its column is wide. Raises `StoreError`.
    """
    are_cards = window.is_narrow()
    limit, in_sight = (MAX_CARD_TEXT, None) if are_cards else (MAX_INPUT_SUMMARY, _IN_SIGHT)
    snippets = view.load_snippets(runs)
    found = [clean_text(snippets.get(run.id, "")) for run in runs]
    lines = [clean_text(run.input_summary) for run in runs]
    inputs = fit_inputs(lines, limit, in_sight=in_sight)
    outputs = fit_output_lines(runs, limit, in_sight)
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


def fit_output_lines(runs: Sequence[RunSummary], limit: int, in_sight: int | None) -> list[str]:
    """Return at most `limit` characters of each run's outputs, with where they differ.

    They are compared with those of their flow. The difference is among the first `in_sight`.
    """
    lines = {run.id: clean_text(run.output_summary) for run in runs}
    fitted: dict[str, str] = {}
    for flow_id in {run.flow_id for run in runs}:
        ids = [run.id for run in runs if run.flow_id == flow_id]
        of_flow = [lines[id] for id in ids]
        shown = fit_outputs(of_flow, limit, in_sight=in_sight, mask=_mask_moments)
        fitted |= zip(ids, shown, strict=True)
    return [fitted[run.id] for run in runs]


def _mask_moments(text: str) -> str:
    """Return a text of the same length that other moments, such as those of a run, don't change."""
    return MOMENT.sub(lambda match: "0" * len(match[0]), text)


def _beginning(line: str) -> str:
    beginning = line[:_IN_SIGHT]
    is_wide = max(beginning, default="") >= FIRST_WIDE_CHARACTER
    return beginning[:_WIDE_IN_SIGHT] if is_wide else beginning


def attempts_text(run: RunSummary) -> str:
    """Return how often a run was sent, such as "sent twice"; "" if at most once."""
    if run.attempts < 2:
        return ""
    return "sent twice" if run.attempts == 2 else f"sent {run.attempts} times"


def image_url(run: RunSummary) -> str | None:
    """Return the run's thumbnail as a `data:` URL, None without one."""
    if run.thumbnail is None:
        return None
    return f"data:image/webp;base64,{base64.b64encode(run.thumbnail).decode('ascii')}"
