"""Files and images for flows, on real servers."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from lfclient import (
    AsyncLangflowClient,
    FileRef,
    FlowNotFound,
    InvalidKey,
    LangflowClient,
    RunStatus,
)
from lfclient.flows.need import NeedKind
from tests.live.flows import ECHO, READ_FILE
from tests.live.releases import Make, dialects, run_to_end
from tests.support.servers import LiveServer, delete_flow

pytestmark = dialects

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
ODD_NAMES = (
    "../x",
    "a/../../b.txt",
    "..\\w.txt",
    "x" * 300 + ".txt",
    "名" * 120,
    ".env",
    'q"\r\n.txt',
)


@pytest.fixture
def bare(langflow: LiveServer) -> Iterator[httpx.Client]:
    """The server without the client under test."""
    headers = {"x-api-key": langflow.api_key}
    with httpx.Client(base_url=langflow.url, headers=headers, trust_env=False) as bare:
        yield bare


@pytest.fixture
def upload(client: LangflowClient, bare: httpx.Client) -> Iterator[Callable[..., FileRef]]:
    """Upload to the user's files and delete them afterwards."""
    made: list[FileRef] = []

    def send(name: str, content: bytes, **options: object) -> FileRef:
        made.append(client.files.upload(name, content, **options))
        return made[-1]

    yield send
    for ref in made:
        bare.delete(f"/api/v2/files/{ref.id}").raise_for_status()


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_component_reads_uploaded_files(
    client: LangflowClient, make: Make, upload: Callable, mode: str
):
    flow, words = make(READ_FILE), [f"the words of {uuid4().hex}" for _ in range(3)]
    refs = [upload("note.txt", text.encode()) for text in words[:2]]
    refs.append(client.files.upload("note.txt", words[2].encode(), flow_id=flow.id))
    assert len({ref.path for ref in refs}) == 3  # a taken name gets another path
    run = run_to_end(client, flow, mode, {"File-f.path": [ref.path for ref in refs]})
    assert run.status is RunStatus.COMPLETED, run
    for text in words:
        assert text in run.outputs["ChatOutput-b"].value


@pytest.mark.parametrize("imported", [True, False])
def test_an_uploaded_file_replaces_a_stored_file_of_another_machine(
    client: LangflowClient, make: Make, upload: Callable, *, imported: bool
):
    data = copy.deepcopy(make(READ_FILE).raw["data"])
    for node in data["nodes"]:
        file = node["data"]["node"]["template"].get("path")
        if file:
            file["file_path"] = [f"{uuid4()}/theirs.txt"]
    name = f"files {uuid4().hex[:8]}"
    made = (
        client.import_flow({"name": name, "data": data})[0]
        if imported
        else client.editor.create_flow(name, data)
    )
    flow = client.flow(made.id)
    try:
        stored = [field.default for field in flow.fields if field.parameter == "path"]
        assert any(stored) is not imported
        (need,) = client.needs(flow, {})
        assert (need.kind, need.keys, need.is_met) == (NeedKind.FILE, ("File-f.path",), False)
        overrides = {"File-f.path": [upload("mine.txt", b"my words").path]}
        assert [need.is_met for need in client.needs(flow, overrides)] == [True]
        run = run_to_end(client, flow, "background", overrides)
    finally:
        delete_flow(client, flow.id)
    assert run.status is RunStatus.COMPLETED, run
    assert "my words" in run.outputs["ChatOutput-b"].value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_an_image_sent_with_a_message_can_be_downloaded(
    client: LangflowClient, make: Make, bare: httpx.Client, mode: str
):
    flow, session = make(ECHO), uuid4().hex
    ref = client.files.upload("pixel.png", PIXEL, flow_id=flow.id)
    overrides = {"ChatInput-a.input_value": "see", "ChatInput-a.files": [ref.path]}
    run = run_to_end(client, flow, mode, overrides, session_id=session)
    assert (run.status, run.outputs["ChatOutput-b"].value) == (RunStatus.COMPLETED, "see")
    lines = bare.get("/api/v1/monitor/messages", params={"session_id": session}).json()
    (message,) = [line for line in lines if line["sender"] == "User"]
    (path,) = json.loads(message["files"])
    assert path.endswith(ref.path)  # most releases prefix their storage folder
    assert bare.get(f"/api/v1/files/images/{ref.path}").content == PIXEL


def test_a_file_of_any_name_is_accepted(client: LangflowClient, make: Make, upload: Callable):
    flow = make(ECHO)
    for name in ODD_NAMES:
        own, again = upload(name, b"abc"), upload(name, b"abc")
        for ref in (own, again, client.files.upload(name, b"", flow_id=flow.id)):
            assert ref.name == name
            assert ref.path.count("/") == 1
            assert ".." not in ref.path
        if name.isascii():  # 1.8 can't return others
            assert client.files.download(again) == b"abc"


def test_a_large_file_is_sent_in_pieces(langflow: LiveServer, bare: httpx.Client):
    sizes: list[int] = []

    async def upload() -> FileRef:
        async with AsyncLangflowClient(langflow.url, langflow.api_key) as client:
            return await client.files.upload("big.bin", bytes(3_000_000), on_progress=sizes.append)

    ref = asyncio.run(upload())
    bare.delete(f"/api/v2/files/{ref.id}").raise_for_status()
    assert len(sizes) > 10
    assert sizes[-1] == ref.size == 3_000_000


def test_an_unknown_flow_and_a_wrong_key_raise_errors(client: LangflowClient, langflow: LiveServer):
    with pytest.raises(FlowNotFound):
        client.files.upload("a.txt", b"abc", flow_id=str(uuid4()))
    with LangflowClient(langflow.url, "sk-wrong") as other, pytest.raises(InvalidKey):
        other.files.upload("a.txt", b"abc")
