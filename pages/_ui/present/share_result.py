"""Share the result of one run: an address that shows it to whoever can reach the console."""

from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st

from lfclient.common.formatting import clip, replace_surrogates
from lfclient.common.redaction import Redactor
from lfclient.console.present.presentation import (
    MAX_VALUE,
    PURPOSE,
    Presentation,
    SharedInput,
    SharedResult,
)
from lfclient.console.presets.share_links import page_url
from lfclient.console.store.errors import ConstraintViolated
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.input_values import one_line, value_text
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow
from lfclient.flows.needs import find_needs
from lfclient.flows.run_inputs import InputValue, describe_inputs
from lfclient.resources.server_resources import ServerResources
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import require_access
from pages._ui.present import problems
from pages._ui.present.presented import input_keys, output_titles, own_labels
from pages._ui.state.notices import notify_errors
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, controls, copy_button


def draw(
    server: ServerSession,
    record: RunRecord,
    flow: Flow | None,
    *,
    is_audience: bool = False,
) -> None:
    """Draw a menu that shares the result of a run, once there is one; an audience can't revoke."""
    draw_section = section(server, record, flow, is_audience=is_audience)
    if draw_section is None:
        return
    menu = st.popover("Share result", key=f"share-result-{record.id}", on_change="rerun")
    if menu.open:
        with menu:
            draw_section()


def section(
    server: ServerSession,
    record: RunRecord | None,
    flow: Flow | None,
    *,
    is_audience: bool = False,
) -> Callable[[], None] | None:
    """Return what draws the part of a menu that shares a result, None if there is no result.

    `flow` is the one on the page.
    """
    if record is None or not record.ended or record.run is None:
        return None
    own_flow = flow if flow and flow.id == record.flow_id else None
    return partial(_draw_section, server, record, own_flow, is_audience)


def _draw_section(
    server: ServerSession, record: RunRecord, flow: Flow | None, is_audience: bool
) -> None:
    st.markdown("**Share result**")
    problem = _problem(record).take()
    if problem:
        (problems.show_refusal if is_audience else alerts.show)(problem)
    count = app_context().runner.store.shares.count(server.owner, record.id)
    address = _address(record).get()
    if address and count:
        st.caption("Copy the link now: it can't be shown again after you reload.")
        copy_button.draw_address(f"share-copy-{record.id}", address, takes_focus=True)
    if count > 1 and not is_audience and _revoking(record).get():
        _draw_question(server, record, count)
    else:
        _draw_buttons(server, record, flow, count, is_audience=is_audience)
    st.caption(
        "Shows this one result, read-only, to anyone who can reach the console and has the link."
    )


def _draw_buttons(
    server: ServerSession, record: RunRecord, flow: Flow | None, count: int, *, is_audience: bool
) -> None:
    with st.container(horizontal=True):
        st.button(
            "Create another link" if count else "Create link",
            key=f"share-create-{record.id}",
            type="secondary" if count else "primary",
            on_click=_create,
            args=(server, record, flow),
        )
        if count > 1 and not is_audience:
            st.button(
                f"Revoke all {count}…",
                key=f"share-revoke-all-{record.id}",
                type="tertiary",
                on_click=_revoking(record).set,
                args=(True,),
            )
        elif count and not is_audience:
            _draw_revoke(server, record, count)


def _draw_question(server: ServerSession, record: RunRecord, count: int) -> None:
    st.markdown(f"Revoke {count} links? Whoever opens one then no longer sees the result.")
    with st.container(horizontal=True):
        _draw_revoke(server, record, count)
        key = f"share-revoke-not-{record.id}"
        st.button("Cancel", key=key, on_click=_revoking(record).clear)


def _draw_revoke(server: ServerSession, record: RunRecord, count: int) -> None:
    key = f"share-revoke-{record.id}"
    controls.danger_button("Revoke", key=key, on_click=_revoke, args=(server, record, count))


def _create(server: ServerSession, record: RunRecord, flow: Flow | None) -> None:
    with notify_errors(_problem(record)):
        require_access(server.owner)
        try:
            shared = _shared_result(server, record, flow)
            token = app_context().runner.store.shares.create(
                server.owner, record.id, shared.to_json()
            )
        except ConstraintViolated:
            raise InvalidRequest(
                "This result can't be shared: its run was deleted or is not saved yet."
            ) from None
        _address(record).set(page_url(st.context.url or "", view="result", id=token))


def _revoke(server: ServerSession, record: RunRecord, count: int) -> None:
    with notify_errors(_problem(record)):
        require_access(server.owner)
        app_context().runner.store.shares.revoke(server.owner, record.id)
        _address(record).clear()
        _revoking(record).clear()
        st.toast("The links no longer work." if count > 1 else "The link no longer works.")


def _shared_result(server: ServerSession, record: RunRecord, flow: Flow | None) -> SharedResult:
    """Return the result as it is presented now, without the connection's secrets."""
    store = app_context().runner.store
    stored = store.flow_settings.get(server.owner, record.flow_id, PURPOSE)
    settings = Presentation.from_json(stored.content)
    inputs = _shared_inputs(record, flow, settings) if record.inputs_stored else ()
    shared = SharedResult(
        title=settings.title or replace_surrogates(record.flow_name),
        description=settings.description or replace_surrogates(flow.description if flow else ""),
        inputs=tuple(inputs),
        outputs=settings.outputs,
        titles=output_titles(record, flow, settings.outputs),
        accent=settings.accent,
        large=settings.large,
    )
    redactor = Redactor(server.connection.secrets)
    return SharedResult.model_validate(redactor.redact_value(shared.to_json()))


def _shared_inputs(
    record: RunRecord, flow: Flow | None, settings: Presentation
) -> Iterator[SharedInput]:
    """Yield the inputs of the run that an audience sees, as text, without secrets and variables."""
    labels = {each.key: each.label for each in settings.inputs or ()}
    needs = find_needs(flow, record.overrides, ServerResources()) if flow else ()
    keys = input_keys(settings, flow, needs) if flow else list(labels)
    fields = flow.fields_by_key if flow else {}
    names = own_labels([fields[key] for key in keys if key in fields and not fields[key].secret])
    values = {key: record.inputs[key] for key in keys if key in record.inputs}
    for item in describe_inputs(values, None, flow):
        is_secret = item.secret or (item.field and item.field.secret)
        if not is_secret and not isinstance(item.value, Variable):
            label = labels.get(item.key) or names.get(item.key, item.label)
            value = clip(replace_surrogates(_text(item)), MAX_VALUE)
            yield SharedInput(label=replace_surrogates(label), value=value)


def _text(item: InputValue) -> str:
    return one_line(item) or value_text(item.value)


def _address(record: RunRecord) -> Slot[str]:
    """Return the slot of the address that was just created."""
    return Slot(f"shared-address-{record.id}")


def _revoking(record: RunRecord) -> Slot[bool]:
    """Return the slot that tells whether to ask before all addresses are revoked."""
    return Slot(f"shared-revoking-{record.id}")


def _problem(record: RunRecord) -> Slot[LangflowError]:
    return Slot(f"shared-problem-{record.id}")
