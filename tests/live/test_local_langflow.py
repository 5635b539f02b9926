"""The local Langflow: started, crashed, stopped.

It has the files of the installation that all test runs share. An installation from nothing is shown
in Chromium (test_from_nothing), its steps in a terminal with a stand-in for uv (test_manager).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from lfclient.client import LangflowClient
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.local_langflow.process import ProcessIdentity
from lfclient.console.local_langflow.state_file import LocalState
from lfclient.console.samples.builtin import SAMPLES
from tests.support.local_langflow import installed_folder

ROOT = Path(__file__).parents[2]


def _terminal(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # without network access, trying to download a Python takes ten seconds
    environ = {
        **os.environ,
        "LFCONSOLE_DATA_DIR": str(folder),
        "UV_PYTHON_DOWNLOADS": "never",
        "LANGFLOW_AUTO_LOGIN": "true",
    }
    return subprocess.run(
        [sys.executable, "-m", "lfclient.local", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with an installation only; whatever was started in it is stopped at the end."""
    with installed_folder(tmp_path_factory.mktemp("local")) as folder:
        yield folder


@pytest.fixture(scope="module")
def started(folder: Path) -> str:
    """The output of the first `python -m lfclient.local start`."""
    done = _terminal(folder, "start")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_start_reports_its_steps(started: str):
    assert "Starting Langflow" in started
    assert "100%  The local Langflow is running." in started


def test_it_survives_the_process_that_started_it(started: str, folder: Path):
    """Another process finds it running and has its key."""
    langflow = LocalLangflow(folder)
    url, key = langflow.connection()

    assert langflow.status().state is LocalState.RUNNING
    with LangflowClient(url, key) as client:
        assert client.server.info().version == "1.13.0"


def test_it_has_all_sample_flows(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    with LangflowClient(*langflow.connection()) as client:
        flows = client.flows()
        assert {flow.name for flow in flows} == {sample.name for sample in SAMPLES}
        assert all(langflow.has_sample(flow.id) for flow in flows)
        assert not any(langflow.has_sample(template.id) for template in client.templates())


def test_its_limits_are_raised(started: str, folder: Path):
    with LangflowClient(*LocalLangflow(folder).connection()) as client:
        limits = client.server.info().limits

    assert (limits.max_items, limits.max_text) == (200_000, 5_000_000)


def test_auto_login_is_off(started: str, folder: Path):
    url, _ = LocalLangflow(folder).connection()
    with LangflowClient(url) as client:
        assert client.auth.auto_login() is None


def test_its_editor_is_served_and_a_browser_is_signed_in(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    url, _ = langflow.connection()
    assert "<title>Langflow</title>" in httpx.get(f"{url}/flow/any").text
    assert httpx.get(f"{url}/api/v1/session").json()["authenticated"] is False

    with httpx.Client(base_url=url, cookies=langflow.sign_in()) as browser:
        assert browser.get("/api/v1/session").json()["authenticated"] is True
        assert browser.post("/api/v1/refresh").status_code == 200


def test_it_listens_on_loopback_only(started: str, folder: Path):
    process = psutil.Process(LocalLangflow(folder).status().pid)
    listening = {c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN}

    assert listening == {"127.0.0.1"}


def test_a_second_start_reuses_the_running_server(started: str, folder: Path):
    before = LocalLangflow(folder).status().pid
    threads = [threading.Thread(target=LocalLangflow(folder).start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert LocalLangflow(folder).status().pid == before


def test_its_secrets_are_in_one_file_that_only_the_user_can_read(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    _, key = langflow.connection()
    holders = [
        path
        for path in langflow.folder.glob("*")
        if path.is_file() and key in path.read_text(errors="replace")
    ]

    assert [path.name for path in holders] == ["secret.json"]
    assert holders[0].stat().st_mode & 0o077 == 0
    assert langflow.folder.stat().st_mode & 0o077 == 0
    assert key not in langflow.logs(10_000)


@pytest.mark.exhaustive
def test_a_crashed_server_is_reported_with_its_log(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    os.kill(langflow.status().pid, signal.SIGKILL)
    limit = time.monotonic() + 5
    while langflow.status().state is LocalState.RUNNING and time.monotonic() < limit:
        time.sleep(0.05)

    assert langflow.status().state is LocalState.CRASHED
    assert langflow.status().log_tail
    assert langflow.connection() is None


@pytest.mark.exhaustive
def test_a_crashed_server_is_started_again_with_its_data(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    assert langflow.status().state is LocalState.CRASHED
    connection = langflow.last_connection()
    langflow.start()
    assert langflow.connection() == connection
    with LangflowClient(*connection) as client:
        assert len(client.flows()) == len(SAMPLES)


def test_stop_leaves_no_process_behind(started: str, folder: Path):
    langflow = LocalLangflow(folder)
    langflow.start()
    status = langflow.status()
    server = ProcessIdentity.from_pid(status.pid)

    assert "stopped" in _terminal(folder, "stop").stdout

    assert server.find() is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{status.url}/health")
    assert LocalLangflow(folder).status().state is LocalState.STOPPED
