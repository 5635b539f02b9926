"""A process's work before its first page, so that the page doesn't wait for it."""

import asyncio
import importlib
import pkgutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st

from pages import _ui
from pages._ui.app import upload_quota
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Import the pages before the first request is accepted, and connect in a thread.

    The imports take a second. Connecting may take minutes if the database is converted.
    """
    threading.Thread(target=_connect, name="startup", daemon=True).start()
    await asyncio.to_thread(_import_pages)
    releasing = asyncio.create_task(upload_quota.release_regularly())
    yield
    releasing.cancel()


def _import_pages() -> None:
    for module in pkgutil.walk_packages(_ui.__path__, f"{_ui.__name__}."):
        importlib.import_module(module.name)


def _connect() -> None:
    """Open the database and send the requests that every page needs to the configured servers."""
    with suppress(Exception):  # a page raises the error again and shows it
        for connection in app_context().settings.servers:
            servers.attach(connection).prefetch()
