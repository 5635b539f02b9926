"""Which runs are compared: those in the address, or others that a person chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from lfclient.common.formatting import clip, format_duration
from lfclient.console.store.run_record import RunRecord
from pages._ui.app import navigation
from pages._ui.connection import server_session
from pages._ui.connection.app_context import backend
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import compare_page, query_params, run_page
from pages._ui.widgets import alerts, controls, status_badges
from pages._ui.widgets.markdown import plain, time_words

FEWEST, MOST = 2, 4
OFFERED = 50  # recent runs
SUGGESTED = 8  # runs of the same flow beside one that is shown


@dataclass(frozen=True)
class Asked:
    """What the address names: the runs that there are, and why they can't be compared, or ""."""

    found: tuple[tuple[ServerSession, RunRecord], ...]
    problem: str = ""


def asked(session: ServerSession) -> Asked:
    """The runs in the address that this browser may see, on whichever of its servers."""
    names = compare_page.runs_in_address()
    if not names:
        return Asked((), "Choose two to four runs.")
    looked_for = [(name, _find(session, name)) for name in names[: MOST + 1]]
    found = tuple(one for _, one in looked_for if one)
    unknown = [name for name, one in looked_for if not one]
    if unknown:
        listed = ", ".join(f"“{clip(name, 40)}”" for name in unknown)
        return Asked(
            found[:MOST],
            f"The address names {listed}: no such run is kept here, or it was made with another "
            "server or API key. Choose from the runs of this key.",
        )
    if len(names) < FEWEST:
        return Asked(found, "The address names one run only. Choose another to compare it with.")
    if len(names) > MOST:
        return Asked(
            found[:MOST],
            f"The address names {len(names)} runs; four are the most that can be compared. "
            "Choose which.",
        )
    return Asked(found)


def _find(session: ServerSession, run_id: str) -> tuple[ServerSession, RunRecord] | None:
    if not run_page.may_be_run(run_id):
        return None
    record = backend().runner.get(run_id, session.owner)
    if record is None:
        holder = server_session.holder_of(run_id)
        record = backend().runner.get(run_id, holder.owner) if holder else None
        session = holder or session
    return (session, record) if record else None


def draw(session: ServerSession, asked: Asked) -> None:
    """Why the runs in the address can't be compared, and the choice of others."""
    if compare_page.runs_in_address():
        alerts.show_words("These runs can't be compared", asked.problem, warning=True)
    else:
        st.caption(asked.problem)
    _picker(session, asked.found)


def others(session: ServerSession, asked: Asked) -> None:
    """The choice of others, out of the way."""
    controls.folded(
        "Compare other runs",
        ":material/playlist_add_check:",
        compare_page.compare_key("others"),
        lambda: _picker(session, asked.found),
    )


def _picker(session: ServerSession, found: Sequence[tuple[ServerSession, RunRecord]]) -> None:
    recent = {record.id: record for record in backend().runner.recent(session.owner, OFFERED)}
    records = {record.id: record for _, record in found} | recent
    if not records:
        st.caption("No run is kept yet. Run a flow first.")
        st.page_link(navigation.run_page(), label="Run a flow", icon=":material/play_circle:")
        return
    now = datetime.now(UTC)
    chosen = st.multiselect(
        "Runs",
        list(records),
        default=[record.id for _, record in found],
        format_func=lambda run_id: _words(records[run_id], now),
        # of the runs in the address: with others, other ones are chosen beforehand
        key=compare_page.compare_key(
            f"runs-{compare_page.runs_text(compare_page.runs_in_address())[:140]}"
        ),
        max_selections=MOST,
        placeholder="Choose two to four",
    )
    st.button(
        "Compare",
        key=compare_page.compare_key("go"),
        type="primary",
        icon=":material/compare:",
        disabled=not FEWEST <= len(chosen) <= MOST,
        on_click=compare_page.compare_runs,
        args=(chosen,),
    )
    if len(records) >= OFFERED:
        st.caption(f"The last {OFFERED} runs are offered.")


def _words(record: RunRecord, now: datetime) -> str:
    """One run in a line of plain text."""
    parts = [
        record.flow_name,
        time_words(record.created_at, now),
        status_badges.word(record.status, record.mode),
        format_duration(record.elapsed(now)) if record.ended else "",
        clip(record.gist, 60),
    ]
    return " · ".join(part for part in parts if part)


def link(runs: Sequence[str]) -> None:
    """The way from chosen runs to their comparison."""
    st.page_link(
        navigation.compare_page(),
        label="Compare",
        icon=":material/compare:",
        query_params={query_params.RUNS: compare_page.runs_text(runs)},
    )


def beside(session: ServerSession, record: RunRecord) -> None:
    """The way from a run that is shown to a comparison with another of its flow."""
    st.fragment(_beside)(session, record.id, record.flow_id)


@alerts.shown()
def _beside(session: ServerSession, run_id: str, flow_id: str) -> None:
    panel = st.popover(
        "Compare with…",
        icon=":material/compare:",
        type="tertiary",
        key=compare_page.compare_key(f"with-{run_id}"),
        on_change="rerun",
    )
    if not panel.open:
        return
    found = backend().runner.recent(session.owner, SUGGESTED + 1, flow_id)
    now = datetime.now(UTC)
    with panel:
        several = [each for each in found if each.id != run_id][:SUGGESTED]
        st.markdown("Another run of this flow" if several else "This flow has no other run yet.")
        for each in several:
            took = format_duration(each.elapsed(now)) if each.ended else "going on"
            badge = status_badges.markdown_badge(each.status, each.mode)
            st.page_link(
                navigation.compare_page(),
                label=f"{time_words(each.created_at, now)} {badge} {took} "
                f":gray[{plain(clip(each.gist, 60))}]",
                query_params={query_params.RUNS: compare_page.runs_text((run_id, each.id))},
            )
        st.page_link(
            navigation.compare_page(),
            label="Choose among all runs",
            icon=":material/playlist_add_check:",
            query_params={query_params.RUNS: run_id},
        )
