"""The compared runs: one of them is the baseline, and the others are surveyed against it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache

import streamlit as st

from lfclient.common.formatting import clip, format_size
from lfclient.console.compare.equality import own_values
from lfclient.console.compare.survey import ComparedRun, SurveyedRun, survey_run
from lfclient.console.compare.volatile import IgnoredNames
from lfclient.console.store.errors import UnreadableResponse
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import run_page
from pages._ui.widgets.times import format_time

MIN_RUNS, MAX_RUNS = 2, 12
MAX_SIDE_BY_SIDE = 4  # runs that are shown beside each other
MAX_RESPONSE_BYTES = 100_000_000  # of a run that is compared; in memory it takes about five times
SHOWS_PROGRESS_BYTES = 5_000_000


@dataclass(frozen=True)
class RunHeader:
    """A run without its response, the size of that, and the server session that may see it."""

    server: ServerSession
    record: RunRecord
    size: int

    def load(self) -> RunRecord | None:
        """Return the run with its response, which does not stay in memory."""
        return app_context().runner.load(self.record.id, self.server.owner)


@dataclass(frozen=True, kw_only=True)
class ShownRun(ComparedRun):
    """A run as a column of the page, of a server that this browser may see."""

    server: ServerSession

    def full_name(self, *, with_flow: bool) -> str:
        """Return heading, flow and start of the run: Run 1 · Echo · Today, 15:41:03."""
        started = format_time(self.record.created_at, seconds=True)
        flow = clip(self.record.flow_name, 40) if with_flow else ""
        return " · ".join(filter(None, (self.name, flow, started)))


def find_header(run_id: str, current: ServerSession) -> RunHeader | None:
    """Return a run that this browser may see. Searches `current` first."""
    header = _find_header(run_id, [current])
    return header or _find_header(run_id, servers.readable())


def _find_header(run_id: str, servers: Sequence[ServerSession]) -> RunHeader | None:
    for server in servers:
        header = app_context().runner.header(run_id, server.owner)
        if header:
            return RunHeader(server, *header)
    return None


def load_runs(
    headers: Sequence[RunHeader], baseline_id: str, ignored_names: IgnoredNames
) -> tuple[list[ShownRun], ShownRun]:
    """Number the runs from the oldest to the newest, and survey each against the baseline.

    A number stays with its run whichever is the baseline, also after a swap.
    Return them, and the baseline among them: the run of that id, or the oldest one. Two of them are
    in memory at a time. A survey is kept until one of its two runs changes. Raises `StoreError`.
    """
    by_age = sorted(headers, key=lambda header: header.record.created_at)
    ids = [header.record.id for header in by_age]
    baseline = by_age[ids.index(baseline_id) if baseline_id in ids else 0]
    one_flow = len({header.record.flow_id for header in headers}) == 1
    # once: a server that does not answer keeps each call waiting
    flow_of = cache(lambda server, flow_id: server.cached_flow(flow_id, max_wait=None))
    baseline_flow = flow_of(baseline.server, baseline.record.flow_id)
    load_baseline = cache(lambda: _load(baseline))
    is_large = sum(header.size for header in by_age) > SHOWS_PROGRESS_BYTES
    progress = st.empty()
    runs = []
    for number, header in enumerate(by_age, 1):
        flow = flow_of(header.server, header.record.flow_id)

        def survey(
            header: RunHeader = header, number: int = number, flow: Flow | None = flow
        ) -> SurveyedRun:
            if is_large:
                progress.progress(number / len(by_age), f"Comparing run {number} of {len(by_age)}…")
            record, problem = load_baseline() if header is baseline else _load(header)
            if record is None:
                return SurveyedRun(header.record, {}, own_values(header.record), problem)
            return survey_run(
                load_baseline()[0],
                record,
                flows=(baseline_flow, flow),
                one_flow=one_flow,
                ignored_names=ignored_names,
            )

        states = [each and each.updated_at for each in (flow, baseline_flow)]
        version = (_version(header), _version(baseline), ignored_names, one_flow, *states)
        found = run_page.cached(f"survey-{header.record.id}", survey, version)
        runs.append(ShownRun(number, flow, found, server=header.server))
    progress.empty()
    return runs, runs[by_age.index(baseline)]


def _load(header: RunHeader) -> tuple[RunRecord | None, str]:
    """Return a run with its response, or why it can't be compared. Raises `StoreError`."""
    if header.size > MAX_RESPONSE_BYTES:
        limit = format_size(MAX_RESPONSE_BYTES)
        return None, f"its response is too large ({format_size(header.size)}, at most {limit})"
    try:
        record = header.load()
    except UnreadableResponse:
        return None, "its stored response is damaged"
    return record, "" if record else "it was deleted"


def _version(header: RunHeader) -> Hashable:
    return header.record.id, header.record.version


def versions_key(runs: Sequence[ComparedRun]) -> Hashable:
    """Return a cache key that changes whenever one of the runs does."""
    return tuple((run.record.id, run.record.version) for run in runs)
