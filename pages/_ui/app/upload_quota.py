"""Limits the files that Streamlit holds in memory: those chosen and not yet sent.

Streamlit limits each file, takes any number of them from whoever knows a session's id, and keeps
those of a closed tab until somebody opens another one. Removed uploads are held by reference
cycles, which Python collects only minutes later.
"""

import asyncio
import re
from collections import Counter

import streamlit as st
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lfclient.console.runner import memory
from pages._ui.app import streamlit_patches

_UPLOAD_PATH = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+/?\Z")
_MB = 1024 * 1024  # Streamlit's
_MAX_REMEMBERED = 1_000  # sessions
_QUOTAS_IN_ALL = 2  # what all sessions together may hold, in quotas of one
_RELEASE_SECONDS = 30.0
_MIN_UNCOLLECTED_BYTES = 32_000_000  # that are worth a full collection
_uncollected = 0  # bytes that arrived since the last collection, or were held then
_refused: LRUCache[str, bool] = LRUCache(_MAX_REMEMBERED)


def quota_bytes() -> int:
    """Return the most bytes of a session: as many as one file may have."""
    return int(st.get_option("server.maxUploadSize")) * _MB


def refusal(session_id: str) -> str:
    """Return what a person whose last file was refused should know, else ""."""
    if session_id not in _refused:
        return ""
    return (
        f"A file was not uploaded: the console holds at most {quota_bytes() // _MB} MB for a "
        f"browser tab, and {_QUOTAS_IN_ALL * quota_bytes() // _MB} MB for all. Choose it again "
        "when the other files are sent or removed."
    )


async def release_regularly() -> None:
    """Remove closed sessions and unused media at intervals, and free the memory of uploads."""
    while True:
        await asyncio.sleep(_RELEASE_SECONDS)
        streamlit_patches.forget_closed_sessions()
        streamlit_patches.remove_unused_media()
        await asyncio.to_thread(_collect)


def _collect() -> None:
    global _uncollected
    held = streamlit_patches.uploaded_bytes().total()
    if _uncollected - held >= _MIN_UNCOLLECTED_BYTES:
        _uncollected = held
        memory.release()


class UploadQuota:
    """Refuses an upload that would exceed its session's quota, before its body is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._receiving: Counter[str] = Counter()  # bytes by session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global _uncollected
        match = _UPLOAD_PATH.search(scope["path"]) if scope["type"] == "http" else None
        if match is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session_id, length = match["session"], Headers(scope=scope).get("content-length", "")
        if not length.isdecimal():
            await PlainTextResponse("The upload has no length.", 411)(scope, receive, send)
            return
        size = int(length)
        held = streamlit_patches.uploaded_bytes() + self._receiving
        exceeds_all = held.total() + size > _QUOTAS_IN_ALL * quota_bytes()
        if exceeds_all or held[session_id] + size > quota_bytes():
            _refused[session_id] = True
            await PlainTextResponse(refusal(session_id), 413)(scope, receive, send)
            return
        _refused.pop(session_id, None)
        self._receiving[session_id] += size
        try:
            await self.app(scope, receive, send)
        finally:
            _uncollected += size
            self._receiving[session_id] -= size
            self._receiving += Counter()  # drops the sessions without any


MIDDLEWARE = [Middleware(UploadQuota)]
