"""Two consoles on one database: one follows a run, the other watches it."""

import pytest

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.run_record import StoredParts
from tests.support.fake_events import event
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_harness import CONNECTION, RUN_STARTED, RunnerHarness
from tests.support.waiting import wait_for, wait_for_record

on_both_databases = pytest.mark.parametrize("two", ["sqlite", "postgresql"], indirect=True)
SECRET = "sk-very-secret-1234567890"
REDUCED_RETENTION = [
    (RetentionSettings(store_outputs=False), StoredParts.NOT_WANTED),
    (RetentionSettings(store_inputs=False), StoredParts.WITHOUT_INPUTS),
    (RetentionSettings(max_run_bytes=200), StoredParts.TOO_LARGE),
]


def token(chunk):
    """Return the event of a token of message "m"."""
    return event("token", id="m", chunk=chunk)


def message_text(record):
    """Return the text of message "m" so far, "" without one."""
    return record.run.messages["m"].visible_text if record.run and record.run.messages else ""


class TwoConsoles(RunnerHarness):
    """`runner` follows the runs that are started, `other` watches them."""

    def __init__(self, folder, database_url, timings):
        server = FakeLangflow(seconds=60, log=[RUN_STARTED])
        super().__init__(folder, server, database_url, timings)
        self.other = self.new_runner()

    def get_elsewhere(self, run_id):
        """Return the record as the other console shows it."""
        return self.other.get(run_id, self.owner)

    def wait_elsewhere(self, run_id, ready):
        """Wait until `ready(record)` is true in the other console and return the record."""
        return wait_for_record(self.other, run_id, self.owner, ready)

    def wait_for_syncs(self, count):
        """Wait until the following console has checked for changes this many more times."""
        syncs = []
        self.runner._sync_thread.jobs.append(lambda: syncs.append(1))
        wait_for(lambda: len(syncs) >= count)

    def kill(self):
        """End the following console as SIGKILL would: it writes no more, and its lock is free."""
        self.runner._sync_thread.close()
        self.runner.close()
        self.runners.remove(self.runner)
        self.runner = self.other

    def kill_and_take_over(self, run_id):
        """Kill the following console and let the other notice."""
        self.kill()
        self.other.attach(CONNECTION)
        wait_for(lambda: self.other._takeover.check() or self.other.is_followed(run_id))
