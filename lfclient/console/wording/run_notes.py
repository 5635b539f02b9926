"""Sentences of a run's notes and problems, and of results that Langflow did not compute."""

from collections.abc import Iterable, Sequence

from lfclient.console.store.notes import Note, NoteCode, has_code
from lfclient.console.store.run_record import ProblemCode, RecordProblem, RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.errors import InvalidKey, LangflowError, RateLimited
from lfclient.flows.model import Flow
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.components import ComponentState
from lfclient.runs.model import Run, RunStatus

_SENTENCES = {
    NoteCode.TEXT: "{0.text}",
    NoteCode.NOT_ACCEPTED: (
        "The server did not accept the run. It is sent again at {0.at:%H:%M:%S} UTC."
    ),
    NoteCode.KEY_NEEDED_TO_SEND: (
        "Not sent: API key needed. Connect with a key of the same user to send the run."
    ),
    NoteCode.UNREACHABLE: "No response since {0.at:%H:%M:%S} UTC. Retrying.",
    NoteCode.FAILING: "The server has not responded properly since {0.at:%H:%M:%S} UTC.",
    NoteCode.RETRYING: "The console keeps trying.",
    NoteCode.RETRY_REQUESTED: "At its request, the console tries again at {0.at:%H:%M:%S} UTC.",
    NoteCode.STOP_RETRY_REQUESTED: (
        "At its request, the stop is sent again at {0.at:%H:%M:%S} UTC."
    ),
    NoteCode.KEY_NEEDED: (
        "Updates paused: API key needed. The run continues on the server. Connect with a key of "
        "the same user to resume updates."
    ),
    NoteCode.KEY_REJECTED: (
        "The server rejects the API key, so this run can't be followed or stopped. It continues on "
        "the server. Enter a valid key of the same Langflow user on the Connection page."
    ),
    NoteCode.OTHER_SERVER: (
        "This run was started on {0.text}. The server that now has this name doesn't know it."
    ),
    NoteCode.NOT_FOLLOWED: "This run can't be followed.",
    NoteCode.RUNNING_SILENTLY: (
        "This run has sent no updates for more than {0.number} minutes. A component may take that "
        "long."
    ),
    NoteCode.QUEUED_SILENTLY: (
        "This run has been queued for more than {0.number} minutes. The server may be busy with "
        "other runs."
    ),
    NoteCode.OVERTAKEN: (
        "This run has been queued for more than {0.number} minutes, and later runs have started. "
        "Langflow has probably lost it, as in a restart: stop it, then run it again."
    ),
    NoteCode.CONTACT_LOST: (
        "This run has sent no updates for more than {0.number} minutes, and the connection to "
        "Langflow was interrupted. If Langflow was restarted in the meantime, the run will never "
        "end: stop it, then run it again."
    ),
    NoteCode.DECISION_REFUSED: "The decision was not accepted.",
    NoteCode.DECISION_LOST: (
        "The run still waits: the server did not continue after the decision, which may have been "
        "lost. Decide again."
    ),
    NoteCode.DECISION_OUTDATED: "The run no longer waits for this decision.",
    NoteCode.DECISION_NOT_SENT: "The decision was not sent: the run was being stopped.",
    NoteCode.DECISION_UNCONFIRMED: "The decision was sent, but the response was lost.",
    NoteCode.RESTARTED: "The console restarted before the server had responded.",
    NoteCode.RESPONSE_LOST: "The server's response was lost.",
    NoteCode.CONNECTION_BROKE: "The connection broke before the run ended.",
    NoteCode.SEARCHING: "The console looks for the run on the server and follows it if found.",
    NoteCode.SEARCH_REQUESTED: "It does so at {0.at:%H:%M:%S} UTC, as the server requested.",
    NoteCode.SEARCH_EARLY: (
        "It does so at {0.at:%H:%M:%S} UTC, sooner than the server requested, and does not send "
        "the run again."
    ),
    NoteCode.SEARCH_FAILED: "At {0.at:%H:%M:%S} UTC: {0.text}",
    NoteCode.SEARCHING_END: "The console checks on the server how the run ended.",
    NoteCode.STREAM_SILENT: (
        "Nothing has arrived for more than {0.number} seconds. A component may take that long, or "
        "the connection is broken: the console checks on the server how the run ended."
    ),
    NoteCode.STOPPED: "Stopped on the server.",
    NoteCode.STOPPED_UNSENT: "Stopped before it was sent to the server: nothing ran.",
    NoteCode.STOPPED_WAITING: (
        "The console closed the connection and no longer waits. Langflow can't stop a synchronous "
        "run: if it has reached the server, it continues there. Check the flow's messages or "
        "traces in Langflow before you run it again."
    ),
    NoteCode.STOPPED_STREAM: (
        "Stopped: the console closed the connection. Langflow ends the run as soon as it notices; "
        "a proxy in between may keep it from noticing."
    ),
    NoteCode.STOPPED_SEARCHING: "The console no longer looks for the run on the server.",
    NoteCode.STOP_REFUSED: "The server refused to stop the run.",
    NoteCode.STOP_UNCONFIRMED: (
        "The server has accepted the stop, but not confirmed that the run has ended."
    ),
    NoteCode.NOT_STOPPABLE: "Not stopped: the run had already ended, or can't be stopped.",
    NoteCode.ENDED_BEFORE_STOP: "The run ended before the stop took effect.",
}
_MAX_NAME_LENGTH = 60
_MAX_NAMES = 5
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
        "Langflow did not confirm the stop and no longer lists this run, as after a restart.",
        "It may still run: check the flow's messages or traces in Langflow before you run it "
        "again.",
    ),
    ProblemCode.FLOW_DELETED: (
        "The flow was deleted during this run, so Langflow no longer reports the result.",
        "The components, messages and outputs received so far are kept.",
    ),
    ProblemCode.JOB_UNKNOWN: (
        "The server no longer lists this job. {0}",
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


def describe_notes(notes: Iterable[Note]) -> str:
    """Return the sentences of notes; "" if there are none."""
    return " ".join(filter(None, (_SENTENCES[note.code].format(note) for note in notes)))


def describe_stop(record: RunRecord) -> str:
    """Return the result of an ended run's stop; "" if there is none or the status shows it."""
    is_shown = record.status is RunStatus.CANCELLED and has_code(
        record.stop_result, NoteCode.STOPPED
    )
    return "" if is_shown else describe_notes(record.stop_result)


def cached_results_text(run: Run, flow: Flow | None) -> str:
    """Return which components returned a cached result, or may have; "" if none did.

    They may have if the flow freezes them and the server doesn't tell.
    """
    names = ComponentNames(flow, run.components)
    cached = [id for id, component in run.components.items() if component.cached]
    if cached:
        labels = [names.label(id, max_length=_MAX_NAME_LENGTH) for id in cached]
        return f"{_are_frozen(labels)}: Langflow returned a cached result, maybe of another run."
    possible = [
        names.label(leaf.id, max_length=_MAX_NAME_LENGTH)
        for leaf in (flow.leaves if flow else ())
        if leaf.frozen and leaf.runs and _may_be_cached(run, leaf.id)
    ]
    if possible:
        return f"{_are_frozen(possible)}: Langflow may have returned a result of another run."
    return ""


def _may_be_cached(run: Run, component_id: str) -> bool:
    component = run.components.get(component_id)
    if component is None:
        return True
    has_returned = component.state in (ComponentState.DONE, ComponentState.UNKNOWN)
    return component.cached is None and has_returned


def _are_frozen(labels: Sequence[str]) -> str:
    if len(labels) > _MAX_NAMES:
        return f"{len(labels)} components are frozen"
    return f"{' and '.join(labels)} {'is' if len(labels) == 1 else 'are'} frozen"


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
