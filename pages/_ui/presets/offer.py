"""Values from elsewhere that fill the form only after a click."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial

import streamlit as st

from lfclient.common.formatting import format_count
from lfclient.common.json_types import JsonObject
from lfclient.console.presets.sources import Source, values_to_confirm
from pages._ui.form.form_state import FormState
from pages._ui.presets.preset_state import draw_values
from pages._ui.state.slot import Slot
from pages._ui.widgets.markdown import escape


@dataclass(frozen=True)
class _Offer:
    """Values to show, their `origin`, such as "the link", and the click's effect."""

    values: JsonObject
    origin: str
    fill: Callable[[], object]


def offer(
    state: FormState,
    values: JsonObject,
    source: Source,
    origin: str,
    fill: Callable[[Container[str]], object],
) -> None:
    """Fill the form with the values that need no question, and with all values after a click.

    `fill` gets the keys to omit. It is not called now if each value of a link needs a question.
    """
    asked = values_to_confirm(state.flow.stored, values, source)
    pending(state).clear()
    if source is Source.STORED or len(asked) < len(values) or not asked:
        fill(asked.keys())
    if asked:
        pending(state).set(_Offer(asked, origin, partial(fill, ())))


def pending(state: FormState) -> Slot[_Offer]:
    """Return the slot of the values that wait for the person's click."""
    return Slot(state.key("offered-values"))


def draw(state: FormState) -> None:
    """Draw the values that wait for a click, in full, with buttons to fill the form or not.

    Langflow may connect to what the values name, so nothing is sent before an answer.
    """
    offered = pending(state).get()
    if offered is None:
        return
    stored, origin = state.flow.stored, escape(offered.origin)
    count = format_count(len(offered.values), "value")
    warning = (
        "Langflow sends stored keys to URLs among these values."
        if any(map(stored.takes_credentials, offered.values))
        else "Langflow may connect to what these values name."
    )
    with st.container(key="link-question", gap="xxsmall"):
        st.info(
            f"**Fill the form with {count} from {origin}?**  \n{warning} "
            f"Continue if you trust {origin}.",
            icon=":material/link:",
        )
        draw_values(stored, offered.values)
        with st.container(horizontal=True):
            st.button("Fill the form", key=state.key("offer-fill"), on_click=_accept, args=(state,))
            st.button(
                "Ignore",
                key=state.key("offer-ignore"),
                type="tertiary",
                on_click=pending(state).clear,
            )


def _accept(state: FormState) -> None:
    offered = pending(state).get()
    pending(state).clear()
    if offered:
        offered.fill()
