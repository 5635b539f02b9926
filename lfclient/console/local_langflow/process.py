"""Start, identify and end processes that outlive the console."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

LOOPBACK = "127.0.0.1"

# Other programs' settings that must not reach the child process: they could select another database
# or user, send traces to another account, add other packages or disable bytecode caching.
_STRIPPED_PREFIXES = (
    "LANGFLOW_",
    "LFX_",
    "LFCONSOLE_",
    "UVICORN_",
    "GUNICORN_",
    "STREAMLIT_",
    "LANGCHAIN_",
    "LANGSMITH_",
    "LANGFUSE_",
    "OTEL_",
    "PYTHON",
    "PYENV_",
    "PYTEST_",
)
_STRIPPED = frozenset(
    {
        "VIRTUAL_ENV",
        "VIRTUAL_ENV_PROMPT",
        "CONDA_PREFIX",
        "CONDA_DEFAULT_ENV",
        "WEB_CONCURRENCY",
        "FORWARDED_ALLOW_IPS",
        "DATABASE_URL",
    }
)


# two readings of one start time may differ, because the system counts in hundredths of a second
_START_TIME_TOLERANCE_SECONDS = 0.1


def _start_time(pid: int) -> float:
    if not psutil.LINUX:
        return psutil.Process(pid).create_time()
    # psutil adds the boot time, which changes when the clock is set: retry until both boot times
    # are equal
    while True:
        booted = psutil.boot_time()
        # a new object each time, since psutil caches the start time in it
        created = psutil.Process(pid).create_time()
        if psutil.boot_time() == booted:
            return created - booted


def _boot_id() -> str:
    """Return the current boot's ID, or "" if the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class ProcessIdentity:
    """Identifies a process, even if its PID is reused later.

    `created` is the start time in seconds: on Linux since the boot `boot`, which does not change
    when the clock is set, and since the epoch elsewhere.
    """

    pid: int
    created: float
    boot: str = field(default_factory=_boot_id)

    @classmethod
    def from_pid(cls, pid: int) -> ProcessIdentity:
        """Identify a running process. Raise `psutil.NoSuchProcess` if there is none."""
        return cls(pid, _start_time(pid))

    @classmethod
    def from_record(cls, record: Mapping[str, Any], keys: tuple[str, str, str]) -> ProcessIdentity:
        """Return the identity saved under three keys of a state file.

        Without a saved identity, return an identity that no process has.
        """
        pid, created, boot = keys
        return cls(
            int(record.get(pid, -1)), float(record.get(created, 0.0)), str(record.get(boot, ""))
        )

    def find(self) -> psutil.Process | None:
        """Return the process, or None if it has ended."""
        if self.pid <= 0 or self.boot != _boot_id():
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(_start_time(process.pid) - self.created) < _START_TIME_TOLERANCE_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None  # ended, or not accessible and so not started by us


def child_environ(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without other programs' settings, updated with `own`."""
    inherited = {
        name: value
        for name, value in environ.items()
        if name not in _STRIPPED and not name.startswith(_STRIPPED_PREFIXES)
    }
    return {**inherited, **own}


def spawn(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> ProcessIdentity:
    """Start a process that outlives this process, with its output in `log`."""
    with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        process = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    identity = ProcessIdentity.from_pid(process.pid)
    # reap the process when it ends, so that it does not stay a zombie
    threading.Thread(target=process.wait, name=f"reaps-{process.pid}", daemon=True).start()
    return identity


def end_process(identity: ProcessIdentity, grace: float = 10.0) -> bool:
    """Terminate a process and its process group. Return whether all their processes ended.

    The processes are killed after `grace` seconds. A process that reuses the PID is left alone, but
    processes that remain in the group are ended.
    """
    if identity.pid <= 0 or identity.boot != _boot_id():
        return True
    members: set[psutil.Process] = set()
    for method, seconds in ((psutil.Process.terminate, grace), (psutil.Process.kill, 5.0)):
        members.update(_group(identity))
        for process in members:
            with suppress(psutil.NoSuchProcess):
                method(process)
        if _are_gone(identity, members, seconds):
            return True
    return False


def _are_gone(identity: ProcessIdentity, members: Iterable[psutil.Process], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while any(map(_is_alive, members)) or any(_group(identity)):
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def _is_alive(process: psutil.Process) -> bool:
    # an ended process stays listed until its parent reaps it
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _group(identity: ProcessIdentity) -> Iterator[psutil.Process]:
    leader = identity.find()
    if leader is not None:
        yield leader
        with suppress(psutil.NoSuchProcess):
            yield from leader.children(recursive=True)
    yield from _members(identity)


def _members(identity: ProcessIdentity) -> Iterator[psutil.Process]:
    if not hasattr(os, "getpgid") or (psutil.pid_exists(identity.pid) and _is_pid_reused(identity)):
        return
    for process in psutil.process_iter():
        try:
            if (
                os.getpgid(process.pid) == identity.pid
                and _start_time(process.pid) > identity.created - _START_TIME_TOLERANCE_SECONDS
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                yield process
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue


def _is_pid_reused(identity: ProcessIdentity) -> bool:
    # a PID is not reused while a process group has it as ID: if another process has the PID, the
    # group is not ours
    try:
        return abs(_start_time(identity.pid) - identity.created) >= _START_TIME_TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return False


def choose_port(preferred: int | None) -> int:
    """Return the port `preferred`, or an unused port if it stays taken.

    A killed server may hold its port for a moment.
    """
    limit = time.monotonic() + 2.0
    while preferred and time.monotonic() < limit:
        with suppress(OSError):
            return _bind(preferred)
        time.sleep(0.1)
    return _bind(0)


def _bind(port: int) -> int:
    """Listen on a loopback port for a moment, or on any port if it is 0. Return the port."""
    with socket.socket() as probe:
        if port:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        return int(probe.getsockname()[1])
