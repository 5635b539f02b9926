"""Faults of the local Langflow, with a fake uv and a fake server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lfclient import local
from lfclient.console.local_langflow.installer import Installation
from lfclient.console.local_langflow.manager import PINNED_VERSION, LocalLangflow
from lfclient.console.local_langflow.process import ProcessIdentity, spawn
from lfclient.console.local_langflow.requirement import Requirement
from lfclient.console.local_langflow.state_file import JsonFile, LocalError, LocalState
from lfclient.resources.packages import package_for
from tests.support.local_langflow import fake_local
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[3]


def test_a_stopped_langflow_has_its_last_connection_only(tmp_path: Path):
    langflow = LocalLangflow(tmp_path)
    assert langflow.last_connection() is None
    langflow.folder.mkdir(parents=True)
    JsonFile(langflow.folder / "secret.json").write({"api_key": "sk-local"})
    JsonFile(langflow.folder / "state.json").write(
        {"state": "stopped", "url": "http://127.0.0.1:7999"}
    )

    assert langflow.connection() is None
    assert langflow.last_connection() == ("http://127.0.0.1:7999", "sk-local")


def test_a_stopped_langflow_signs_nobody_in(tmp_path: Path):
    with pytest.raises(LocalError, match="not running"):
        LocalLangflow(tmp_path).sign_in()


def test_without_an_installation_the_status_is_absent(tmp_path: Path):
    langflow = LocalLangflow(tmp_path)

    assert langflow.status().state is LocalState.ABSENT
    assert langflow.connection() is None
    assert langflow.logs() == ""


@pytest.mark.parametrize(
    "settings",
    [
        {"UV_OFFLINE": "1"},
        {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"},
    ],
    ids=["offline", "refused"],
)
def test_a_missing_network_is_reported_with_a_hint(tmp_path: Path, settings: dict[str, str]):
    environ = {**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache"), **settings}
    requirement = Requirement(PINNED_VERSION)
    installation = Installation(
        tmp_path / "venv", requirement, python=sys.executable, environ=environ
    )
    langflow = LocalLangflow(tmp_path, installation=installation)

    with pytest.raises(LocalError, match="no connection to the package index") as caught:
        langflow.start()

    assert "network" in caught.value.hint
    assert langflow.status().state is LocalState.FAILED
    assert "no connection" in langflow.status().message


def test_the_first_start_in_a_terminal_reports_its_steps(
    tmp_path: Path,
    fake_uv: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """The download size comes first, then each step with its progress."""
    langflow = fake_local(tmp_path, fake_uv(server="exit 1"))
    monkeypatch.setattr(local, "LocalLangflow", lambda folder: langflow)

    assert local.main(["start"]) == 1  # the stand-in is no Langflow
    note, *steps = capsys.readouterr().out.splitlines()
    assert "MB to download" in note
    assert steps[0] == "  0%  Setting up Python for Langflow."
    assert steps[-1] == " 70%  Starting Langflow."


YAHOO = package_for("yfinance")


def _running(folder: Path, uv_binary: str) -> tuple[LocalLangflow, ProcessIdentity]:
    """Return a local Langflow that is installed, and runs according to its state file."""
    langflow = fake_local(folder, uv_binary)
    langflow.installation.install(lambda step, share: None)
    server = spawn(["sleep", "300"], env=os.environ, cwd=folder, log=folder / "log")
    JsonFile(langflow.folder / "state.json").write(
        {"state": "running", "pid": server.pid, "created": server.created, "boot": server.boot}
    )
    return langflow, server


def test_a_running_langflow_is_restarted_with_the_package(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    langflow, server = _running(tmp_path, fake_uv(server="exit 1"))
    states: list[LocalState] = []

    with pytest.raises(LocalError, match="stopped while starting"):  # the stand-in is no Langflow
        langflow.start(lambda status: states.append(status.state), add=YAHOO)

    assert server.find() is None
    assert langflow.installation.added == ["yfinance"]
    assert states[0] is LocalState.ADDING
    assert LocalState.STARTING in states


def test_langflow_keeps_running_if_a_package_cannot_be_added(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    script = 'case "$*" in *yfinance==*) echo "dns error" >&2; exit 2;; esac'
    langflow, server = _running(tmp_path, fake_uv(script))
    try:
        with pytest.raises(LocalError, match="no connection"):
            langflow.start(add=YAHOO)

        assert server.find()
        assert langflow.status().state is LocalState.RUNNING
        assert "no connection" in langflow.status().message
        assert langflow.installation.added == []
    finally:
        langflow.stop()


def test_a_langflow_stays_usable_while_a_package_is_added(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    script = 'case "$*" in *yfinance==*) sleep 60;; esac'
    langflow, _ = _running(tmp_path, fake_uv(script))
    JsonFile(langflow.folder / "secret.json").write({"api_key": "sk-local"})
    JsonFile(langflow.folder / "state.json").update(url="http://127.0.0.1:7999")
    langflow.start_in_background(add=YAHOO)
    try:
        wait_for(lambda: langflow.status().state is LocalState.ADDING)

        assert langflow.connection() == ("http://127.0.0.1:7999", "sk-local")
        assert langflow.status().step == "Installing yfinance."
    finally:
        langflow.stop()


def test_an_interrupted_installation_is_reported_and_restarted(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    uv_binary = fake_uv(install="sleep 60")
    code = (
        "import sys; from pathlib import Path;"
        "from tests.support.local_langflow import fake_local;"
        "fake_local(Path(sys.argv[1]), sys.argv[2]).start()"
    )
    console = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), uv_binary], cwd=ROOT, start_new_session=True
    )
    langflow = fake_local(tmp_path, fake_uv(install="sleep 60"))
    wait_for(lambda: langflow.status().step.startswith("Resolving"))
    os.killpg(console.pid, signal.SIGKILL)
    console.wait()

    assert langflow.status().state is LocalState.FAILED
    assert "interrupted" in langflow.status().message

    again = fake_local(tmp_path, fake_uv(server="echo boom; exit 1"))
    with pytest.raises(LocalError, match="stopped while starting"):
        again.start()
    assert len(list(again.folder.glob("venv-*"))) == 1


def test_a_stop_ends_the_installation_and_its_process(tmp_path: Path, fake_uv: Callable[..., str]):
    langflow = fake_local(tmp_path, fake_uv(install="echo $$ > uv-pid; sleep 60"))
    langflow.start_in_background()
    wait_for(lambda: (langflow.folder / "uv-pid").exists())
    pid = int((langflow.folder / "uv-pid").read_text())

    status = langflow.stop()

    assert status.state is LocalState.ABSENT
    assert not psutil.pid_exists(pid)


def test_a_start_in_the_background_is_in_progress_at_once(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    langflow = fake_local(tmp_path, fake_uv(install="sleep 60"))

    langflow.start_in_background()
    thread = langflow._thread
    langflow.start_in_background()

    assert langflow.status().state.is_in_progress
    assert langflow._thread is thread
    langflow.stop()


def test_a_crash_during_the_start_shows_the_log(tmp_path: Path, fake_uv: Callable[..., str]):
    langflow = fake_local(tmp_path, fake_uv(server="echo the sky is falling; exit 1"))

    with pytest.raises(LocalError, match="stopped while starting"):
        langflow.start()

    assert langflow.status().state is LocalState.CRASHED
    assert "the sky is falling" in langflow.status().log_tail


def test_the_log_has_no_ansi_escapes(tmp_path: Path):
    langflow = fake_local(tmp_path, "uv")
    langflow.folder.mkdir(parents=True)
    langflow.log.write_text("\x1b[31mError\x1b[0m \x1b[2;33mat\x1b[0m 5")
    assert langflow.logs() == "Error at 5"


def test_the_log_has_no_password(tmp_path: Path, fake_uv: Callable[..., str]):
    langflow = fake_local(tmp_path, fake_uv(server='echo "p=$LANGFLOW_SUPERUSER_PASSWORD"; exit 1'))

    with pytest.raises(LocalError):
        langflow.start()

    password = JsonFile(langflow.folder / "secret.json").read()["password"]
    assert langflow.logs() == "p=••••"
    assert password not in (langflow.folder / "state.json").read_text()


def test_a_port_that_is_lost_during_the_start_is_in_the_error(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    server = "echo error while attempting to bind: address already in use; exit 1"

    with pytest.raises(LocalError, match=r"Port \d+ is in use"):
        fake_local(tmp_path, fake_uv(server=server)).start()


def test_settings_of_other_programs_do_not_reach_the_server(
    tmp_path: Path, fake_uv: Callable[..., str]
):
    stale = {
        "LANGFLOW_DATABASE_URL": "sqlite:////elsewhere.db",
        "LANGFLOW_AUTO_LOGIN": "true",
        "UVICORN_PORT": "1",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/elsewhere",
        "LANGSMITH_API_KEY": "somebody's",
    }
    langflow = fake_local(
        tmp_path, fake_uv(server="env; exit 1"), environ={**os.environ, **stale}, env={"MINE": "1"}
    )
    with pytest.raises(LocalError):
        langflow.start()

    seen = dict(line.split("=", 1) for line in langflow.logs(500).splitlines() if "=" in line)
    assert "elsewhere" not in str(seen)
    assert not {"UVICORN_PORT", "PYTHONPATH", "VIRTUAL_ENV", "LANGSMITH_API_KEY"} & seen.keys()
    assert seen["LANGFLOW_AUTO_LOGIN"] == "false"
    assert seen["LANGFLOW_DO_NOT_TRACK"] == seen["DO_NOT_TRACK"] == "true"
    assert seen["LANGFLOW_MAX_ITEMS_LENGTH"] == "200000"
    assert seen["MINE"] == "1"


@pytest.mark.parametrize("is_shutdown", [False, True])
def test_a_running_server_whose_process_is_gone_has_crashed_unless_the_machine_was_shut_down(
    tmp_path: Path, is_shutdown: bool
):
    langflow = LocalLangflow(tmp_path)
    langflow.folder.mkdir(parents=True)
    JsonFile(langflow.folder / "state.json").write(
        {
            "state": "running",
            "pid": 2**22 + 1,
            "created": 1.0,
            "began": 1.0 if is_shutdown else time.time(),
        }
    )

    expected = LocalState.STOPPED if is_shutdown else LocalState.CRASHED
    assert langflow.status().state is expected
    assert is_shutdown or "Start it again" in langflow.status().hint


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"state": "dancing"}'])
def test_a_damaged_state_file_is_ignored(tmp_path: Path, content: str):
    langflow = LocalLangflow(tmp_path)
    langflow.folder.mkdir(parents=True)
    (langflow.folder / "state.json").write_text(content)

    assert langflow.status().state in (LocalState.ABSENT, LocalState.STOPPED)


def test_state_files_are_readable_by_their_owner_only(tmp_path: Path):
    file = JsonFile(tmp_path / "secret.json")
    file.write({"password": "x"})

    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_cannot_be_created_is_reported(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalError, match="Couldn't use"):
        LocalLangflow(tmp_path / "file").start()
