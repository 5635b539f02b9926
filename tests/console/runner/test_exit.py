"""A console that is closed while it works leaves its runs as they are, and logs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.environ import environ_without_settings
from tests.support.runner_harness import CONNECTION

# exits with a running job, whose server is polled every few milliseconds, with something to save
# after each poll
CONSOLE = """
import atexit, sys, time
from pathlib import Path
from lfclient.common.backoff import Backoff
from lfclient.console.runner.run_context import RunContext
from lfclient.console.runner.timings import Timings
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_harness import RunnerHarness

often = Backoff(0.01, 0.01)
timings = Timings(polling=often, listening=often, maintenance_seconds=0.01)
server = FakeLangflow(dialect="inputs", seconds=60)
harness = RunnerHarness(Path(sys.argv[1]), server, timings=timings)
run_id = harness.start()
harness.wait_until(run_id, lambda record: record.job_id)
# Python ends its thread pools before it calls exit functions; the event loop runs on
atexit.register(time.sleep, 0.3)
apply_response = RunContext.apply_response
async def save_and_apply(self, run, **changes):
    await self.writer.change(self.id, notes=())
    await apply_response(self, run, **changes)
RunContext.apply_response = save_and_apply
print(run_id)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The data folder of a console that has exited."""
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def exited_console(folder):
    """A console that has run in a process of its own until it exited."""
    return subprocess.run(
        [sys.executable, "-c", CONSOLE, str(folder)],
        cwd=Path(__file__).parents[3],
        env=environ_without_settings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_a_console_that_exits_logs_no_error(exited_console):
    assert exited_console.stderr == ""


def test_an_unfinished_run_stays_as_it_is_when_the_console_exits(exited_console, folder):
    """The next console takes it over: Python's shutdown is no fault of the run."""
    store = Store(folder)
    record = store.get(exited_console.stdout.strip())
    assert record.owner == owner_fingerprint(CONNECTION, folder)
    assert record.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    assert record.problem is None
    store.close()
