"""Processes that outlive the console: started apart from it, recognised again, ended for sure."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"

# What another program's settings would do to the child: point it at their database, log in their
# user, trace into their account, put their packages before its own or keep it from caching code.
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


# Seconds by which two readings of one start time may differ: the system counts in hundredths.
_START_TIME_TOLERANCE_SECONDS = 0.1


def _start_time(pid: int) -> float:
    if not psutil.LINUX:
        return psutil.Process(pid).create_time()
    # psutil adds the time of the boot, which it reads at each call: the clock may be set between
    # these calls, so only what did not change meanwhile counts
    while True:
        booted = psutil.boot_time()
        # a new object each time: one keeps the first time that it was asked for
        created = psutil.Process(pid).create_time()
        if psutil.boot_time() == booted:
            return created - booted


def _boot_id() -> str:
    """The name of the machine's present boot, where the system gives it one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class ProcessIdentity:
    """One process and no later one that got the same number.

    `created` is in seconds: since the boot named `boot` on Linux, where the system counts the
    start of a process from there and its epoch moves whenever the clock is set; since the epoch
    elsewhere.
    """

    pid: int
    created: float
    boot: str = field(default_factory=_boot_id)

    @classmethod
    def from_pid(cls, pid: int) -> ProcessIdentity:
        """That of a process that lives; raises psutil.NoSuchProcess if it does not."""
        return cls(pid, _start_time(pid))

    def find(self) -> psutil.Process | None:
        """The process, if it still lives."""
        if self.pid <= 0 or self.boot != _boot_id():
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(_start_time(process.pid) - self.created) < _START_TIME_TOLERANCE_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None  # gone, or one that we may not look at and so did not start


def child_environ(
    environ: Mapping[str, str], own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment without what belongs to other programs, and with `own` on top."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _STRIPPED and not name.startswith(_STRIPPED_PREFIXES)
    }
    return {**kept, **(own or {})}


def spawn(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> ProcessIdentity:
    """Start a process in a session of its own, so that it survives ours; it writes to `log`."""
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
    # once it ends while we live, its number must not stay taken
    threading.Thread(target=process.wait, name=f"reaps-{process.pid}", daemon=True).start()
    return identity


def end_process(identity: ProcessIdentity, grace: float = 10.0) -> bool:
    """End a process and all of its group; True if none of them is left.

    Asked first, killed after `grace` seconds. Nothing is done if the number is another's by now;
    processes that it left in its group are ended all the same.
    """
    if identity.pid <= 0 or identity.boot != _boot_id():
        return True
    members = _group(identity)
    for process in members:
        _signal(process, "terminate")
    if _are_gone(identity, members, grace):
        return True
    for process in {*members, *_group(identity)}:
        _signal(process, "kill")
    return _are_gone(identity, members, 5.0)


def _are_gone(identity: ProcessIdentity, members: Sequence[psutil.Process], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while any(map(_is_alive, members)) or _group(identity):
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def _is_alive(process: psutil.Process) -> bool:
    # one that has ended stays listed until its parent takes note
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _group(identity: ProcessIdentity) -> list[psutil.Process]:
    leader = identity.find()
    found = {p.pid: p for p in _members(identity)}
    if leader is not None:
        found[leader.pid] = leader
        found.update({child.pid: child for child in _children(leader)})
    return list(found.values())


def _members(identity: ProcessIdentity) -> Iterable[psutil.Process]:
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
    # a number is not given away while it still names a group: if a later process has it, then the
    # group of that number is not ours either
    try:
        return abs(_start_time(identity.pid) - identity.created) >= _START_TIME_TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return False


def _children(leader: psutil.Process) -> list[psutil.Process]:
    try:
        return leader.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, how: str) -> None:
    try:
        getattr(process, how)()
    except psutil.NoSuchProcess:
        return


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def wait_for_free_port(port: int, within: float = 2.0) -> bool:
    """Whether a port is free by then: a killed server's last threads hold it for a moment."""
    limit = time.monotonic() + within
    while not port_is_free(port):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def find_free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
