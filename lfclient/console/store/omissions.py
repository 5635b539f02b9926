"""Explain to people what is missing of a run, and why."""

from lfclient.console.store.run_record import RunRecord, StoredParts

# in an export that was written without the flow, whatever the cause
FLOW_MISSING = "The flow was not loaded: inputs and outputs may contain secrets that it stores."
MISSING_OUTPUTS_REASONS = {
    StoredParts.TOO_LARGE: "the response exceeds this console's size limit",
    StoredParts.NO_ROOM: "the disk of the console's database was full",
    StoredParts.NOT_WANTED: "this console stores no outputs",
    StoredParts.REMOVED: "they were deleted to make room for newer runs",
}
_PARTIAL = {
    StoredParts.WITHOUT_RAW: "The raw response is not stored: it exceeds this console's size "
    "limit.",
    StoredParts.WITHOUT_INPUTS: "This console stores no inputs. The raw response and the "
    "components' outputs, which may repeat them, are not stored either.",
}


def explain_missing_response(parts: StoredParts) -> str:
    """Return why parts of a response are not stored, "" if all are."""
    if parts in MISSING_OUTPUTS_REASONS:
        return f"The outputs are not stored: {MISSING_OUTPUTS_REASONS[parts]}."
    return _PARTIAL.get(parts, "")


def explain_missing_inputs(record: RunRecord) -> str:
    """Return why the inputs of a run are unknown, "" if they are known."""
    if not record.started_here:
        return "The inputs are unknown: another client started this run."
    if not record.inputs_stored:
        return "The inputs are not stored: this console stores none (LFCONSOLE_KEEP_INPUTS)."
    return ""
