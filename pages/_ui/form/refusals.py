"""Why what was entered in Setup is refused, told beside its boxes until it changes."""

import uuid
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import end_sentence
from lfclient.errors import InvalidRequest, LangflowError
from pages._ui.form.flow_form import FlowForm
from pages._ui.state.slot import Slot
from pages._ui.widgets import focus
from pages._ui.widgets.alerts import NOT_STARTED, UnusedSetting
from pages._ui.widgets.markdown import escape

# what was refused, and why, by the container of its boxes
_REFUSED: Slot[dict[str, tuple[object, LangflowError]]] = Slot("refusals")
# the container whose refusal to scroll to
_SHOWN: Slot[str] = Slot("shown-refusal")


def find(container: str, entered: object, form: FlowForm) -> LangflowError | None:
    """Return why what is in the boxes was refused; None once it has changed."""
    refused, error = (_REFUSED.get() or {}).get(_key(container, form), (None, None))
    return error if refused == entered else None


def refuse(container: str, entered: object, form: FlowForm, error: LangflowError) -> None:
    """Show at the boxes why what is in them is refused, until it changes, and scroll there."""
    _REFUSED.set({**(_REFUSED.get() or {}), _key(container, form): (entered, error)})
    show(container)


def refuse_run(
    container: str, entered: object, form: FlowForm, label: str, unused: UnusedSetting
) -> NoReturn:
    """Raise `unused`, which is shown at the boxes as well.

    If what is in them was refused already, that reason stays there and is raised instead.
    """
    refusal = find(container, entered, form)
    if refusal is None or isinstance(refusal, UnusedSetting):
        refuse(container, entered, form, unused)
        raise unused
    show(container)
    raise InvalidRequest(
        f"{NOT_STARTED} {end_sentence(refusal.message)}",
        hint=f"Correct the {label}, or clear the box.",
    )


def forget(container: str, form: FlowForm) -> None:
    """Forget why what was in the boxes was refused."""
    (_REFUSED.get() or {}).pop(_key(container, form), None)


def show(container: str) -> None:
    """Scroll to the boxes, unless their problem is in sight."""
    _SHOWN.set(container)


def draw(container: str, entered: object, form: FlowForm) -> DeltaGenerator:
    """Draw why what is in the boxes is refused, and return the place for more about it."""
    problem = f"{container}-problem"
    place = st.container(key=problem, gap="xsmall")
    error = find(container, entered, form)
    if error:
        words = f"{end_sentence(error.message)} {error.hint}".strip()
        place.caption(f":red[:material/error: {escape(words)}]")
    if _SHOWN.get() == container:
        _SHOWN.clear()
        focus.scroll_to(uuid.uuid4().hex, container, problem)
    return place


def _key(container: str, form: FlowForm) -> str:
    return f"{form.state.key('refused')}-{container}"
