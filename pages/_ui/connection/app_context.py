"""What all visitors of this console process share: settings, records, runner, keys, Langflow."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow
import streamlit as st

from lfclient.client import LangflowClient
from lfclient.console.config.connection import Connection
from lfclient.console.config.key_vault import KeyVault
from lfclient.console.config.ownership import browser_fingerprint
from lfclient.console.config.settings import Settings
from lfclient.console.local_langflow.manager import LocalLangflow
from lfclient.console.runner import memory
from lfclient.console.runner.registry import get_runner
from lfclient.console.runner.runner import Runner
from lfclient.wire.server_info import ServerInfo
from pages._ui.app.security import valid_token
from pages._ui.connection.request_cache import Answers, Bounded
from pages._ui.state import run_page
from pages._ui.state.drafts import drafts


@dataclass
class Backend:
    """The shared parts. `chosen` holds each browser's server; `answers` what servers said."""

    settings: Settings
    runner: Runner
    vault: KeyVault
    local: LocalLangflow
    chosen: Bounded[str, str] = field(default_factory=lambda: Bounded(1000))
    answers: Answers = field(default_factory=Answers)
    attached: Bounded[str, float] = field(default_factory=lambda: Bounded(1000))
    local_stopped: bool = False

    def draft_fingerprint(self, cookie: str) -> str | None:
        """Return the fingerprint that drafts are saved under, or None without a valid cookie."""
        if not valid_token(cookie):
            return None
        return browser_fingerprint(cookie, self.settings.data_dir, self.settings.secret)


@st.cache_resource(show_spinner=False)
def backend() -> Backend:
    """Made once per process. Raises LangflowError if a setting or the data folder is unusable."""
    settings = Settings.load(bind_address=st.get_option("server.address") or "")
    # Arrow's own pool keeps what a large table took; the system's gives it back
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    made = Backend(
        settings=settings,
        runner=get_runner(settings),
        vault=KeyVault(),
        local=LocalLangflow(settings.data_dir),
    )
    if settings.retention.store_inputs:
        drafts().persist_in(made.runner.store.drafts, made.draft_fingerprint)
    memory.set_baseline()
    return made


def close_run() -> None:
    """Show no run; it goes on, and what was held to show it is given back."""
    run_page.close_run()
    backend().runner.release_memory()


def client(connection: Connection, server: ServerInfo | None = None) -> LangflowClient:
    """A client for that server with that key; `server` is what is known of it."""
    key = connection.api_key.get_secret_value() if connection.api_key else None
    return LangflowClient(connection.url, key or None, verify=connection.verify, server=server)
