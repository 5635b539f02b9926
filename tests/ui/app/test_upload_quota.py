"""A session's uploads are limited before they are read."""

import asyncio
import weakref
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from streamlit import config
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from pages._ui.app import streamlit_patches, upload_quota

MB = 1024 * 1024
UPLOADS = "/_stcore/upload_file"


def unused_media():
    return MediaFileManager(MemoryMediaFileStorage("/media"))


@pytest.fixture
def manager(monkeypatch):
    """Streamlit's files in memory, with a quota of 1 MB a session."""
    manager = MemoryUploadedFileManager(UPLOADS)
    runtime = SimpleNamespace(uploaded_file_mgr=manager, media_file_mgr=unused_media())
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: runtime)
    monkeypatch.setattr(upload_quota, "quota_bytes", lambda: MB)
    upload_quota._refused.clear()
    return manager


class Uploads:
    """An app that stores uploads as Streamlit does, behind the middleware."""

    def __init__(self, manager):
        self.manager, self.bodies_read = manager, 0
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.arrived = asyncio.Event()
        routes = [Route("/{base:path}" + UPLOADS + "/{session}/{file}", self.put, methods=["PUT"])]
        routes.append(Route(UPLOADS + "/{session}/{file}", self.put, methods=["PUT", "DELETE"]))
        self.app = Starlette(routes=routes, middleware=upload_quota.MIDDLEWARE)

    async def put(self, request):
        self.arrived.set()
        await self.may_read.wait()
        self.bodies_read += 1
        names = request.path_params
        file = UploadedFileRec(names["file"], "a", "text/plain", await request.body())
        self.manager.add_file(names["session"], file)
        return Response(status_code=204)

    def client(self):
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def send(self, *requests, base=""):
        """Send (session, file, size), one after the other; return the responses."""

        async def send():
            async with self.client() as client:
                return [
                    await client.put(f"{base}{UPLOADS}/{session}/{file}", content=bytes(size))
                    for session, file, size in requests
                ]

        return asyncio.run(send())


@pytest.mark.parametrize("base", ["", "/console"])
def test_files_beyond_a_sessions_quota_are_refused_unread(manager, base):
    uploads = Uploads(manager)
    responses = uploads.send(("s", "1", 600_000), ("s", "2", 500_000), ("t", "3", MB), base=base)
    assert [response.status_code for response in responses] == [204, 413, 204]
    assert "the console holds at most 1 MB for a browser tab" in responses[1].text
    assert (uploads.bodies_read, streamlit_patches.uploaded_bytes()["s"]) == (2, 600_000)


def test_all_sessions_together_may_hold_two_quotas(manager):
    uploads = Uploads(manager)
    responses = uploads.send(("s", "1", MB), ("t", "2", MB), ("u", "3", 1))
    assert [response.status_code for response in responses] == [204, 204, 413]
    assert "and 2 MB for all" in responses[2].text
    manager.remove_session_files("s")
    assert uploads.send(("u", "3", 1))[0].status_code == 204


def test_a_session_that_expired_is_forgotten_though_nobody_opens_another(monkeypatch):
    storage = MemorySessionStorage(ttl_seconds=0.05)
    sessions = WebsocketSessionManager(storage, None, None, None)
    runtime = SimpleNamespace(
        _session_mgr=sessions, uploaded_file_mgr=None, media_file_mgr=unused_media()
    )
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: runtime)
    monkeypatch.setattr(upload_quota, "_RELEASE_SECONDS", 0.02)
    closed = SessionInfo(None, SimpleNamespace(id="s"))
    held = weakref.ref(closed)
    storage.save(closed)
    del closed

    async def wait():
        releasing = asyncio.create_task(upload_quota.release_regularly())
        while held():
            await asyncio.sleep(0.02)
        releasing.cancel()

    asyncio.run(asyncio.wait_for(wait(), 10))


def test_the_memory_of_large_files_is_returned_once_they_are_sent(manager, monkeypatch):
    """What remains of them is in cycles. Small files are not worth a collection."""
    releases, upload = [], Uploads(manager).send
    monkeypatch.setattr(upload_quota.memory, "release", lambda: releases.append(True))
    monkeypatch.setattr(upload_quota, "_RELEASE_SECONDS", 0.01)
    monkeypatch.setattr(upload_quota, "_MIN_UNCOLLECTED_BYTES", 500_000)
    monkeypatch.setattr(upload_quota, "_uncollected", 0)
    sessions = SimpleNamespace(_session_storage=MemorySessionStorage())
    monkeypatch.setattr(streamlit_patches.get_instance(), "_session_mgr", sessions, raising=False)

    def count_releases():
        async def wait():
            releasing = asyncio.create_task(upload_quota.release_regularly())
            await asyncio.sleep(0.2)
            releasing.cancel()

        asyncio.run(wait())
        return len(releases)

    upload(("s", "1", 600_000), ("t", "2", 300_000))
    assert count_releases() == 0
    manager.remove_file("t", "2")
    assert count_releases() == 0
    manager.remove_file("s", "1")
    assert count_releases() == 1


def test_a_refusal_is_shown_until_the_next_upload_of_the_session(manager):
    uploads = Uploads(manager)
    uploads.send(("s", "1", 2 * MB))
    assert "A file was not uploaded" in upload_quota.refusal("s")
    assert upload_quota.refusal("t") == ""
    uploads.send(("s", "2", 10))
    assert upload_quota.refusal("s") == ""


def test_a_file_that_is_sent_or_whose_session_ends_makes_room(manager):
    uploads = Uploads(manager)
    uploads.send(("s", "1", 600_000))
    manager.remove_file("s", "1")
    assert uploads.send(("s", "2", 600_000))[0].status_code == 204
    manager.remove_session_files("s")
    assert uploads.send(("s", "3", MB))[0].status_code == 204


def test_uploads_that_arrive_at_the_same_time_share_the_quota(manager):
    uploads = Uploads(manager)
    uploads.may_read.clear()

    async def send():
        async with uploads.client() as client:
            first = asyncio.create_task(client.put(f"{UPLOADS}/s/1", content=bytes(600_000)))
            await uploads.arrived.wait()
            second = await client.put(f"{UPLOADS}/s/2", content=bytes(600_000))
            uploads.may_read.set()
            return await first, second

    first, second = asyncio.run(send())
    assert (first.status_code, second.status_code) == (204, 413)


def test_an_upload_of_unknown_length_is_refused(manager):
    """Its size would be known only once it is in memory."""
    uploads = Uploads(manager)

    request = httpx.Request("PUT", f"http://testserver{UPLOADS}/s/1", content=b"abc")
    del request.headers["content-length"]

    async def send_request():
        async with uploads.client() as client:
            return await client.send(request)

    assert asyncio.run(send_request()).status_code == 411
    assert uploads.bodies_read == 0


def test_other_requests_pass(manager):
    uploads = Uploads(manager)

    async def send():
        async with uploads.client() as client:
            return await client.delete(f"{UPLOADS}/s/1")

    assert asyncio.run(send()).status_code == 204


def test_the_quota_is_streamlits_limit_of_one_file():
    assert upload_quota.quota_bytes() == int(config.get_option("server.maxUploadSize")) * MB
