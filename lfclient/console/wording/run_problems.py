"""Why runs could not be executed or their outcome is unknown, and what to do about it."""

from lfclient.console.store.run_record import ProblemCode, RecordProblem
from lfclient.errors import InvalidKey, LangflowError, RateLimited
from lfclient.runs.error_causes import CauseCode

_OUTCOME_HINT = (
    "It may have run anyway: check the flow's messages or traces in Langflow before you run it "
    "again."
)
_TEXTS = {
    ProblemCode.NOT_STARTED: (
        "Not started: the database of runs did not confirm the record, and nothing was sent.",
        "Run it again.",
    ),
    ProblemCode.NEVER_SENT: (
        "The console restarted before this run was sent: nothing ran.",
        "Run it again. Secrets must be entered again: they are not stored.",
    ),
    ProblemCode.CALL_LOST: (
        "The console restarted while it waited for the response, which is lost.",
        _OUTCOME_HINT,
    ),
    ProblemCode.STREAM_LOST: (
        "The console restarted during this streamed call, which ended the run.",
        "It may have completed just before: check the flow's messages or traces in Langflow before "
        "you run it again.",
    ),
    ProblemCode.RESPONSE_LOST: ("{0}", _OUTCOME_HINT),
    ProblemCode.STOP_LOST: (
        "Langflow did not confirm the stop and no longer knows this run, as after a restart.",
        "It may still run: check the flow's messages or traces in Langflow before you run it "
        "again.",
    ),
    ProblemCode.FLOW_DELETED: (
        "The flow was deleted during this run, so Langflow no longer reports the result.",
        "The components, messages and outputs received so far are kept.",
    ),
    ProblemCode.JOB_UNKNOWN: (
        "The server no longer knows this job. {0}",
        "Its database may have been replaced, or the job was created with another API key.",
    ),
    ProblemCode.NOT_FOLLOWED: (
        "The console failed to follow this run ({0}).",
        "The console's log has the details. The run may continue on the server.",
    ),
    ProblemCode.SEARCH_STOPPED: (
        "{0} The search was stopped before the run was found.",
        _OUTCOME_HINT,
    ),
    ProblemCode.SEVERAL_FOUND: ("{0} Several runs on the server match.", _OUTCOME_HINT),
    ProblemCode.ANOTHER_LOST: (
        "{0} Another run was lost at that time, and what the server has may belong to it.",
        _OUTCOME_HINT,
    ),
    ProblemCode.NOT_FOUND: ("{0} The server has no trace of the run.", _OUTCOME_HINT),
}


def describe_problem(code: ProblemCode, value: str = "") -> RecordProblem:
    """Return a problem in words, with the value that the code's comment names."""
    message, hint = _TEXTS[code]
    return RecordProblem(message.format(value), hint, code)


def describe_error(error: LangflowError) -> RecordProblem:
    """Return the problem of a run whose request failed."""
    code = ""
    if isinstance(error, InvalidKey):
        code = CauseCode.LANGFLOW_KEY_REFUSED
    elif isinstance(error, RateLimited):
        code = CauseCode.LANGFLOW_BUSY
    return RecordProblem(error.message, error.hint, code)
