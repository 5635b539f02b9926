"""What nobody can know of a run any more, in words: the one place that says why."""

from __future__ import annotations

from lfclient.console.store.run_record import RunRecord, StoredParts

# why a run's outputs are not there
MISSING_OUTPUTS_REASONS = {
    StoredParts.TOO_LARGE: "the answer is larger than this console keeps",
    StoredParts.NOT_WANTED: "this console keeps no outputs",
    StoredParts.REMOVED: "they made room for those of later runs",
}
_WITHOUT = {
    StoredParts.WITHOUT_RAW: "The raw answer was not kept: it makes the answer larger than this "
    "console keeps.",
    StoredParts.WITHOUT_INPUTS: "This console keeps no inputs. Nor did it keep what may repeat "
    "them: the raw answer, and what each component returned on the way.",
}


def explain_missing_response(kept: StoredParts) -> str:
    """What of a run's answer the store does not have, and why; "" if it has all."""
    if kept in MISSING_OUTPUTS_REASONS:
        return f"The outputs are not kept: {MISSING_OUTPUTS_REASONS[kept]}."
    return _WITHOUT.get(kept, "")


def explain_missing_inputs(record: RunRecord) -> str:
    """Why it is not known what a run was given; "" if it is."""
    if not record.started_here:
        return "This run was not started in the console, so it is not known what it was given."
    if not record.inputs_stored:
        return (
            "What this run was given was not kept: the console is set up to keep no inputs "
            "(LFCONSOLE_KEEP_INPUTS)."
        )
    return ""
