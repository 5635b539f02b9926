"""Two consoles that share a PostgreSQL database, as behind a load balancer."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Callable, Iterator

import pytest

from lfclient.console.presets.share_links import encode_values
from tests.browser.visitor import Visitor, start_run, wait_for_end
from tests.support import postgres
from tests.support.console_process import Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def consoles(
    sample_flows: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Console, Console]]:
    """Two consoles with the same settings and separate data folders."""
    environ = {
        "LANGFLOW_SERVER_URL": sample_flows.url,
        "LANGFLOW_API_KEY": sample_flows.api_key,
        "LFCONSOLE_DATABASE_URL": postgres.postgres().new_database(),
        "LFCONSOLE_SECRET": "of both consoles, and long enough",
    }
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    with Console(folders[0], environ) as one, Console(folders[1], environ) as other:
        yield one, other


def test_a_run_can_be_followed_stopped_and_listed_in_the_other_console(
    consoles: tuple[Console, Console], sample_ids: dict[str, str]
):
    one, other = consoles
    pattern = uuid.uuid4().hex
    values = encode_values({"ParserComponent-report.pattern": pattern})
    progress = re.compile(r"\d of \d components")
    with Visitor(one) as here, Visitor(other) as there:
        run = start_run(here, sample_ids["Takes half a minute"], values=values)
        wait_for(lambda: progress.search(there.open(run=run)))
        there.press("stop-")
        for visitor in (here, there):
            wait_for_end(visitor, run)
            assert "Stopped" in visitor.open(run=run)
        wait_for(lambda: re.search(r"\b1 run\b", there.open("history", q=pattern)))


def test_the_other_console_takes_over_the_run_of_a_killed_one(
    consoles: tuple[Console, Console],
    sample_ids: dict[str, str],
    finish_work: Callable[[], None],
):
    one, other = consoles
    with Visitor(other) as there:
        with Visitor(one) as here:
            run = start_run(here, sample_ids["Takes half a minute"])
            wait_for(lambda: "Running" in here.open(run=run))
            one.stop(signal.SIGKILL)
        wait_for(lambda: "Running" in there.open(run=run))
        finish_work()
        wait_for_end(there, run)
        assert "The work is done" in there.open(run=run)
