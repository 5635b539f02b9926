"""Two consoles that share a PostgreSQL database, as behind a load balancer."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from lfclient.console.presets.share_links import encode_values
from tests.browser.screen import Screen
from tests.support import postgres
from tests.support.console_process import Console
from tests.support.servers import LiveServer


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


@pytest.fixture
def pair(consoles: tuple[Console, Console]) -> tuple[Console, Console]:
    """Both consoles, running: a test may have killed one."""
    for console in consoles:
        if not console.process:
            console.start()
    return consoles


def test_a_run_can_be_followed_stopped_and_listed_in_the_other_console(
    pair: tuple[Console, Console], window: Callable, sample_ids: dict[str, str]
):
    one, other = pair
    here, there = Screen(window()), Screen(window())
    pattern = uuid.uuid4().hex
    values = encode_values({"ParserComponent-report.pattern": pattern})
    here.open(f"{one.url}/?flow={sample_ids['Takes half a minute']}&values={values}")
    here.run()
    progress = re.compile(r"\d of \d components")
    expect(here.part("run-panel")).to_contain_text(progress)
    there.page.goto(here.address().replace(one.url, other.url))
    expect(there.part("run-panel")).to_contain_text(progress)
    there.stop()
    for screen in (there, here):
        screen.wait("stopped")
    there.page.goto(f"{other.url}/history?q={pattern}")
    expect(there.page.get_by_text("1 run", exact=True)).to_be_visible()


def test_an_approval_can_be_given_in_the_other_console(
    pair: tuple[Console, Console], window: Callable, sample_ids: dict[str, str]
):
    one, other = pair
    here, there = Screen(window()), Screen(window())
    here.open(f"{one.url}/?flow={sample_ids['Wait for an approval']}")
    here.run()
    expect(here.part("approval")).to_contain_text("Can we pay", timeout=20_000)
    there.page.goto(here.address().replace(one.url, other.url))
    there.part("approval").get_by_role("button", name="Approve").click()
    for screen in (there, here):
        screen.wait("completed")
        expect(screen.part("outputs")).to_contain_text("Approved: Can we pay")


def test_the_other_console_takes_over_the_run_of_a_killed_one(
    pair: tuple[Console, Console],
    window: Callable,
    sample_ids: dict[str, str],
    finish_work: Callable[[], None],
):
    one, other = pair
    here, there = Screen(window()), Screen(window())
    here.open(f"{one.url}/?flow={sample_ids['Takes half a minute']}")
    here.run()
    here.wait("running")
    address = here.address().replace(one.url, other.url)
    one.stop(signal.SIGKILL)
    there.page.goto(address)
    there.wait("running")
    finish_work()
    there.wait("completed")
    expect(there.part("outputs")).to_be_visible()
