"""Save the variables that parameters name and the server lacks, in their lines of Setup."""

import streamlit as st

from lfclient.errors import LangflowError
from lfclient.flows.field import Field, Variable
from lfclient.flows.need import NeedKind
from pages._ui.form import refusals
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.provider_actions import check_provider_address
from pages._ui.form.widgets import PERSIST
from pages._ui.widgets.alerts import NOT_STARTED, UnusedSetting
from pages._ui.widgets.markdown import inline_code


def draw(field: Field, form: FlowForm) -> None:
    """Draw a box for the value of the missing variable that a field names.

    Of several fields that name it, the first has the box; it is a secret if one of them is.
    """
    value = form.state.value(field)
    users = _missing(form).get(value.name) if isinstance(value, Variable) else None
    if not users or users[0].key != field.key:
        return
    if not form.server.may_change:
        st.caption("Only the operator of this console can save variables on the server.")
        return
    name = value.name
    is_secret = any(user.secret for user in users)
    with st.container(gap="xsmall"):
        st.text_input(
            f"Value of {inline_code(name)}",
            type="password" if is_secret else "default",
            autocomplete="off",
            live=True,
            key=_box_key(name, form),
            **PERSIST,
        )
        st.button(
            "Save on the server",
            key=f"save-variable-{name}",
            on_click=_save,
            args=(field, name, is_secret, form),
        )
        refusals.draw(_container_key(field), _entered(name, form), form)
        st.caption(
            f"*Save on the server* stores {inline_code(name)} in Langflow, for all flows of the "
            "connected account."
        )


def require_saved(form: FlowForm) -> None:
    """Raise `UnusedSetting` if a value was entered and not saved, and say so beside its box."""
    for name, users in _missing(form).items():
        entered = _entered(name, form)
        if entered:
            unused = UnusedSetting(
                f"{NOT_STARTED} The value of {name} is entered but not saved yet.",
                hint="Click Save on the server, or clear the box.",
            )
            label = f"value of {name}"
            refusals.refuse_run(_container_key(users[0]), entered, form, label, unused)


def _missing(form: FlowForm) -> dict[str, list[Field]]:
    """Return the fields that name a variable that the server lacks, by its name."""
    users: dict[str, list[Field]] = {}
    for need in form.needs:
        if need.kind is NeedKind.VARIABLE and not need.is_met:
            for field in map(form.state.fields.get, need.keys):
                value = form.state.value(field) if field else None
                if field and isinstance(value, Variable):
                    users.setdefault(value.name, []).append(field)
    return users


def _box_key(name: str, form: FlowForm) -> str:
    return f"{form.state.key('variable-box')}-{name}"


def _container_key(field: Field) -> str:
    """Return the key of the container of the field, below which the box stands."""
    return f"param-{field.component}-{field.parameter}"


def _entered(name: str, form: FlowForm) -> str:
    return (st.session_state.get(_box_key(name, form)) or "").strip()


def _save(field: Field, name: str, is_secret: bool, form: FlowForm) -> None:
    """Save the entered value and empty its box, or keep it with the error."""
    text = _entered(name, form)
    try:
        form.server.require_change()
        if not text:
            raise LangflowError("Enter the value first.")
        settings = [one for each in form.resources.providers for one in each.settings]
        if any(one.name == name and one.is_address for one in settings):
            check_provider_address(name, text)
        with form.server.open_client() as api:
            api.settings.save_variable(name, text, is_secret)
    except LangflowError as error:
        refusals.refuse(_container_key(field), text, form, error)
        return
    form.server.reload_resources(form.flow)
    st.session_state[_box_key(name, form)] = ""
    st.toast(f"Saved {inline_code(name)} on the server.", icon=":material/check:")
