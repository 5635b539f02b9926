"""An error, as a person needs it: what happened, where, and what to do next."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lfclient import errors
from lfclient.common.formatting import clip
from lfclient.console.store.errors import StoreError
from lfclient.console.store.presets import PresetConflict, PresetNameTaken
from lfclient.errors import LangflowError
from lfclient.runs import model
from pages._ui.widgets.markdown import escape


class MissingValue(errors.InvalidRequest):
    """A run was asked for without a value that its flow requires."""


log = logging.getLogger("langflow_console")

# what happened, in a few words; the error's own message and hint follow
TITLES: dict[type[LangflowError], str] = {
    errors.Unreachable: "The server does not answer",
    errors.NotLangflow: "This is not a Langflow server",
    errors.DeveloperApiDisabled: "The server's Workflow API is switched off",
    errors.InvalidKey: "The API key is not accepted",
    errors.FlowNotFound: "The flow is not there",
    errors.JobNotFound: "The run is not known to the server",
    errors.SessionNotFound: "The session is not there",
    errors.NotWaiting: "The run does not wait for that",
    errors.InvalidRequest: "A value was refused",
    MissingValue: "A value is missing",
    errors.FileRefused: "The file was refused",
    errors.Unsupported: "This server cannot do that",
    errors.ServerFault: "The server failed",
    errors.BadAnswer: "The server's answer makes no sense",
    model.WaitTimeout: "The run takes longer than was waited for",
    StoreError: "The console's records cannot be used",
    PresetNameTaken: "The name is taken",
    PresetConflict: "Somebody else was quicker",
}
_MAX_TEXT = 600


def title(error: LangflowError) -> str:
    """The heading for an error; the nearest known class decides."""
    for kind in type(error).__mro__:
        if kind in TITLES:
            return TITLES[kind]
    return "That did not work"


def show(error: LangflowError) -> None:
    """Draw an error: heading, what was said, what to do."""
    show_message(title(error), error.message, error.hint)


def show_message(heading: str, message: str, hint: str = "", *, warning: bool = False) -> None:
    """Draw a fault that is given in words, all of which may come from somebody else."""
    lines = [f"**{escape(heading)}**"]
    if message:
        lines.append(escape(clip(message, _MAX_TEXT)))
    if hint:
        lines.append(f":material/arrow_forward: {escape(clip(hint, _MAX_TEXT))}")
    draw, icon = (st.warning, "warning") if warning else (st.error, "error")
    draw("\n\n".join(lines), icon=f":material/{icon}:")


@contextmanager
def show_errors() -> Iterator[None]:
    """Draw what goes wrong inside, where it goes wrong, and leave the rest of the page alone."""
    try:
        yield
    except LangflowError as error:
        show(error)


def show_internal_error(error: BaseException) -> bool:
    """Draw a fault of the console itself, without its text, which may hold what somebody typed.

    The log gets the kind of the error and the places in the code, found again by a number that
    the page shows. Returns True: Streamlit is to draw nothing of its own.
    """
    number = secrets.token_hex(4)
    log.error("fault %s: %s at %s", number, type(error).__name__, _places(error))
    show_message(
        "Something in the console went wrong",
        f"It is not a fault of the flow or its server. The console's log has it as {number}.",
        "Reload the page: runs go on meanwhile and are listed under Recent runs.",
    )
    return True


def _places(error: BaseException) -> str:
    """The files, lines and functions that an exception passed through, oldest first."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(places[-8:]) or "an unknown place"
