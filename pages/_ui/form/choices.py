"""Choices that change other fields: the form shows the flow as it is after them."""

from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.refreshing import dynamic_choices
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form_state import FormState


def apply_choices(
    state: FormState, server: ServerSession, stored: Flow, max_wait: float | None = None
) -> StillLoading | None:
    """Let the form show the flow after its choices, or return what it waits for.

    `stored` is the flow without them. A flow that the server can't refresh is shown as before.
    """
    choices = dynamic_choices(state.flow, state.overrides())
    state.is_refreshing = False
    try:
        state.flow = server.refreshed_flow(stored, choices, max_wait)
    except StillLoading as waiting:
        state.is_refreshing = True
        return waiting
    except LangflowError:
        if state.flow.refreshed is None:
            state.flow = stored
    return None
