"""Two consoles on one SQLite folder and on PostgreSQL: one follows a run, the other sees it."""

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.store.run_record import StoredParts
from tests.support.fake_langflow import FakeLangflow, component_done, event, question
from tests.support.runner_bench import BEGUN, CONNECTION, JOB, Bench
from tests.support.waiting import wait_for, wait_for_record

STOP = "/api/v2/workflows/stop"
SECRET = "sk-very-secret-1234567890"
KEPT_LESS = [
    (RetentionSettings(store_outputs=False), StoredParts.NOT_WANTED),
    (RetentionSettings(store_inputs=False), StoredParts.WITHOUT_INPUTS),
    (RetentionSettings(max_run_bytes=200), StoredParts.TOO_LARGE),
]


def token(chunk):
    return event("token", id="m", chunk=chunk)


class Two(Bench):
    """`runner` follows what is started, `other` is opened beside it."""

    def __init__(self, folder, database_url):
        super().__init__(folder, FakeLangflow(seconds=60, log=[BEGUN]), database_url)
        self.other = self.new_runner()

    def there(self, run_id, ready, timeout=10.0):
        """Wait until the other process shows it; the record."""
        return wait_for_record(self.other, run_id, self.owner, ready, timeout)

    def begun(self, mode="background"):
        """A run whose components are known; its id."""
        run_id = self.start(mode=mode)
        self.until(run_id, lambda record: record.run and record.run.components)
        return run_id

    def asking(self):
        """One that waits for a decision."""
        run_id = self.begun()
        asked = event("human_input_required", **question(JOB))
        self.server.log += [component_done("ChatInput-a", "hi"), asked]
        self.server.jobs[JOB].state = "suspended"
        self.until(run_id, lambda record: record.run.waiting_for)
        return run_id

    def kill(self):
        """As SIGKILL of the one that follows: it writes no more, and its lock is free."""
        self.runner._replica_sync.close()
        self.runner.close()
        self.runners.remove(self.runner)
        self.runner = self.other

    def take_over(self, run_id):
        """Kill the one that follows, and let the other see that it is dead."""
        self.kill()
        self.other.attach(CONNECTION)
        wait_for(lambda: self.other._takeover.check() or self.other.is_followed(run_id))


def said(record):
    return record.run.messages["m"].visible_text if record.run and record.run.messages else ""


def states(record):
    return {name: one.state.value for name, one in record.run.components.items()}
