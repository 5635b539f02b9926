"""Fixtures of the tests of faults: an impatient console behind a proxy, a held flow, a clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from lfclient import AsyncLangflowClient, LangflowClient
from lfclient.api import http, payloads
from lfclient.api.operations import run_records
from lfclient.common.backoff import Backoff
from lfclient.console.config.connection import Connection
from lfclient.console.runner import execution, recovery, run_context, runner
from lfclient.console.runner.timings import Timings
from lfclient.wire.server_info import ServerInfo
from tests.live.held_flow import HeldFlow, Hold
from tests.live.live_runner import LiveRunner
from tests.support.proxy import Proxy
from tests.support.servers import LiveServer

TIMEOUT = 2.0  # of the console, in seconds


@pytest.fixture
def timings(monkeypatch: pytest.MonkeyPatch) -> Timings:
    """A tenth of the usual patience, or less."""
    monkeypatch.setattr(payloads, "MIN_SUBMIT_TIMEOUT", TIMEOUT)
    often = Backoff(0.1, 0.5)
    return Timings(
        polling=often,
        listening=often,
        searching=often,
        unreachable=often,
        search_seconds=10.0,
        min_search_seconds=2.0,
        resend_delay_seconds=1.0,
        silence_seconds=3.0,
        maintenance_seconds=0.2,
    )


def impatient(connection: Connection, server: ServerInfo | None) -> AsyncLangflowClient:
    key = connection.api_key and connection.api_key.get_secret_value()
    return AsyncLangflowClient(connection.url, key, timeout=TIMEOUT, server=server)


@pytest.fixture
def live_runner(
    tmp_path: Path, langflow: LiveServer, client: LangflowClient, proxy: Proxy, timings: Timings
) -> Iterator[LiveRunner]:
    """A console that connects through the proxy."""
    made = LiveRunner(tmp_path / "console", langflow, client, timings, impatient, url=proxy.url)
    yield made
    made.runner.close()


@pytest.fixture
def held(hold: Hold) -> HeldFlow:
    return hold("flow")


class Clock:
    """The console's clock, `offset` ahead of the server's."""

    offset = timedelta()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + made.offset

    for module in (execution, http, recovery, run_context, run_records, runner):
        monkeypatch.setattr(module, "datetime", Jumping)
    return made
