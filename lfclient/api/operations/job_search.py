"""Looking for a job whose submit was not answered. Operations without I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lfclient.api.http import Response
from lfclient.api.operations.base import Steps
from lfclient.api.operations.chat_sessions import History
from lfclient.api.requests import get_request
from lfclient.flows.model import Flow
from lfclient.runs.lost_jobs import CLOCK_SLACK, MAX_TRANSACTIONS, FoundJob, JobIndex

_TRACES = 50  # of one session, the latest
_MESSAGES = 200


class Search(History):
    """Operations on what a server has kept of jobs that nobody knows."""

    def find_jobs(
        self, flow: Flow | str, session_id: str | None, sent_at: datetime
    ) -> Steps[list[FoundJob]]:
        """The jobs that a submit sent then may have made."""
        server = yield from self.release()
        flow_id = yield from self._flow_id(flow)
        signs = JobIndex()
        spec = get_request("/api/v1/monitor/builds", flow_id=flow_id)
        answer = yield from self.send(spec)
        asked_at = datetime.now(UTC)
        if answer.status != 200:
            raise self.fault(answer)
        signs.add_builds(answer.json(self.redactor, "list of builds"))
        # by the server's clock: as long ago as by this one's
        since = (_date(answer) or asked_at) - (asked_at - sent_at)
        if session_id:
            signs.add_messages((yield from self._lines(flow_id, session_id, _MESSAGES)))
            if server.capabilities.traces:
                asked = {"flow_id": flow_id, "session_id": session_id, "size": str(_TRACES)}
                spec = get_request("/api/v1/monitor/traces", **asked)
                signs.add_traces((yield from self.get(spec, "list of traces")))
            found = signs.by_session(session_id, since)
            if found:
                return found
        if server.capabilities.traces or abs(since - sent_at) > CLOCK_SLACK:
            return []
        spec = get_request(
            "/api/v1/monitor/transactions", flow_id=flow_id, size=str(MAX_TRANSACTIONS)
        )
        transactions = yield from self.get(spec, "list of transactions")
        return signs.by_time(transactions, sent_at)


def _date(answer: Response) -> datetime | None:
    try:
        date = parsedate_to_datetime(answer.date)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
