"""The star and labels of the selected runs or of the open run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.store.run_history import MAX_LABEL_LENGTH
from lfclient.console.store.run_record import RunSummary
from lfclient.errors import InvalidRequest, LangflowError
from pages._ui.connection.server_session import ServerSession
from pages._ui.connection.servers import available_connections, require_access
from pages._ui.history.view import run_history
from pages._ui.state.history import history_key, short_hash
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

MAX_SHOWN = 3  # labels shown with an open run


@dataclass(frozen=True)
class LabelTarget:
    """The runs that a star or label applies to, as they were drawn.

    `current_runs` is called when a button is clicked. It returns the runs that are still selected,
    and raises `InvalidRequest` if there are none.
    """

    owners: Sequence[str]
    runs: Sequence[RunSummary]
    current_runs: Callable[[], Sequence[RunSummary]]


def draw_for_run(server: ServerSession, run_id: str) -> None:
    """Draw the star and labels of the open run."""
    owners = [server.owner]
    try:
        run = run_history().get(owners, run_id)
    except LangflowError:
        return  # the list of recent runs shows the error
    if run:
        with st.container(
            key="run-marks", width="content", horizontal=True, vertical_alignment="center"
        ):
            if run.labels:
                shown = [f":gray-badge[{escape(clip(label, 30))}]" for label in run.labels]
                more = len(run.labels) - MAX_SHOWN
                badges = [*shown[:MAX_SHOWN], f"+{more}" * (more > 0)]
                st.markdown(" ".join(badges), width="content")
            draw(LabelTarget(owners, [run], lambda: [run]), "tertiary")


def draw(target: LabelTarget, kind: Literal["secondary", "tertiary"] = "secondary") -> None:
    """Draw a star button and a panel with the labels."""
    all_starred = all(run.starred for run in target.runs)
    st.button(
        "Unstar" if all_starred else "Star",
        key=history_key("star"),
        icon=":material/star:",
        type=kind,
        help="Starred runs are never deleted automatically, and “Bulk delete” keeps them.",
        on_click=_set_starred,
        args=(target, not all_starred),
    )
    panel = st.popover(
        "Label",
        icon=":material/label:",
        key=history_key("label-panel"),
        type=kind,
        on_change="rerun",
    )
    if panel.open:
        with panel, alerts.show_errors():
            _draw_label_panel(target)


@notify_errors()
def _set_starred(target: LabelTarget, starred: bool) -> None:
    for run in target.current_runs():
        require_access(run.owner)
        run_history().set_starred(target.owners, run.id, starred)


def _draw_label_panel(target: LabelTarget) -> None:
    """Draw the labels that all runs have. Labels of only some runs are not drawn or changed.

    Widget keys depend on the runs, so that a late value from the browser can't label other runs.
    New labels have a text field, which reports its text when it loses focus. A select box reports
    its text only on Enter.
    """
    runs = target.runs
    common = [label for label in runs[0].labels if all(label in run.labels for run in runs)]
    existing = run_history().labels(target.owners)
    runs_hash = short_hash(run.id for run in runs)
    new_key = history_key(f"new-label-{runs_hash}")
    selected_key = history_key(f"labels-{runs_hash}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "New label",
            key=new_key,
            max_chars=MAX_LABEL_LENGTH,
            on_change=_add_label,
            args=(target, new_key),
        )
        st.button("Add", key=history_key("add-label"), on_click=_add_label, args=(target, new_key))
    if existing or common:
        st.session_state[selected_key] = common
        st.multiselect(
            "Labels" if len(runs) == 1 else "Labels of all selected runs",
            sorted({*existing, *common}, key=str.casefold),
            key=selected_key,
            on_change=_apply_selection,
            args=(target, common, selected_key),
            placeholder="Choose a label",
        )


@notify_errors()
def _add_label(target: LabelTarget, key: str) -> None:
    """Add the typed label. The field and the button both call this; the second call finds ""."""
    label = st.session_state[key].strip()
    secrets = [one for each in available_connections() for one in each.secrets]
    if any(secret in label for secret in secrets):
        raise InvalidRequest("This label contains an API key.", hint="Enter another one.")
    if label:
        _change_labels(target, add=[label])
        st.session_state[key] = ""


@notify_errors()
def _apply_selection(target: LabelTarget, before: Sequence[str], key: str) -> None:
    selected = st.session_state[key]
    add = [label for label in selected if label not in before]
    _change_labels(target, add, remove=set(before) - set(selected))


def _change_labels(target: LabelTarget, add: Sequence[str], remove: Iterable[str] = ()) -> None:
    runs = target.current_runs()
    require_access(*(run.owner for run in runs))
    run_ids = [run.id for run in runs]
    try:
        run_history().change_labels(target.owners, run_ids, add, remove)
    except ValueError as error:
        raise InvalidRequest(str(error), hint="No labels were changed.") from error
