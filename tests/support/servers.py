"""Real Langflow servers of the five releases that the console speaks with.

Each is installed and started when a test first asks for it, shared by all workers of the test
run, and ended when the run ends. Their virtual environments stay in the user's cache folder, so
that the next run need not install them again. A release is there a second time, as "1.13.0-apart",
for tests that kill it, or after which it answers nobody for a while.

With LFCONSOLE_TEST_SERVERS=<file>, a JSON object {"1.13.0": {"url": …, "api_key": …}, …}, the
servers named there are used as they are and not ended; the others are started as usual.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import psutil

from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.local_langflow.state_file import LocalError

# Where the servers of this test run have their data; set by the controller for its workers.
FOLDER = "LFCONSOLE_TEST_FOLDER"

CACHE = platformdirs.user_cache_path("langflow-console-tests")


@dataclass(frozen=True)
class Release:
    """How a release is installed today as it was in its day."""

    version: str
    exclude_newer: str | None = None
    extra: tuple[str, ...] = ()


RELEASES = {
    release.version: release
    for release in (
        # below 1.12 the base package imports openai without asking for it
        Release("1.8.4", "2026-04-03", ("openai",)),
        Release("1.10.3", "2026-07-25", ("openai",)),
        Release("1.11.6", "2026-09-03", ("openai",)),
        Release("1.12.8"),
        Release("1.13.0"),
    )
}
VERSIONS = tuple(RELEASES)
_APART = "-apart"

_ENV = {
    # the contract is tested at the limits that servers have by default
    "LANGFLOW_MAX_TEXT_LENGTH": "6000",
    "LANGFLOW_MAX_ITEMS_LENGTH": "1000",
    # where flows fail, tracebacks drawn for a terminal take half of a server's time
    "LANGFLOW_LOG_ENV": "container_csv",
}


@dataclass(frozen=True)
class LiveServer:
    """A running server and a key for it."""

    version: str
    url: str
    api_key: str = field(repr=False)


def local(version: str, folder: Path, **options: object) -> LocalLangflow:
    """The Langflow of a release in `folder`, with its installation kept across test runs."""
    release = RELEASES[version]
    # a Python that can't be downloaded costs each install ten seconds of trying
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    settings = {"with_samples": False, "env": _ENV, "environ": environ, **options}
    return LocalLangflow(
        folder,
        version,
        exclude_newer=release.exclude_newer,
        extra=release.extra,
        venv=CACHE / "langflow" / version,
        **settings,
    )


def release(name: str) -> LiveServer:
    """The server of a release, started if it does not run yet."""
    version = name.removesuffix(_APART)
    given = _given().get(name)
    if given:
        return LiveServer(version, given["url"], given["api_key"])
    server = local(version, Path(os.environ[FOLDER])) if name == version else apart(version)
    try:
        server.start()
    except LocalError as problem:
        problem.add_note(f"{problem.hint}\n{server.logs()}")
        raise
    url, key = server.connection()
    return LiveServer(version, url, key)


def apart(version: str) -> LocalLangflow:
    """The second server of a release, running or not."""
    return local(version, Path(os.environ[FOLDER]) / "apart")


def let_go(name: str) -> None:
    """End the second server of a release, with what the tests did to it; the others are shared."""
    if name.endswith(_APART):
        server = apart(name.removesuffix(_APART))
        server.stop()
        shutil.rmtree(server.folder)


def open_folder() -> Path:
    """Make the folder of this test run; ends what a killed run has left behind."""
    runs = CACHE / "runs"
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in runs.iterdir():
        if not psutil.pid_exists(int(left.name)):
            close_folder(left)
    folder = runs / str(os.getpid())
    close_folder(folder)
    folder.mkdir(mode=0o700)
    return folder


def close_folder(folder: Path) -> None:
    """End the servers that have their data in `folder`, and remove it."""
    for place in (folder, folder / "apart"):
        for version in RELEASES:
            if (place / "local" / version).exists():
                local(version, place).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _given() -> dict[str, dict[str, str]]:
    named = os.environ.get("LFCONSOLE_TEST_SERVERS")
    return json.loads(Path(named).read_text(encoding="utf-8")) if named else {}
