"""A run as one column of a comparison."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef
from pages._ui.connection.app_context import client
from pages._ui.connection.server_session import ServerSession


@dataclass(frozen=True)
class Column:
    """A run, who may see it, its flow if that is at hand, and its number on the page."""

    number: int
    session: ServerSession
    record: RunRecord
    flow: Flow | None

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return f"Run {self.number}"

    def download(self, ref: FileRef) -> bytes:
        """A file that it wrote."""
        with client(self.session.connection) as api:
            return api.download(ref)


def columns_of(found: Sequence[tuple[ServerSession, RunRecord]]) -> list[Column]:
    """The runs by their age, the oldest first, whatever their order in the address."""
    by_age = sorted(found, key=lambda each: each[1].created_at)
    return [
        Column(number, session, record, _flow(session, record.flow_id))
        for number, (session, record) in enumerate(by_age, 1)
    ]


def _flow(session: ServerSession, flow_id: str) -> Flow | None:
    """For names only, so whatever its server has to say about it is left aside."""
    try:
        return session.flow(flow_id).value
    except LangflowError:
        return None


def one_flow(columns: Sequence[Column]) -> bool:
    """Whether all are runs of the same flow."""
    return len({column.record.flow_id for column in columns}) == 1


def mark(columns: Sequence[Column]) -> Hashable:
    """Another one, once something in these runs is another."""
    return tuple((column.record.id, column.record.version) for column in columns)
