"""Hints that name the console's screens, by what an error or a need lacks; help on run modes."""

from lfclient.flows.need import Need
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import ErrorCause
from lfclient.wire.modes import Mode

_ADD_VARIABLE = "Enter a value, or save the variable in Setup."
UPDATE = "Update the flow's components in Setup."
_HINTS = {
    CauseCode.KEY_MISSING: "Enter the key in Setup, or save it on the server as {0.variable}.",
    CauseCode.VARIABLE_MISSING: _ADD_VARIABLE,
    CauseCode.VALUE_MISSING: _ADD_VARIABLE,
    CauseCode.MODEL_MISSING: "Choose a model in Setup.",
    CauseCode.MODEL_UNKNOWN: "Choose another model in Setup.",
    CauseCode.BASE_OR_PROVIDER_UNKNOWN: "Choose another one in Setup.",
    CauseCode.COMPONENT_OUTDATED: UPDATE,
    CauseCode.CONNECTION_INVALID: f"{UPDATE} Otherwise connect them again in Langflow's editor.",
    CauseCode.SUBFLOW_MISSING: "Add that flow to the server, or choose another one in Setup.",
    CauseCode.SEVERAL_CHAT_INPUTS: "Choose synchronous mode, then run again.",
    CauseCode.FLOW_MISSING: "Choose one in Setup.",
}
# where no component of the flow can be updated
_UP_TO_DATE = {
    CauseCode.COMPONENT_OUTDATED: "Correct its code in Langflow's editor, or replace it.",
    CauseCode.CONNECTION_INVALID: "Connect both components again in Langflow's editor.",
    CauseCode.VALUE_REFUSED: "Check its values and connections.",
}
MODE_HELP = {
    Mode.BACKGROUND: "Keeps running if you close the page. Very long results may be truncated.",
    Mode.SYNC: (
        "Returns complete results. Stop only stops waiting; the run continues on the server."
    ),
    Mode.STREAM: "Shows progress as it happens. The run ends if its connection is lost.",
}


def error_hint(cause: ErrorCause, *, can_update: bool = True) -> str:
    """Return where in the console an error's cause is fixed, else the cause's own hint.

    `can_update` is False if an update of the flow's components can't be the solution.
    """
    hint = _HINTS.get(cause.code) if can_update else _UP_TO_DATE.get(cause.code)
    return hint.format(cause) if hint else cause.hint


def describe_need(need: Need) -> str:
    """Return a need's message, with what to do about a missing variable."""
    return f"{need.message} {_ADD_VARIABLE}" if need.missing_variable else need.message
