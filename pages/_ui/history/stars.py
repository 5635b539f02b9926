"""The star of the selected runs or of the open run."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from lfclient.console.store.run_record import RunSummary
from lfclient.errors import LangflowError
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import require_access
from pages._ui.history.view import run_history
from pages._ui.state.history import history_key
from pages._ui.state.notices import notify_errors


def draw_for_run(server: ServerSession, run_id: str) -> None:
    """Draw the star of the open run."""
    owners = [server.owner]
    try:
        run = run_history().get(owners, run_id)
    except LangflowError:
        return  # the list of recent runs shows the error
    if run:
        draw(owners, [run], lambda: [run], "tertiary")


def draw(
    owners: Sequence[str],
    runs: Sequence[RunSummary],
    current_runs: Callable[[], Sequence[RunSummary]],
    kind: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """Draw a button that stars runs, or removes their stars if all have one.

    `current_runs` is called on a click. It returns the runs that are still selected, and raises
    `InvalidRequest` if there are none.
    """
    all_starred = all(run.starred for run in runs)
    st.button(
        "Unstar" if all_starred else "Star",
        key=history_key("star"),
        icon=":material/star:",
        type=kind,
        help="Starred runs are never deleted automatically, and “Bulk delete” keeps them.",
        on_click=_set_starred,
        args=(owners, current_runs, not all_starred),
    )


@notify_errors()
def _set_starred(
    owners: Sequence[str], current_runs: Callable[[], Sequence[RunSummary]], starred: bool
) -> None:
    for run in current_runs():
        require_access(run.owner)
        run_history().set_starred(owners, run.id, starred)
