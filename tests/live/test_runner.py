"""The runner on real servers, with flows that sleep."""

import time
import uuid
from copy import deepcopy

import pytest
from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.permissions import Permissions
from lfclient.console.runner.runner import Runner
from lfclient.console.samples.graph_builder import components_by_type
from lfclient.console.store.notes import NoteCode, has_code
from lfclient.runs.model import RunStatus
from tests.live.releases import oldest_and_newest
from tests.support.servers import delete_flow

pytestmark = oldest_and_newest


def until(ready, timeout, what):
    """The first true value of `ready()`."""
    end = time.monotonic() + timeout
    while not (found := ready()):
        assert time.monotonic() < end, f"{what}: not within {timeout} s"
        time.sleep(0.02)
    return found


class Live:
    """A flow that sleeps on a real server, and a runner for it."""

    def __init__(self, server, folder, catalogue):
        self.connection = Connection("live", server.url, SecretStr(server.api_key), "secrets")
        self.owner = owner_fingerprint(self.connection, folder)
        self.client = LangflowClient(server.url, server.api_key)
        self.server = self.client.server.info()
        self.node = components_by_type(catalogue)["PythonREPLComponent"]
        self.flows = []
        self.runner = Runner(folder)

    def flow(self, seconds):
        """A flow with one component that sleeps and then says so."""
        node = deepcopy(self.node)
        node["template"]["global_imports"]["value"] = "time"
        node["template"]["python_code"]["value"] = f"time.sleep({seconds}); print('done')"
        entry = {
            "id": "PythonREPLComponent-slow1",
            "type": "genericNode",
            "position": {"x": 0, "y": 0},
            "data": {
                "id": "PythonREPLComponent-slow1",
                "type": "PythonREPLComponent",
                "node": node,
                "showNode": True,
            },
        }
        data = {"nodes": [entry], "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}
        made = self.client.editor.create_flow(f"runner-test-{uuid.uuid4().hex[:8]}", data)
        self.flows.append(made.id)
        return self.client.flow(made.id)

    def start(self, flow, mode="background"):
        [run_id] = self.runner.start(
            self.connection,
            flow,
            [{}],
            mode=mode,
            session_ids=[uuid.uuid4().hex],
            server=self.server,
            submit_token=uuid.uuid4().hex,
            permissions=Permissions(other_servers=True, install=True),
        )
        return run_id

    def record(self, run_id):
        return self.runner.get(run_id, self.owner)

    def ended(self, run_id, timeout):
        return until(
            lambda: (record := self.record(run_id)).ended and record, timeout, "end of the run"
        )

    def running(self, run_id):
        return until(
            lambda: (record := self.record(run_id)).status is RunStatus.IN_PROGRESS and record,
            10,
            "start of the run",
        )

    def close(self):
        self.runner.close()
        for flow_id in self.flows:
            delete_flow(self.client, flow_id)
        self.client.close()


@pytest.fixture
def live(langflow, tmp_path, catalogue):
    made = Live(langflow, tmp_path, catalogue)
    yield made
    made.close()


@pytest.mark.parametrize("seconds", [0.3, 2])
def test_the_end_of_a_job_is_recorded_within_four_seconds(live, seconds):
    """On any machine; a benchmark measures how soon."""
    record = live.ended(live.start(live.flow(seconds)), 20)
    assert record.status is RunStatus.COMPLETED
    # the component's print is no reliable clock: a stopped run's thread continues on the server and
    # restores the process's output stream
    took = (record.ended_at - record.started_at).total_seconds()
    assert took <= seconds + 4


def test_stop_closes_a_synchronous_call_at_once(live):
    """The record says what was not stopped."""
    run_id = live.start(live.flow(20), mode="sync")
    live.running(run_id)
    live.runner.stop(run_id, live.connection)
    record = live.ended(run_id, 10)  # half of the flow's time
    assert record.status is RunStatus.CANCELLED
    assert has_code(record.stop_result, NoteCode.STOPPED_WAITING)
