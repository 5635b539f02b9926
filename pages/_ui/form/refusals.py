"""What is entered in Setup: sent to the server, or refused, which is told until it changes."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock
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

_ATTEMPTS = "setup-attempts"
# the container whose refusal to scroll to
_SHOWN: Slot[str] = Slot("shown-refusal")


@dataclass
class _Attempts:
    """What the callbacks of a session that send boxes to the server share.

    Streamlit starts the callback of another press, such as Run, while one of them waits for the
    server, and ends the earlier one as soon as it touches the session state again.
    `counts` are how often a box was used or saved, by name; `refused` is what was refused, and why,
    by the container of its boxes.
    """

    lock: Lock = field(default_factory=Lock)
    counts: Counter[str] = field(default_factory=Counter)
    refused: dict[str, tuple[object, LangflowError]] = field(default_factory=dict)


def _attempts() -> _Attempts:
    attempts: _Attempts = st.session_state.setdefault(_ATTEMPTS, _Attempts())
    return attempts


def box_key(kind: str, name: str, form: FlowForm) -> str:
    """Return the key of a box: another, and so an empty box, once it was used or saved.

    A press during the attempt brings what was in the box once more.
    """
    return f"{form.state.key(kind)}-{_attempts().counts[name]}-{name}"


def attempt(
    container: str,
    entered: object,
    form: FlowForm,
    change: Callable[[], object],
    *,
    kind: str,
    names: Collection[str],
) -> bool:
    """Call `change` and empty the boxes of these names, or show why it is refused at the boxes.

    Return whether it succeeded. `change` must not touch the session state once it has begun to
    change anything: that may end the callback.
    """
    attempts, boxes = _attempts(), [box_key(kind, name, form) for name in names]
    key, error = _key(container, form), None
    with attempts.lock:
        try:
            change()
            attempts.counts.update(names)
        except LangflowError as refusal:
            error = refusal
            attempts.refused[key] = entered, error
    if error:
        show(container)
        return False
    for box in boxes:
        st.session_state.pop(box, None)
    return True


def wait_for_attempts() -> None:
    """Wait until the server has responded to what a press before has sent it."""
    with _attempts().lock:
        pass


def find(container: str, entered: object, form: FlowForm) -> LangflowError | None:
    """Return why what is in the boxes was refused; None once it has changed."""
    refused, error = _attempts().refused.get(_key(container, form), (None, None))
    return error if refused == entered else None


def refuse(container: str, entered: object, form: FlowForm, error: LangflowError) -> None:
    """Show at the boxes why what is in them is refused, until it changes, and scroll there."""
    _attempts().refused[_key(container, form)] = entered, error
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
    _attempts().refused.pop(_key(container, form), None)


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
