"""Start, stop and monitor the local Langflow from any process."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

import filelock
import psutil

from lfclient.client import LangflowClient
from lfclient.common.redaction import Redactor
from lfclient.console.local_langflow import launcher
from lfclient.console.local_langflow.installer import START_SECONDS, Installation
from lfclient.console.local_langflow.process import (
    LOOPBACK,
    ProcessIdentity,
    choose_port,
    end_process,
)
from lfclient.console.local_langflow.requirement import Requirement
from lfclient.console.local_langflow.state_file import JsonFile, LocalError, LocalState, LocalStatus
from lfclient.console.samples import builtin
from lfclient.errors import InvalidKey
from lfclient.resources.packages import Package

PINNED_VERSION = "1.13.0"

_START_TIMEOUT_SECONDS = 240.0  # a slow disk needs several times the usual time
_LOCK_TIMEOUT_SECONDS = 1800.0  # how long to wait while another process installs the server
_POLL_SECONDS = 0.3

_INTERRUPTED = "Starting the local Langflow was interrupted."
_INTERRUPTED_HINT = "Start it again. It continues where it stopped."

# the state file's keys for a `ProcessIdentity`: the server's, and its starting process's
_SERVER = ("pid", "created", "boot")
_WORKER = ("worker", "worker_created", "worker_boot")

OnStep = Callable[[LocalStatus], None]


class LocalLangflow:
    """The local Langflow of this user and version, shared by all processes.

    `folder` is the console's data folder. The server's environment is `environ`, by default this
    process's environment, updated with `env`.
    """

    def __init__(
        self,
        folder: Path,
        version: str = PINNED_VERSION,
        *,
        installation: Installation | None = None,
        with_samples: bool = True,
        environ: Mapping[str, str] = os.environ,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.folder = folder / "local" / version
        self.log = self.folder / "langflow.log"
        self._environ = environ
        self._env = dict(env or {})
        self._with_samples = with_samples
        self.installation = installation or Installation(
            self.folder, Requirement(version), environ=environ
        )
        self._state = JsonFile(self.folder / "state.json")
        self._secret = JsonFile(self.folder / "secret.json")
        self._stop_request = JsonFile(self.folder / "stop-requested.json")
        self._called = 0.0
        self._thread: threading.Thread | None = None
        self._adding: Package | None = None  # set by the thread
        self._thread_guard = threading.Lock()
        self._problem: LocalError | None = None

    # -- status ------------------------------------------------------------------------------

    def status(self) -> LocalStatus:
        """Return the current status from the state file and the process, without a request."""
        record = self._state.read()
        state = LocalState.of(record)
        if state.is_usable and ProcessIdentity.from_record(record, _SERVER).find() is None:
            return self._ended(record)
        if state.is_in_progress and ProcessIdentity.from_record(record, _WORKER).find() is None:
            # a package was not added: the server continues without it
            left = LocalState.RUNNING if state is LocalState.ADDING else LocalState.FAILED
            return self._status(record, left, message=_INTERRUPTED, hint=_INTERRUPTED_HINT)
        if self._problem and not self._is_thread_alive() and state is not LocalState.RUNNING:
            # covers a disk that was too full to record the failure
            hint = self._problem.hint
            reported = state if state is LocalState.CRASHED else LocalState.FAILED
            return self._status(record, reported, message=str(self._problem), hint=hint)
        if self._is_thread_alive() and not (state.is_in_progress or state.is_usable):
            return self._status({}, LocalState.STARTING, step="Preparing the local Langflow.")
        if self._is_thread_alive() and state is LocalState.RUNNING and self._adding:
            step = f"Installing {self._adding.name}."
            return self._status(record, LocalState.ADDING, step=step)
        if state is LocalState.ABSENT and self.installation.python:
            state = LocalState.INSTALLED
        return self._status(record, state)

    def connection(self) -> tuple[str, str] | None:
        """Return the running server's URL and API key, or None if it is not running."""
        return self.last_connection() if self.status().state.is_usable else None

    def last_connection(self) -> tuple[str, str] | None:
        """Return the server's current or last URL and API key, or None if it never ran."""
        url, key = self._state.read().get("url"), self._secret.read().get("api_key")
        return (url, key) if url and key else None

    def has_sample(self, flow_id: str) -> bool:
        """Return whether a flow is a sample that was added at the first start."""
        return flow_id in self._state.read().get("sample_ids", ())

    def sign_in(self) -> dict[str, str]:
        """Return the cookies, by name, that sign a browser in to the running server's editor."""
        connection = self.connection()
        if connection is None:
            raise LocalError("The local Langflow is not running.", hint="Start it, then try again.")
        secret = self._secret.read()
        with LangflowClient(connection[0]) as client:
            return client.auth.sign_in(secret["user"], secret["password"])

    def logs(self, lines: int = 50) -> str:
        """Return the last lines of the server's log, without secrets."""
        hidden = [value for value in self._secret.read().values() if isinstance(value, str)]
        return Redactor(hidden).redact_text(launcher.read_tail(self.log, lines))

    # -- actions -----------------------------------------------------------------------------

    @property
    def secret_file(self) -> Path:
        """The file with the server's password and API key, which only the user can read."""
        return self._secret.path

    def start_in_background(self, add: Package | None = None) -> None:
        """Start the server in a thread, unless a start is in progress. `status` has the progress.

        With a package to `add`, install the package and restart the server. If the installation
        fails, the server keeps running.
        """
        with self._thread_guard:
            if not self._is_thread_alive():
                called, self._adding = time.time(), add
                self._thread = threading.Thread(
                    target=self._start_quietly,
                    args=(called, add),
                    name="local-langflow",
                    daemon=True,
                )
                self._thread.start()

    def start(
        self, on_step: OnStep = lambda status: None, add: Package | None = None
    ) -> LocalStatus:
        """Install and start the server if needed, and return its status once it is ready.

        A second call, from any process, waits for the first. Each step is passed to `on_step`. With
        a package to `add`, install the package first and restart the server. Raise `LocalError` on
        failure, which `status` then reports as well.
        """
        return self._start(on_step, time.time(), add)

    def _start(self, on_step: OnStep, called: float, add: Package | None) -> LocalStatus:
        with launcher.translate_launch_errors(self.folder), self._exclusive(on_step):
            self._problem = None
            self._called = called
            if self.status().state is LocalState.RUNNING and add is None:
                return self.status()
            worker = ProcessIdentity.from_pid(os.getpid())
            self._state.update(**dict(zip(_WORKER, astuple(worker), strict=True)))
            try:
                with launcher.translate_launch_errors(self.folder):
                    self._bring_up(on_step, add)
            except BaseException as problem:
                self._record_failure(problem)
                raise
            return self.status()

    def stop(self) -> LocalStatus:
        """Stop the server or the start in progress, with all child processes."""
        with launcher.translate_launch_errors(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._stop_request.write({"at": time.time()})
            with self._exclusive(lambda status: None):
                self._problem = None
                record = self._state.read()
                server = ProcessIdentity.from_record(record, _SERVER)
                if "pid" in record and not end_process(server):
                    raise LocalError(
                        f"The local Langflow (process {record['pid']}) did not stop.",
                        hint="End the process with the tools of your system.",
                    )
                if record:
                    state = LocalState.STOPPED if self.installation.python else LocalState.ABSENT
                    self._note(state, "The local Langflow is stopped.")
                return self.status()

    def _is_thread_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    # -- the steps of a start ----------------------------------------------------------------

    def _bring_up(self, on_step: OnStep, add: Package | None) -> None:
        process = ProcessIdentity.from_record(self._state.read(), _SERVER)
        if add:
            self._add(add, process.find() is not None, on_step)
            end_process(process)
        if process.find() is None:
            process = self._launch(self._install(on_step), on_step)
        url = self._wait_until_healthy(process, on_step)
        key = self._api_key(url)
        if self._with_samples and not self._state.read().get("samples"):
            on_step(self._note(LocalState.SAMPLES, "Adding the sample flows.", 0.95))
            with LangflowClient(url, key) as client:
                made = builtin.install_samples(client)
            self._state.update(samples=True, sample_ids=[flow.id for flow in made])
        on_step(self._note(LocalState.RUNNING, "The local Langflow is running.", 1.0))

    def _install(self, on_step: OnStep) -> Path:
        with filelock.FileLock(self.installation.folder / "install.lock"):
            python = self.installation.python
            if python and not self.installation.missing:
                return python
            return self.installation.install(
                lambda step, share: on_step(self._note(LocalState.INSTALLING, step, 0.7 * share)),
                self._is_stop_requested,
            )

    def _add(self, package: Package, is_running: bool, on_step: OnStep) -> None:
        if not is_running:
            self._install(on_step)
        state = LocalState.ADDING if is_running else LocalState.INSTALLING

        def note(step: str, share: float) -> None:
            on_step(self._note(state, f"Installing {package.name}.", 0.7 * share))

        with filelock.FileLock(self.installation.folder / "install.lock"):
            self.installation.add(package, note, self._is_stop_requested)

    def _launch(self, python: Path, on_step: OnStep) -> ProcessIdentity:
        on_step(self._note(LocalState.STARTING, "Starting Langflow.", 0.7))
        secret = self._secret.read()
        if "password" not in secret:
            secret = {"user": "console", "password": secrets.token_urlsafe(24)}
            self._secret.write(secret)
        # keep the previous address, so that open pages keep working
        port = choose_port(self._state.read().get("port"))
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        identity = launcher.launch(python, port, secret, data, self.log, self._environ, self._env)
        self._state.update(
            **dict(zip(_SERVER, astuple(identity), strict=True)),
            port=port,
            url=f"http://{LOOPBACK}:{port}",
            began=time.time(),
        )
        return identity

    def _wait_until_healthy(self, process: ProcessIdentity, on_step: OnStep) -> str:
        record = self._state.read()
        began: float = record["began"]
        url: str = record["url"]
        with LangflowClient(url, timeout=2.0) as client:
            while not client.server.is_healthy():
                waited = time.time() - began
                if self._is_stop_requested():
                    end_process(process)
                    raise LocalError("The start was stopped.", hint="Start it again.")
                if process.find() is None:
                    raise launcher.crash_error(self.logs(), record["port"])
                if waited > _START_TIMEOUT_SECONDS:
                    end_process(process)
                    raise LocalError(
                        f"Langflow did not respond within {_START_TIMEOUT_SECONDS:.0f} s of its "
                        "start.",
                        hint="Start it again. Its log may have details.",
                    )
                on_step(
                    self._note(
                        LocalState.STARTING,
                        f"Starting Langflow: {waited:.0f} s so far (usually "
                        f"{START_SECONDS} s to 2 minutes).",
                        0.7 + 0.24 * waited / (waited + 2 * START_SECONDS),
                    )
                )
                time.sleep(_POLL_SECONDS)
        if process.find() is None:
            # another server responded on the port, so this server could not use it
            raise launcher.crash_error(self.logs(), record["port"])
        return url

    def _api_key(self, url: str) -> str:
        secret = self._secret.read()
        if secret.get("api_key"):
            try:
                with LangflowClient(url, secret["api_key"]) as client:
                    client.flows()
                return str(secret["api_key"])
            except InvalidKey:
                pass  # the server's database was removed: create a new key
        with LangflowClient(url) as client:
            token = client.auth.login(secret["user"], secret["password"])
            key = client.auth.create_key("Langflow Console", token)
        self._secret.update(api_key=key)
        return key

    # -- state and locking -------------------------------------------------------------------

    def _is_stop_requested(self) -> bool:
        # a stop requested before this start does not apply to it
        requested_at: float = self._stop_request.read().get("at", 0.0)
        return requested_at >= self._called

    def _start_quietly(self, called: float, add: Package | None) -> None:
        try:
            self._start(lambda status: None, called, add)
        except LocalError as problem:
            if self._called != called:
                # the start never acquired the lock, so nothing was recorded
                self._problem = problem

    @contextmanager
    def _exclusive(self, on_step: OnStep) -> Iterator[None]:
        """Hold the lock for changes. While waiting, report the holder's status."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = filelock.FileLock(self.folder / "lock")
        limit = time.monotonic() + _LOCK_TIMEOUT_SECONDS
        while True:
            try:
                held = lock.acquire(timeout=_POLL_SECONDS)
                break
            except filelock.Timeout:
                on_step(self.status())
                if time.monotonic() > limit:
                    raise LocalError(
                        "Another console has been starting the local Langflow for half an hour.",
                        hint="Close that console, or stop the start there, then try again.",
                    ) from None
        with held:
            yield

    def _note(self, state: LocalState, step: str, progress: float | None = None) -> LocalStatus:
        record = self._state.update(
            state=state.value, step=step, progress=progress, message="", hint="", log_tail=""
        )
        return self._status(record, state)

    def _record_failure(self, problem: BaseException) -> None:
        record = self._state.read()
        crashed = isinstance(problem, launcher.CrashError)
        state = LocalState.CRASHED if crashed else LocalState.FAILED
        if LocalState.of(record) is LocalState.ADDING:
            state = LocalState.RUNNING  # without the package
        failure = problem if isinstance(problem, LocalError) else LocalError(str(problem))
        if not isinstance(problem, Exception):
            failure = LocalError(_INTERRUPTED, hint=_INTERRUPTED_HINT)
        self._problem = failure
        with suppress(OSError):  # on a full disk, only the caller gets the error
            self._state.update(
                state=state.value,
                step="",
                progress=None,
                message=str(failure),
                hint=failure.hint,
                log_tail=self.logs(20) if crashed else "",
            )

    def _ended(self, record: dict[str, Any]) -> LocalStatus:
        if record.get("began", 0.0) < psutil.boot_time():
            return self._status(
                record, LocalState.STOPPED, step="It stopped when the machine shut down."
            )
        return self._status(
            record,
            LocalState.CRASHED,
            message="The local Langflow stopped unexpectedly.",
            hint="Start it again. Flows are kept. The last lines of its log may show why.",
            log_tail=self.logs(20),
        )

    def _status(self, record: dict[str, Any], state: LocalState, **overrides: Any) -> LocalStatus:
        texts = {name: record.get(name) or "" for name in ("step", "message", "hint", "log_tail")}
        running = state.is_usable or state is LocalState.SAMPLES
        return LocalStatus(
            state=state,
            version=self.version,
            url=record.get("url") if running else None,
            pid=record.get("pid") if running else None,
            progress=record.get("progress") if state.is_in_progress or running else None,
            **{**texts, **overrides},
        )
