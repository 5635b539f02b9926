"""What a console that is ended in the midst of its work leaves, and says."""

import gc
import subprocess
import sys
import warnings
from pathlib import Path

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.runner.task_supervisor import FollowTask
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support.runner_bench import CONNECTION

# ends with a job under way, whose server is asked every few milliseconds
CONSOLE = """
import atexit, sys, time
from pathlib import Path
from lfclient.console.runner import backoff, task_supervisor
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_bench import Bench

task_supervisor.MAINTENANCE_SECONDS = 0.01
backoff.POLLED = backoff.LISTENING = (0.01,)
bench = Bench(Path(sys.argv[1]), FakeLangflow(dialect="inputs", seconds=60))
run_id = bench.start()
bench.until(run_id, lambda record: record.job_id)
# Python ends its pools of threads first, then what is done at the exit: the loop goes on
atexit.register(time.sleep, 0.3)
{more}
print(run_id)
"""
# something to write at each look, as with a server that tells of a run's progress
BUSY = """
from lfclient.console.runner.run_context import RunContext
before = RunContext.apply_response
async def take(self, run, **changes):
    await self.writer.change(self.id, note="")
    await before(self, run, **changes)
RunContext.apply_response = take
"""


def ended_console(folder: Path, more: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CONSOLE.replace("{more}", more), str(folder)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_end_of_the_console_is_no_fault(tmp_path):
    """Nothing is logged of work that Python takes no more of as it ends."""
    assert ended_console(tmp_path).stderr == ""


def test_a_run_that_goes_on_as_the_console_ends_is_left_to_be_taken_up(tmp_path):
    """Its record stays as it is: Python taking no more work is no fault of the run's."""
    done = ended_console(tmp_path, BUSY)
    store = Store(tmp_path)
    record = store.get(done.stdout.strip())
    assert record.owner == owner_fingerprint(CONNECTION, tmp_path)
    assert record.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS)
    assert record.problem is None
    assert done.stderr == ""
    store.close()


def test_a_run_whose_turn_comes_as_the_runner_ends_is_not_begun(bench):
    """Its task would be left without ever having run, of which Python warns."""
    _begin_one_at_the_last_moment(bench.runner._supervisor)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        bench.restart()
        gc.collect()
    assert not [one for one in warned if "never awaited" in str(one.message)]


def _begin_one_at_the_last_moment(tasks):
    stop = tasks._loop.stop

    async def work(live):
        """Nothing."""

    def late():
        tasks._create(FollowTask("late", CONNECTION, work))
        stop()

    tasks._loop.stop = late
