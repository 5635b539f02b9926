"""The application core that all browsers of this console process share."""

import threading
from dataclasses import dataclass, field

import pyarrow  # type: ignore[import-untyped]  # has no stubs
import streamlit as st
from cachetools import LRUCache, TTLCache
from pydantic import SecretStr

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.key_vault import KEY_LIFETIME_SECONDS, KeyVault
from lfclient.console.config.ownership import browser_fingerprint
from lfclient.console.config.permissions import Permissions, visitor_permissions
from lfclient.console.config.settings import Settings
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.runner import memory
from lfclient.console.runner.runner import Runner
from lfclient.errors import MissingKey
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo
from pages._ui.app import browser_cookie
from pages._ui.connection.request_cache import RequestCache
from pages._ui.state import run_page
from pages._ui.state.browser import drafts

MAX_BROWSERS = 1_000
REATTACH_SECONDS = 60.0  # how often the runner gets a connection that is in use
LOCAL_NAME = "Local Langflow"
_runners: dict[str, Runner] = {}  # by data folder
_runners_lock = threading.Lock()


@dataclass
class AppContext:
    """Everything that the browsers of this process share.

    `chosen_servers` maps a browser's ID to its server. `recently_attached` has the fingerprints of
    the connections that the runner recently got. Hold `lock` to use both and `editor_tokens`.
    """

    settings: Settings
    runner: Runner
    vault: KeyVault
    local: LocalLangflow
    request_cache: RequestCache = field(default_factory=RequestCache)
    chosen_servers: LRUCache[str, str] = field(default_factory=lambda: LRUCache(MAX_BROWSERS))
    recently_attached: TTLCache[str, bool] = field(
        default_factory=lambda: TTLCache(MAX_BROWSERS, REATTACH_SECONDS)
    )
    # the browser whose page has a link to the local Langflow's editor, by the link's token
    editor_tokens: TTLCache[str, str] = field(
        default_factory=lambda: TTLCache(MAX_BROWSERS, KEY_LIFETIME_SECONDS)
    )
    lock: threading.Lock = field(default_factory=threading.Lock)
    local_stopped: bool = False  # by a user, so it is not restarted automatically

    def draft_fingerprint(self, browser_id: str) -> str | None:
        """Return the fingerprint under which drafts are saved, or None if the ID is not kept."""
        if not browser_cookie.is_token(browser_id):
            return None
        return browser_fingerprint(browser_id, self.settings.data_dir, self.settings.secret)


def local_connection(url: str, key: str | None) -> Connection:
    """Return a connection to the local Langflow."""
    return Connection(LOCAL_NAME, url, SecretStr(key) if key else None, "local")


def key_removed() -> MissingKey:
    """Return the error for a page whose browser no longer has its server's key."""
    return MissingKey(
        "The key of this page's server was removed or has expired.",
        hint="Enter a key on the Connection page, then try again.",
    )


@st.cache_resource(show_spinner=False)
def app_context() -> AppContext:
    """Return the context, created once per process.

    Raise `LangflowError` if a setting or the data folder is unusable.
    """
    settings = Settings.load(bind_address=st.get_option("server.address") or "")
    # Arrow's own pool keeps a large table's memory, but the system's pool returns it
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    context = AppContext(
        settings=settings,
        runner=_get_runner(settings),
        vault=KeyVault(),
        local=LocalLangflow(settings.data_dir),
    )
    if settings.retention.store_inputs:
        drafts().persist_in(context.runner.store.drafts, context.draft_fingerprint)
    memory.set_baseline()
    return context


def permissions() -> Permissions:
    """Return the permissions of this Streamlit session's visitor."""
    return visitor_permissions(app_context().settings, st.context.headers)


def permitted(flow: Flow) -> Flow:
    """Return the flow without the URLs that this visitor may not set."""
    return flow if permissions().install else flow.with_locked_urls


def close_run() -> None:
    """Close the shown run, which keeps running, and release its memory."""
    run_page.close_run()
    app_context().runner.release_memory()


def open_client(connection: Connection, server_info: ServerInfo | None = None) -> LangflowClient:
    """Return a client for the connection. With `server_info`, it doesn't request the info."""
    return LangflowClient(
        connection.url, connection.key, verify=connection.verify, server=server_info
    )


def _get_runner(settings: Settings) -> Runner:
    """Return the runner for the data folder of `settings`, new if needed.

    Raises `StoreError`.
    """
    folder = str(settings.data_dir)
    with _runners_lock:
        if folder not in _runners:
            _runners[folder] = Runner(
                settings.data_dir,
                database_url=settings.database_url,
                retention=settings.retention,
                secret=settings.secret,
                connections=settings.servers,
            )
        return _runners[folder]
