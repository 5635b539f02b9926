"""What all tests share: a clean environment, real Langflow servers, a Chromium.

Options by environment: LFCONSOLE_TEST_SERVERS=<file> (see tests/servers.py) uses running servers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from xdist.scheduler import LoadScopeScheduling

from lfclient.console.store.store import Store
from tests.support import chromium, postgres, servers
from tests.support.servers import LiveServer


def pytest_configure(config: pytest.Config) -> None:
    """Give the servers of this run a folder; workers inherit its name."""
    if not _is_worker(config):
        os.environ[servers.FOLDER] = str(servers.open_folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers once the last worker has ended, and each worker's own PostgreSQL."""
    postgres.end()
    if not _is_worker(config):
        servers.close_folder(Path(os.environ.pop(servers.FOLDER)))


# installs all by itself, for minutes, in which it needs nothing of the others
_FROM_NOTHING = "test_from_nothing.py"


class Together(LoadScopeScheduling):
    """Gives each worker whole groups of tests: those that share a server, a browser or a file."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, rest = nodeid.partition("::")
        version = next((v for v in servers.VERSIONS if v in rest.partition("[")[2]), None)
        folder = Path(file).parent.name
        if folder in ("browser", "bench") and Path(file).name != _FROM_NOTHING:
            return folder
        return f"langflow-{version}" if version and folder == "live" else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Group by node id: the marker that pytest-xdist has for it is without effect on pytest 9.2."""
    return Together(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a folder with its name, before `-m` chooses; the slowest folders run first.

    The test that installs a Langflow of its own comes after the servers, which download the same
    packages.
    """
    for item in items:
        folder = item.path.parent.name
        if folder in ("live", "browser", "bench"):
            item.add_marker(folder)
    items.sort(key=lambda item: _turn(item.path))


def _turn(file: Path) -> int:
    if file.name == _FROM_NOTHING:
        return 2
    return {"browser": 0, "live": 1}.get(file.parent.name, 3)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture(autouse=True)
def clean_environ(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No setting of the person who runs the tests reaches them; their data is not touched."""
    for name in list(os.environ):
        if name.startswith(("LANGFLOW_", "LFCONSOLE_")) and not name.startswith("LFCONSOLE_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LFCONSOLE_DATA_DIR", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither client waits between two tries."""
    monkeypatch.setattr(
        "lfclient.api.operations.base.random", SimpleNamespace(uniform=lambda *_: -1.0)
    )


@pytest.fixture(scope="session")
def live_server() -> Callable[[str], LiveServer]:
    """Gives the running server of a release: `live_server("1.13.0").url`."""
    return servers.release


@pytest.fixture(params=servers.VERSIONS, scope="session")
def langflow(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """Each of the five releases in turn."""
    yield servers.release(request.param)
    servers.let_go(request.param)


@pytest.fixture(scope="session")
def langflow_113() -> LiveServer:
    """The newest release, that of the local Langflow."""
    return servers.release("1.13.0")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium's path; none is a failure."""
    return chromium.find()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, tmp_path):
    """A store on each database: what is true of one must be of the other."""
    url = SecretStr(postgres.postgres().new_database()) if request.param == "postgresql" else None
    opened = Store(tmp_path, url)
    yield opened
    opened.close()
