"""State of the Present view."""

from dataclasses import dataclass, field

import streamlit as st

from lfclient.common.json_types import JsonObject
from lfclient.console.present.presentation import Presentation
from lfclient.errors import LangflowError
from pages._ui.state.browser import load_draft, save_draft
from pages._ui.state.query_params import FLOW
from pages._ui.state.slot import Slot


@dataclass(frozen=True)
class Edited:
    """The settings that are edited, with the version that was read of them.

    `first` are the settings as the editor first showed them, None until then. `is_draft` tells
    whether those came from a draft. `values` are the saved values of the form.
    """

    owner: str
    flow_id: str
    version: int
    is_draft: bool
    first: Presentation | None = None
    values: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Entered:
    """The overrides of the Run page, with masked secrets, with which the view starts.

    They are None if the form has only the flow's values or its default preset's. `is_used`: the
    view was filled with them.
    """

    flow_id: str
    overrides: JsonObject | None = field(repr=False)
    is_used: bool = False


ENTERED: Slot[Entered] = Slot("present-entered")
EDITED: Slot[Edited] = Slot("present-edited")
CONFLICT: Slot[bool] = Slot("present-conflict")  # whether somebody else has saved meanwhile
PROBLEM: Slot[LangflowError] = Slot("present-problem")  # why the settings were not saved
EXAMPLE_PROBLEM: Slot[LangflowError] = Slot("present-example-problem")  # why none was added
_EDIT = "present-edit"
_PRESENTER = "presenter"


def edit_key(part: str) -> str:
    """Return the key of a widget of the editor."""
    return f"{_EDIT}-{part}"


def set_presenter(flow_id: str, is_presenter: bool) -> None:
    """Save whether this browser came from the Run page to present a flow, also for a reload."""
    _presenter(flow_id).set(is_presenter)
    save_draft(flow_id, _PRESENTER, {_PRESENTER: is_presenter})


def visitor_presents() -> bool:
    """Return whether the visitor came from the Run page to present the flow of the page's address.

    Such a visitor may edit the presentation and return.
    """
    flow_id = st.query_params.get(FLOW, "")
    slot = _presenter(flow_id)
    if slot.get() is None:  # after a reload
        slot.set(bool(load_draft(flow_id, _PRESENTER)))
    return bool(slot.get())


def _presenter(flow_id: str) -> Slot[bool]:
    return Slot(f"{_PRESENTER}-{flow_id}")
