"""Hints that name the console's screens."""

import pytest

from lfclient.console.wording.hints import describe_need, error_hint
from lfclient.flows.need import Need, NeedKind
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import ErrorCause


@pytest.mark.parametrize("code", CauseCode)
def test_the_library_names_no_screen_of_the_console(code):
    cause = ErrorCause(code, "{name}", variable="KEY")
    assert error_hint(cause)
    assert not any(screen in str(cause) for screen in ("Setup", "Connection page"))


def test_a_missing_variable_is_entered_or_saved_in_setup():
    need = Need(NeedKind.VARIABLE, ("A.b",), "No variable “K”.", False, missing_variable="K")
    hint = "Enter a value, or save the variable in Setup."
    assert describe_need(need) == f"No variable “K”. {hint}"
    assert error_hint(ErrorCause(CauseCode.VARIABLE_MISSING, "K")) == hint
