"""Choices that change other fields: the form shows the flow as it is after them."""

from collections.abc import Mapping
from typing import Any

from lfclient.errors import LangflowError
from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.model import Flow
from lfclient.flows.refreshing import dynamic_choices
from pages._ui.connection import servers
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.form_state import FormState

_MAX_SECONDS = 30.0  # how long a run, a preset or a link waits for the effects of its choices


def apply_choices(
    state: FormState, server: ServerSession, stored: Flow, *, for_run: bool = False
) -> None:
    """Show the flow in the form as the form's choices change it.

    `stored` is the flow without the choices. Runs wait for every choice except model choices, which
    only reveal fields. Runs also wait for a model choice that may hide a variable. Raises
    `LangflowError` if the server has not returned the changes. The form then keeps its fields.
    """
    entered = {key: entry.value for key, entry in state.entries.values.items()}
    is_needed = for_run and _lacks_choices(state.flow, entered)
    max_wait = _MAX_SECONDS if is_needed else None
    try:
        flow = server.flow_with_choices(stored, entered, state.flow, max_wait)
    except LangflowError:
        state.has_unapplied_choices = True
        if is_needed or not for_run:
            raise
        return
    state.has_unapplied_choices = False
    state.flow = flow
    if flow.refreshed:
        state.seen_keys |= flow.fields_by_key.keys()


def show_fields_of(state: FormState, values: Mapping[str, Any]) -> None:
    """Let the form show the fields that the choices in these values bring, before it is filled."""
    server = servers.current()
    if server is None or server.owner != state.owner:
        return
    stored = state.flow.stored
    try:
        state.flow = server.flow_with_choices(stored, values, max_wait=_MAX_SECONDS)
    except LangflowError:
        return  # the values of hidden fields are reported as not fitting


def _lacks_choices(flow: Flow, overrides: Mapping[str, Any]) -> bool:
    """Return whether the flow lacks choices that matter to a run."""
    made = flow.choices
    named = {each.component for each in flow.fields if isinstance(each.default, Variable)}
    return any(
        key not in made or made[key] != value
        for key, value in dynamic_choices(flow, overrides).items()
        if flow.fields_by_key[key].kind is not FieldKind.MODEL
        or flow.fields_by_key[key].component in named
    )
