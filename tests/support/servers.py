"""Real Langflow servers of the five supported releases.

Each is installed and started when a test first needs it, shared by all workers, and stopped when
the test run ends. The virtual environments stay in the user's cache folder for the next run. A
second server of a release, "1.13.0-isolated", is for tests that kill it or leave it unresponsive.

LFCONSOLE_TEST_SERVERS=<file> names a JSON object {"1.13.0": {"url": …, "api_key": …}, …}: these
servers are used as they are and not stopped; the others are started as usual.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import platformdirs
import psutil
import trustme

from lfclient import LangflowClient
from lfclient.console.local_langflow.installer import Installation
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.local_langflow.requirement import MODEL_PACKAGES, Requirement
from lfclient.console.local_langflow.state_file import LocalError
from lfclient.errors import FlowNotFound, LangflowError, ServerFault
from tests.support.console_process import free_port

# the data folder of this run's servers; set by the controller, inherited by the workers
FOLDER = "LFCONSOLE_TEST_FOLDER"

# a free port; Langflow 1.8 takes the address of a provider of models only from its environment
MODELS_PORT = "LFCONSOLE_TEST_MODELS_PORT"

CACHE = platformdirs.user_cache_path("langflow-console-tests")


@dataclass(frozen=True)
class OlderRelease(Requirement):
    """A release without a lock, with the newest dependencies of a day."""

    day: str

    @property
    def packages(self) -> list[str]:
        base = super().packages[0]
        if self.version.startswith("1.12"):
            return [base, *MODEL_PACKAGES]
        # before 1.12 the base package is 0.N, and imports openai but does not require it
        return [base.replace("==1.", "==0."), *MODEL_PACKAGES, "openai"]

    def install_arguments(self, packages: Collection[str]) -> list[str]:
        return ["--exclude-newer", self.day, *packages]


RELEASES = {
    release.version: release
    for release in (
        OlderRelease("1.8.4", "2026-04-03"),
        OlderRelease("1.10.3", "2026-07-25"),
        OlderRelease("1.11.6", "2026-09-03"),
        OlderRelease("1.12.8", "2026-12-01"),
        Requirement("1.13.0"),
    )
}
VERSIONS = tuple(RELEASES)
# the oldest and the newest, one for each dialect; `pytest --exhaustive` also uses the others
DEFAULT_VERSIONS = (VERSIONS[0], VERSIONS[-1])
ISOLATED = "-isolated"  # the end of the name of a second server
# The only certificate that these servers trust. For each call of a model, Langflow reads anew all
# that it trusts; the usual list took a fifth of an agent's time.
_CERTIFICATE = CACHE / "ca.pem"

_ENV = {
    # the contract is tested with the servers' default limits
    "LANGFLOW_MAX_TEXT_LENGTH": "6000",
    "LANGFLOW_MAX_ITEMS_LENGTH": "1000",
    # tracebacks drawn for a terminal take half of a server's time when flows fail
    "LANGFLOW_LOG_ENV": "container_csv",
    # all workers sign in from one address
    "LANGFLOW_RATE_LIMIT_ENABLED": "false",
    # so that it may ask the model server of the tests
    "LANGFLOW_SSRF_ALLOWED_HOSTS": "127.0.0.1,localhost",
    # components that ask the internet get no answer from a port that nobody listens on
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost,::1",
}


@dataclass(frozen=True)
class LiveServer:
    """A running server and its API key."""

    version: str
    url: str
    api_key: str = field(repr=False)


def installation(version: str) -> Installation:
    """Return the installation of a release, which all test runs share."""
    return Installation(CACHE / "releases" / version, RELEASES[version], environ=_environ())


def local(
    version: str, folder: Path, *, tracks_keys: bool = False, openai_url: str = ""
) -> LocalLangflow:
    """Return the Langflow of a release with its data in `folder`.

    1.13.0, and others that track keys as Langflow does by default, write to the database at each
    request with a key. `openai_url` takes the place of OpenAI's for all its components.
    """
    env = {**_ENV, "SSL_CERT_FILE": str(_CERTIFICATE)}
    if not tracks_keys:  # what a stop left locked is free once Python has collected garbage
        env["PYTHONPATH"] = str(Path(__file__).parent / "rare_collections")
    if version != "1.13.0" and not tracks_keys:
        # else they can't fill a knowledge base; 1.13 then answers before it has committed
        env["LANGFLOW_DISABLE_TRACK_APIKEY_USAGE"] = "true"
    if version == "1.8.4":
        openai_url = openai_url or f"http://127.0.0.1:{os.environ[MODELS_PORT]}/v1"
    if openai_url:
        env["OPENAI_API_BASE"] = openai_url
    used = installation(version)
    return LocalLangflow(
        folder, version, installation=used, with_samples=False, env=env, environ=_environ()
    )


def _environ() -> dict[str, str]:
    # without network access, trying to download a Python takes each install ten seconds
    return {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}


def release(name: str) -> LiveServer:
    """Return the server of a release, and start it if needed."""
    version = name.removesuffix(ISOLATED)
    configured = _configured().get(name)
    if configured:
        return LiveServer(version, configured["url"], configured["api_key"])
    server = local(version, Path(os.environ[FOLDER])) if name == version else isolated(version)
    try:
        server.start()
    except LocalError as problem:
        problem.add_note(f"{problem.hint}\n{server.logs()}")
        raise
    url, key = server.connection()
    return LiveServer(version, url, key)


def with_own_user(server: LiveServer) -> LiveServer:
    """Return a server with the key of a new user, who has flows and variables of their own."""
    name, password = f"user-{secrets.token_hex(4)}", secrets.token_urlsafe()
    headers = {"x-api-key": server.api_key}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as api:
        made = api.post("/api/v1/users/", json={"username": name, "password": password})
        user = made.raise_for_status().json()
        api.patch(f"/api/v1/users/{user['id']}", json={"is_active": True}).raise_for_status()
    with LangflowClient(server.url, timeout=60) as client:
        key = client.auth.create_key("tests", client.auth.login(name, password))
    return replace(server, api_key=key)


def isolated(version: str) -> LocalLangflow:
    """Return the second server of a release, running or not."""
    return local(version, Path(os.environ[FOLDER]) / "isolated", tracks_keys=True)


def restart_if_locked(server: LiveServer) -> None:
    """Restart a server that takes no write for a minute: a cut-off run may leave SQLite locked.

    Its data, address and key stay. A server that was configured is left as it is.
    """
    limit = time.monotonic() + 60
    with LangflowClient(server.url, server.api_key, timeout=45) as client:
        while time.monotonic() < limit:
            try:
                return client.settings.delete_variable(
                    client.settings.save_variable("WRITABLE", "yes")
                )
            except LangflowError:
                time.sleep(1)
    for one in local(server.version, Path(os.environ[FOLDER])), isolated(server.version):
        if server.url in (one.last_connection() or ()):
            with contextlib.suppress(LocalError):  # then the next test says so
                one.stop()
                one.start()
    return None


def release_isolated(name: str) -> None:
    """Stop the second server of a release and delete its data; the shared ones keep running."""
    if name.endswith(ISOLATED):
        server = isolated(name.removesuffix(ISOLATED))
        server.stop()
        shutil.rmtree(server.folder)


def open_folder() -> Path:
    """Create the data folder of this test run, and stop the servers of killed runs."""
    os.environ[MODELS_PORT] = str(free_port())
    runs = CACHE / "runs"
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in runs.iterdir():
        if not psutil.pid_exists(int(left.name)):
            close_folder(left)
    folder = runs / str(os.getpid())
    close_folder(folder)
    folder.mkdir(mode=0o700)
    if not _CERTIFICATE.exists():
        trustme.CA().cert_pem.write_to_path(str(_CERTIFICATE))
    return folder


def close_folder(folder: Path) -> None:
    """Stop the servers with data in `folder`, and remove it."""
    for place in (folder, folder / "isolated"):
        for version in RELEASES:
            if (place / "local" / version).exists():
                local(version, place).stop()
    shutil.rmtree(folder, ignore_errors=True)


def starter_projects(version: str) -> list[Path]:
    """Return the files of the flows that come with a release, which the tests' servers lack."""
    python = installation(version).python
    assert python, f"Langflow {version} is not installed"
    packages = next((python.parent.parent / "lib").glob("python3*/site-packages"))
    return sorted((packages / "langflow/initial_setup/starter_projects").glob("*.json"))


def delete_flow(client: LangflowClient, flow_id: str) -> None:
    """Delete a flow that a test made, unless the test has; ask a busy server again for a minute."""
    limit = time.monotonic() + 60
    while True:
        try:
            return client.editor.delete_flow(flow_id)
        except FlowNotFound:
            return None
        except ServerFault:  # 1.13.0: 503 "The database is busy. Please retry the request."
            if time.monotonic() > limit:
                raise
            time.sleep(1)


def _configured() -> dict[str, dict[str, str]]:
    named = os.environ.get("LFCONSOLE_TEST_SERVERS")
    return json.loads(Path(named).read_text(encoding="utf-8")) if named else {}
