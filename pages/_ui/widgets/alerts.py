"""Errors on the screen: what failed, why, and what to do next."""

import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lfclient import errors
from lfclient.common.formatting import clip
from lfclient.console.config.permissions import InstallNotAllowed
from lfclient.console.store.errors import StoreError
from lfclient.console.store.presets import PresetConflict, PresetNameTaken
from lfclient.errors import AddressNotAllowed, AddressRefused, LangflowError
from lfclient.runs import model
from pages._ui.widgets.markdown import escape, escape_message

log = logging.getLogger("langflow_console")

NOT_STARTED = "The run was not started."


class MissingValue(errors.InvalidRequest):
    """A required field is empty; `keys` are those of all such fields, where known."""

    default_hint = ""  # the heading says what to do

    def __init__(
        self, message: str, *, keys: frozenset[str] = frozenset(), hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.keys = keys


class NotReady(errors.InvalidRequest):
    """The flow needs something that can't be entered on this page."""


class UnusedSetting(errors.InvalidRequest):
    """A setting, such as a provider's key, is entered but neither used nor saved."""


# headings; the error's own message and hint follow
TITLES: dict[type[LangflowError], str] = {
    errors.Unreachable: "Can't reach the server",
    errors.NotLangflow: "This is not a Langflow server",
    errors.DeveloperApiDisabled: "The server's Workflow API is disabled",
    errors.InvalidKey: "The API key is not accepted",
    errors.MissingKey: "Enter an API key",
    errors.FlowNotFound: "Flow not found",
    errors.FlowChanged: "The flow was changed elsewhere",
    errors.UpdateFailed: "The flow can't be updated",
    errors.JobNotFound: "Run not found on the server",
    errors.SessionNotFound: "Session not found",
    errors.NotWaiting: "The run is not waiting for this decision",
    errors.InvalidRequest: "A value was rejected",
    MissingValue: "Fill in the required fields",
    NotReady: "The flow is not ready to run",
    UnusedSetting: "A setting is not used yet",
    errors.FileRefused: "The file was rejected",
    errors.Unsupported: "Not supported by this server",
    errors.ServerFault: "The server failed",
    errors.RateLimited: "Too many requests",
    errors.BadResponse: "Unexpected response from the server",
    errors.ResponseTooLarge: "The response is too large",
    model.WaitTimeout: "Timed out waiting for the run",
    AddressRefused: "Invalid address",
    AddressNotAllowed: "Address not allowed",
    InstallNotAllowed: "Not allowed",
    StoreError: "The console's database can't be used",
    PresetNameTaken: "The name is taken",
    PresetConflict: "The preset was changed elsewhere",
    LangflowError: "",  # its message comes first
}
_MAX_TEXT = 600  # characters of a message or hint


def title(error: LangflowError) -> str:
    """Return the heading of an error, by its closest class in `TITLES`; "" if it has none."""
    return next(TITLES[kind] for kind in type(error).__mro__ if kind in TITLES)


def show(error: LangflowError) -> None:
    """Draw an error: heading, message, hint."""
    show_message(title(error), error.message, error.hint)


def show_message(heading: str, message: str, hint: str = "", *, warning: bool = False) -> None:
    """Draw an error or warning, whose texts are escaped."""
    lines = [f"**{escape(heading)}**"] if heading else []
    if message:
        lines.append(escape_message(clip(message, _MAX_TEXT)))
    if hint:
        lines.append(f":material/arrow_forward: {escape_message(clip(hint, _MAX_TEXT))}")
    draw, icon = (st.warning, "warning") if warning else (st.error, "error")
    draw("\n\n".join(lines), icon=f":material/{icon}:")


@contextmanager
def show_errors() -> Iterator[None]:
    """Draw a `LangflowError` of the block in its place, and go on with the rest of the page."""
    try:
        yield
    except LangflowError as error:
        show(error)


def show_internal_error(error: BaseException) -> bool:
    """Draw an unexpected exception without its text, which may contain user input.

    The page shows the reference under which the log has the exception's class and source lines.
    Return True, so that Streamlit draws nothing itself.
    """
    reference = secrets.token_hex(4)
    log.error("error %s: %s at %s", reference, type(error).__name__, _source_lines(error))
    show_message(
        "Something in the console went wrong",
        f"The console's log says more under {reference}.",
        "Reload the page. Runs go on meanwhile, and Recent runs lists them.",
    )
    return True


def _source_lines(error: BaseException) -> str:
    """Return the last 8 files, lines and functions of the traceback, outermost first."""
    frames = traceback.extract_tb(error.__traceback__, limit=-8)
    return " > ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames) or "unknown"
