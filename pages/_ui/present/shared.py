"""A shared result on its own page, which needs no server."""

from dataclasses import dataclass

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.present.presentation import SharedResult
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.shares import ShareStore
from lfclient.console.wording.statuses import run_status_label
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.present import head
from pages._ui.present.problems import ASK_FOR_LINK
from pages._ui.present.result import draw_outputs, draw_problem
from pages._ui.widgets.markdown import escape, escape_lines
from pages._ui.widgets.times import format_full_time

MAX_TOKEN = 200  # characters of the address that are looked up


def load(token: str) -> tuple[SharedResult, RunRecord] | None:
    """Return the result of an address and its run, None if it is no longer shared."""
    runner = app_context().runner
    share = runner.store.shares.get(token) if 0 < len(token) <= MAX_TOKEN else None
    record = runner.get(share.run_id, share.owner) if share else None
    if share is None or record is None:
        return None
    return SharedResult.model_validate(share.content), record


def draw(shared: SharedResult, record: RunRecord, token: str) -> None:
    """Draw the result, read-only, and below it the inputs that it came from."""
    head.draw(shared.title, shared.description, shared.accent, large=shared.large)

    def reload() -> Run | None:
        found = load(token)
        return found[1].run if found else None

    with st.container(key="present-output"):
        draw_problem(record, None)
        source = _SharedSource(app_context().runner.store.shares, token)
        draw_outputs(record, None, shared.outputs, shared.titles, source, reload, "result")
    if shared.inputs:
        with st.container(gap="xxsmall"):
            st.markdown("## Inputs", anchors=False)
            for each in shared.inputs:
                st.markdown(f"**{escape(each.label)}**  \n{escape_lines(each.value)}")
    ended = format_full_time(record.ended_at or record.created_at)
    is_complete = record.status is RunStatus.COMPLETED
    st.caption(f"Result of {ended}" if is_complete else f"{run_status_label(record)} · {ended}")


def draw_gone() -> None:
    """Say that an address shows nothing."""
    st.title("This link shows no result", anchor=False)
    st.markdown(f"The result was deleted, or the link was revoked or is incomplete. {ASK_FOR_LINK}")


@dataclass(frozen=True)
class _SharedSource:
    shares: ShareStore
    token: str

    def require_access(self) -> None:
        if self.shares.get(self.token) is None:
            raise LangflowError("This link no longer shows a result.", hint=ASK_FOR_LINK)

    def download(self, ref: FileRef) -> bytes:
        raise LangflowError(
            f"“{clip(ref.name, 100)}” is not part of the shared result.",
            hint="Ask the person who shared it for the file.",
        )
