"""Outputs by type, on five real releases."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lfclient import FileRef, LangflowClient, OutputKind, RunStatus
from tests.live.flows import ECHO, ROWS, SAVE
from tests.live.releases import Make, go


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_prompt_variables(client: LangflowClient, make: Make, mode: str):
    """Prompt variables are parameters like others."""
    flow = make("Write a letter")
    run = go(client, flow, mode, {"Prompt Template-letter.name".replace(" ", ""): "Grace"})
    assert "Dear Grace" in next(iter(run.outputs.values())).value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_table(client: LangflowClient, make: Make, mode: str):
    """A table comes as rows, also where the answer leaves it empty."""
    run = go(client, make(ROWS), mode, {})
    output = run.outputs["SplitText-s"]
    assert (run.status, output.kind, output.note) == (RunStatus.COMPLETED, OutputKind.TABLE, "")
    assert [row["text"] for row in output.value] == ["x", "y", "z"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_data(client: LangflowClient, make: Make, mode: str):
    """JSON comes as its value, also where the answer leaves it empty."""
    run = go(client, make("Read an order"), mode, {})
    output = run.outputs["JSONtoData-order"]
    assert (output.kind, output.value["order"]) == (OutputKind.DATA, 1042)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_file(client: LangflowClient, make: Make, mode: str):
    """A file that a flow wrote can be downloaded; a second run's is that run's."""
    flow = make(SAVE)
    name = f"contract-{uuid4().hex[:8]}"
    for text in ("one", "two"):
        overrides = {"ChatInput-a.input_value": text, "SaveToFile-w.file_name": name}
        run = go(client, flow, mode, overrides, check=False)
        output = run.outputs["SaveToFile-w"]
        assert output.kind is OutputKind.FILE, run
        assert isinstance(output.value, FileRef)
        assert output.value.name.startswith(name)
        assert text.encode() in client.download(output.value)


def test_image_in_message(client: LangflowClient, make: Make):
    """A message that holds an image among text stays a message, with the image whole."""
    run = client.run(make("Picture card"))
    output = next(iter(run.outputs.values()))
    assert output.kind is OutputKind.MESSAGE
    assert "data:image/png;base64," in output.value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_long_text_is_whole(client: LangflowClient, make: Make, mode: str):
    """A text beyond the server's limit comes whole in both modes."""
    text = "".join(f"{number} " for number in range(3000))
    run = go(client, make(ECHO), mode, {"ChatInput-a.input_value": text}, session_id=uuid4().hex)
    output = run.outputs["ChatOutput-b"]
    assert output.value == text
    assert not output.truncated


def test_cut_rows_are_told(client: LangflowClient, make: Make):
    """Rows that the server cut are told, with the setting that lifts it; 1.8 says how many."""
    text = "\n".join(str(number) for number in range(1500))
    run = go(client, make(ROWS), "background", {"TextInput-a.input_value": text})
    output = run.outputs["SplitText-s"]
    assert (output.truncated, len(output.value)) == (True, 1000)
    assert output.missing == (500 if client.server().version.startswith("1.8.") else None)
    assert "LANGFLOW_MAX_ITEMS_LENGTH" in output.note
