"""Fixtures of all tests: a clean environment, real Langflow servers, Chromium.

LFCONSOLE_TEST_SERVERS=<file> uses running servers (see tests/support/servers.py).
"""

from __future__ import annotations

import gc
import os
import secrets
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.util import LRUCache
from xdist.scheduler import LoadScopeScheduling

from lfclient.console.store import database
from tests.support import chromium, databases, environ, postgres, servers
from tests.support.servers import LiveServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="test all five Langflow versions and what pages look like, not only two versions "
        "and what pages do",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Create the data folder of this run's servers; the workers inherit its path."""
    if not _is_worker(config):
        os.environ[servers.FOLDER] = str(servers.open_folder())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude modules and tests, which stay to the end, from garbage collections.

    These come less often than by default, which took a twentieth of the unit tests' time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop each worker's PostgreSQL, and the servers when the last worker has ended."""
    postgres.end()
    if not _is_worker(config):
        servers.close_folder(Path(os.environ.pop(servers.FOLDER)))


# installs a Langflow of its own for minutes, independent of the other tests
_FROM_NOTHING = "test_from_nothing.py"

_TESTS = Path(__file__).parent
_BROWSER = "tests/browser/"  # the beginning of the groups of browser tests


class GroupScheduling(LoadScopeScheduling):
    """Assign whole groups to a worker: tests of a file, or of a server of Langflow."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        """Give the first workers the browser tests, before others, and the other workers the rest.

        Each start of a Chromium and console, with the sample flows, takes ten seconds of processor
        time, and each browser test keeps a processor busy.
        """
        is_browser = self._runs_browser_tests(node)
        groups = (group for group in self.workqueue if group.startswith(_BROWSER) == is_browser)
        if group := next(groups, None):
            self.workqueue.move_to_end(group, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        """End a worker that runs no browser tests once nothing else is left."""
        is_rest = all(group.startswith(_BROWSER) for group in self.workqueue)
        if is_rest and not self._runs_browser_tests(node) and not node.shutting_down:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _runs_browser_tests(self, node: Any) -> bool:
        return node in self.nodes[: max(2, os.cpu_count() or 1)]


def _group(nodeid: str) -> str:
    """Return the name of the group of a test."""
    version = _langflow_version(nodeid)
    if not version:
        return nodeid.partition("::")[0]
    return f"langflow-{version}{servers.ISOLATED if servers.ISOLATED in nodeid else ''}"


def _langflow_version(nodeid: str) -> str | None:
    """Return the version of the server that a live test uses, None for other tests."""
    file, _, name = nodeid.partition("::")
    if _folder(_TESTS.parent / file) != "live":
        return None
    parameters = name.partition("[")[2]
    return next((version for version in servers.VERSIONS if version in parameters), None)


def _folder(file: Path) -> str:
    """Return the folder directly below `tests`, which names the kind of its tests."""
    return file.relative_to(_TESTS).parts[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Group by node id: the xdist_group marker has no effect with pytest 9.2."""
    return GroupScheduling(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no tests of a folder that is excluded, as by `-m "not live and not browser"`.

    Each worker would import all of them, Chromium's driver as well, to drop them afterwards.
    """
    expression = config.option.markexpr
    is_excluded = f"not {collection_path.name}" in expression.split(" and ")
    is_kind = collection_path.parent == _TESTS and " or " not in expression
    return True if is_kind and is_excluded else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of a folder with its name, before `-m` chooses, and sort the groups.

    Tests on PostgreSQL are live, too. Exhaustive tests are deselected without `--exhaustive`.
    """
    if not config.option.exhaustive:
        excluded = [item for item in items if _is_exhaustive(item)]
        config.hook.pytest_deselected(items=excluded)
        items[:] = [item for item in items if not _is_exhaustive(item)]
    for item in items:
        folder = _folder(item.path)
        if folder in ("live", "browser"):
            item.add_marker(folder)
        if hasattr(item, "callspec") and "postgresql" in item.callspec.params.values():
            item.add_marker("live")
    turns = _turns(items)
    items.sort(key=lambda item: turns[_group(item.nodeid)])


def _is_exhaustive(item: pytest.Item) -> bool:
    version = _langflow_version(item.nodeid)
    is_default = version in (None, *servers.DEFAULT_VERSIONS)
    return not is_default or item.get_closest_marker("exhaustive") is not None


# Tests in Chromium load the processors; those of servers and of threads mostly wait, above all the
# last of them. The tests of pages start while those wait.
_FIRST_TURNS = {"browser": 0, "live": 0, "console": 0, "ui": 0.75}


def _turns(items: list[pytest.Item]) -> dict[str, float]:
    """Return each group's turn: the groups of a folder are spread evenly from its first turn on.

    Those with the most tests come first, so that no worker is left with a long one; a test of a
    server that it stops takes as long as ten. The test that installs a Langflow of its own comes
    after the servers, which download the same packages.
    """
    folders: dict[str, Counter[str]] = {}
    for item in items:
        group = _group(item.nodeid)
        weight = 10 if group.endswith(servers.ISOLATED) else 1
        folders.setdefault(_folder(item.path), Counter())[group] += weight
    turns = {}
    for folder, tests in folders.items():
        first = _FIRST_TURNS.get(folder, 1)
        for rank, (group, _) in enumerate(tests.most_common()):
            turns[group] = 0.5 if group.endswith(_FROM_NOTHING) else first + rank / len(tests)
    return turns


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """After a failed test, restart its server if that is locked, before others fail as well."""
    report = yield
    if report.failed:
        for server in {one for one in item.funcargs.values() if isinstance(one, LiveServer)}:
            servers.restart_if_locked(server)
    return report


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session", autouse=True)
def compile_sqlite_statements_once() -> Iterator[None]:
    """Compile a statement once, not for each new SQLite file, which takes a tenth of all time.

    All files have the same SQLite. A PostgreSQL database compiles its own, as in production.
    """
    compiled = LRUCache(2000)

    def create(*address: Any, **options: Any) -> Engine:
        engine = create_engine(*address, **options)
        if isinstance(engine.dialect, SQLiteDialect):
            engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", create)
        # the cache's keys contain the dialect, which each engine creates anew
        patch.setattr(SQLiteDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(SQLiteDialect, "__hash__", lambda one: hash(type(one)))
        yield


@pytest.fixture(autouse=True)
def clean_environ(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hide the developer's own settings and data from the tests."""
    for name in environ.own_settings():
        monkeypatch.delenv(name)
    # its parent is searched for no free number, as `mktemp` does
    folder = tmp_path_factory.getbasetemp() / f"data-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("LFCONSOLE_DATA_DIR", str(folder))


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients retry without waiting."""
    monkeypatch.setattr(
        "lfclient.common.backoff.random",
        SimpleNamespace(uniform=lambda low, high: 1.0 if high else 0.0),
    )


@pytest.fixture(scope="session")
def live_server() -> Callable[[str], LiveServer]:
    """Return the running server of a release: `live_server("1.13.0").url`."""
    return servers.release


@pytest.fixture(params=servers.VERSIONS, scope="session")
def langflow(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """Each of the five releases."""
    yield servers.release(request.param)
    servers.release_isolated(request.param)


@pytest.fixture(scope="session")
def langflow_113() -> LiveServer:
    """The newest release, the one that the local Langflow installs."""
    return servers.release("1.13.0")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium; having none is a failure."""
    return chromium.find()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, tmp_path):
    """A store on SQLite and on PostgreSQL.

    For what can differ between them: column types, constraints and conflicts, locks and concurrent
    writes, the order of rows, aggregates, searches and indexes. Everything else uses SQLite alone.
    """
    with databases.open_store(request.param, tmp_path) as opened:
        yield opened
