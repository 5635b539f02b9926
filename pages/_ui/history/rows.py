"""What the list shows of a run, as a row of the table or as a card."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from lfclient.common.formatting import clean_text
from lfclient.common.summaries import Values, align_inputs
from lfclient.console.store.result_groups import ResultGroup, distinguish_results
from lfclient.console.store.run_record import RunSummary
from pages._ui.history import groups
from pages._ui.history.view import ListView

STAR = "★"


@dataclass(frozen=True)
class ListRow:
    """A run in the list; its `inputs` are as `align_inputs` returns them.

    `found` has the words of the search, `is_shared` tells whether a link shows the run's result.
    `fingerprint` is "" unless rows of its flow look alike but have other results. In a list of
    results, the run stands for its `group`.
    """

    run: RunSummary
    inputs: Values = ()
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

    Raises `StoreError`.
    """
    found = view.load_snippets(runs)
    inputs = align_inputs([clean_text(run.input_summary) for run in runs])
    shared = view.load_shared(runs)
    by_run = {group.run_id: group for group in results}
    fingerprints = distinguish_results(runs)
    return [
        ListRow(
            run,
            values,
            clean_text(found.get(run.id, "")),
            by_run.get(run.id),
            run.id in shared,
            fingerprints.get(run.id, ""),
        )
        for run, values in zip(runs, inputs, strict=True)
    ]


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
