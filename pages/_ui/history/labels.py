"""The star and the labels of runs: of those ticked in a list, or of the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.store.run_history import MAX_LABEL_LENGTH, RunSummary
from lfclient.errors import InvalidRequest, LangflowError
from pages._ui.connection.server_session import ServerSession
from pages._ui.history.view import notify_errors, run_history
from pages._ui.state.history import history_key, short_hash
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

MAX_SHOWN = 3  # labels, beside an opened run


@dataclass(frozen=True)
class LabelTarget:
    """The runs that a star or label applies to, as they were drawn.

    `revalidate` is called when a button is pressed. It returns the runs that are still selected,
    and raises `InvalidRequest` if none is.
    """

    owners: Sequence[str]
    runs: Sequence[RunSummary]
    revalidate: Callable[[Sequence[RunSummary]], Sequence[RunSummary]] = lambda runs: runs

    def current_runs(self) -> Sequence[RunSummary]:
        """Return the runs that are still selected. Raise `InvalidRequest` if none is."""
        return self.revalidate(self.runs)


def draw_for_run(server: ServerSession, run_id: str) -> None:
    """The star and the labels of the run that is shown."""
    owners = [server.owner]
    try:
        entry = run_history().get(owners, run_id)
    except LangflowError:
        return  # the list of recent runs says why
    if entry:
        with st.container(
            key="run-marks", width="content", horizontal=True, vertical_alignment="center"
        ):
            if entry.labels:
                shown = [
                    f":gray-badge[{escape(clip(label, 30))}]" for label in entry.labels[:MAX_SHOWN]
                ]
                more = len(entry.labels) - MAX_SHOWN
                st.markdown(" ".join([*shown, f"+{more}" * (more > 0)]), width="content")
            draw(LabelTarget(owners, [entry]), kind="tertiary")


def draw(target: LabelTarget, kind: str = "secondary") -> None:
    """A button for the star, and a panel for the labels."""
    starred = all(entry.starred for entry in target.runs)
    st.button(
        "Unstar" if starred else "Star",
        key=history_key("star"),
        icon=":material/star:",
        type=kind,
        help="A starred run is never deleted by itself, and “Delete many” keeps it.",
        on_click=_set_starred,
        args=(target, not starred),
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


def _set_starred(target: LabelTarget, starred: bool) -> None:
    with notify_errors():
        for entry in target.current_runs():
            run_history().set_starred(target.owners, entry.id, starred)


def _draw_label_panel(target: LabelTarget) -> None:
    """The labels that all of them have, to be changed at once; those of some only stay.

    Other runs have other boxes: what stood in one and comes late from the browser would be taken
    for a choice for the runs of the next. A new label has a box of its own, which tells what was
    typed as soon as one leaves it: one for choosing tells that at Enter only.
    """
    entries = target.runs
    common = [label for label in entries[0].labels if all(label in one.labels for one in entries)]
    known = run_history().labels(target.owners)
    runs_hash = short_hash(entry.id for entry in entries)
    new, chosen = history_key(f"new-label-{runs_hash}"), history_key(f"labels-{runs_hash}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "New label",
            key=new,
            max_chars=MAX_LABEL_LENGTH,
            on_change=_add_label,
            args=(target, new),
        )
        st.button("Add", key=history_key("add-label"), on_click=_add_label, args=(target, new))
    if known or common:
        st.session_state[chosen] = common
        st.multiselect(
            "Labels" if len(entries) == 1 else "Labels of all that are ticked",
            sorted({*known, *common}, key=str.casefold),
            key=chosen,
            on_change=_apply_selection,
            args=(target, common, chosen),
            placeholder="Choose from those in use",
        )


def _add_label(target: LabelTarget, key: str) -> None:
    """Called when the box is left, and by the button: the second of the two finds it empty."""
    label = st.session_state[key].strip()
    if label:
        with notify_errors():
            _change_labels(target, add=[label])
            st.session_state[key] = ""


def _apply_selection(target: LabelTarget, common: Sequence[str], key: str) -> None:
    chosen = st.session_state[key]
    with notify_errors():
        add = [label for label in chosen if label not in common]
        _change_labels(target, add, take=set(common) - set(chosen))


def _change_labels(target: LabelTarget, add: Sequence[str], take: Iterable[str] = ()) -> None:
    ids = [entry.id for entry in target.current_runs()]
    try:
        run_history().change_labels(target.owners, ids, add, take)
    except ValueError as error:
        raise InvalidRequest(str(error), hint="No label was changed.") from error
