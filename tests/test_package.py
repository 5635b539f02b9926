"""The package: what it asks for, which version it is, and what it relies on in private."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import httpx
import pytest
import streamlit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lfclient
from lfclient.console.local_langflow.manager import PINNED_VERSION
from lfclient.console.local_langflow.requirement import Requirement as LocalRequirement
from lfclient.resources.packages import PACKAGES

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


GROUPS = PYPROJECT["dependency-groups"]
CONSOLE = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["console"]]
LOCKS = {
    "requirements.txt": CONSOLE,
    "tests/requirements.txt": [*CONSOLE, *GROUPS["test"]],
    "lfclient/console/local_langflow/requirements.txt": GROUPS["local-langflow"],
}
each_lock = pytest.mark.parametrize("lock", LOCKS)


def locked(file: str) -> dict[Requirement, list[str]]:
    """Each package of a lock file with its hashes; one may be there twice, for other Pythons."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", "")
    lines = (line.split(" --hash=") for line in text.splitlines() if not line.startswith("#"))
    return {Requirement(package): [hash.strip() for hash in hashes] for package, *hashes in lines}


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def dependencies(requirement: Requirement) -> set[str]:
    """The names of all that a package needs here, itself among them."""
    found: set[tuple[str, str]] = set()
    queue = [(requirement.name, extra) for extra in ("", *requirement.extras)]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for each in map(Requirement, metadata.requires(name) or ()):
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                queue += [(each.name, one) for one in ("", *each.extras)]
    return {canonicalize_name(name) for name, _ in found}


@each_lock
def test_a_lock_file_has_what_the_project_asks_for(lock: str):
    """In versions that it allows."""
    for requirement in map(Requirement, LOCKS[lock]):
        versions = [
            str(one.specifier) for one in locked(lock) if name_of(one) == name_of(requirement)
        ]
        assert versions, requirement
        assert all(requirement.specifier.contains(one.removeprefix("==")) for one in versions)


def test_the_consoles_lock_file_has_all_that_is_needed_and_nothing_else():
    """So `pip install -r requirements.txt` and `pip install .[console]` install the same."""
    needed = set().union(*map(dependencies, map(Requirement, CONSOLE)))
    here = [
        one for one in locked("requirements.txt") if one.marker is None or one.marker.evaluate()
    ]
    assert {name_of(one) for one in here} == needed


def test_the_tests_run_in_the_consoles_versions():
    """The tests' lock file names extras as well."""

    def files(lock: str) -> set[tuple[str, ...]]:
        return {(name_of(one), str(one.specifier), *hashes) for one, hashes in locked(lock).items()}

    assert files("requirements.txt") <= files("tests/requirements.txt")


@each_lock
def test_every_locked_package_has_one_version_and_its_hashes(lock: str):
    for package, hashes in locked(lock).items():
        assert re.fullmatch(r"==[^=*,]+", str(package.specifier)), package
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), package


@each_lock
def test_a_lock_file_names_no_registry(lock: str):
    """It is the installer's configuration that does."""
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_the_local_langflow_has_a_lock_of_all_its_packages():
    packages = [*LocalRequirement(PINNED_VERSION).packages, *(package.name for package in PACKAGES)]
    assert GROUPS["local-langflow"][: len(packages)] == packages


def test_the_changelog_has_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.M)
    assert newest
    assert newest[1] == lfclient.__version__


def test_requests_carry_the_version():
    agents = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["user-agent"])
        return httpx.Response(200, json={"version": "1.13.0", "package": "Langflow"})

    transport = httpx.MockTransport(answer)
    with lfclient.LangflowClient("http://127.0.0.1:7860", transport=transport) as client:
        client.server()
    assert set(agents) == {f"lfclient/{lfclient.__version__}"}


# What is patched or used although it is private. Each fails with what to look at when it changes.


def test_httpx_keeps_its_connections_in_a_pool_that_can_be_replaced():
    for transport in (httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        assert "_pool" in vars(transport()), (
            f"{transport.__name__} has no _pool any more: lfclient/api/transports.py replaces it "
            "by one that checks each address before it connects"
        )


@pytest.mark.parametrize("mark", ["</head>", "<script"])
def test_the_page_of_streamlit_can_be_added_to(mark):
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    assert mark in page.read_text(encoding="utf-8"), (
        f"Streamlit's index.html has no {mark}: pages/_ui/app/page_assets.py adds the console's "
        "styles to its head, and pages/_ui/app/security.py allows its inline scripts by their hash"
    )
