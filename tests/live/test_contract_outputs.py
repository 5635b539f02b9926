"""Outputs by type, on five real releases."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lfclient import FileRef, LangflowClient, OutputKind, RunStatus
from tests.live.flows import ECHO, ROWS, SAVE
from tests.live.releases import Make, dialects, run_to_end


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_prompt_variables_are_parameters(client: LangflowClient, make: Make, mode: str):
    flow = make("Write a letter")
    run = run_to_end(client, flow, mode, {"Prompt Template-letter.name".replace(" ", ""): "Grace"})
    assert "Dear Grace" in next(iter(run.outputs.values())).value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_table_comes_as_rows(client: LangflowClient, make: Make, mode: str):
    run = run_to_end(client, make(ROWS), mode, {})
    output = run.outputs["SplitText-s"]
    assert (run.status, output.kind, output.note) == (RunStatus.COMPLETED, OutputKind.TABLE, "")
    assert [row["text"] for row in output.value] == ["x", "y", "z"]


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_json_comes_as_its_value(client: LangflowClient, make: Make, mode: str):
    run = run_to_end(client, make("Read an order"), mode, {})
    output = run.outputs["JSONtoData-order"]
    assert (output.kind, output.value["order"]) == (OutputKind.DATA, 1042)


@dialects
@pytest.mark.parametrize("mode", ["sync", "background"])
def test_a_written_file_can_be_downloaded(client: LangflowClient, make: Make, mode: str):
    flow = make(SAVE)
    name = f"contract-{uuid4().hex[:8]}"
    for text in ("one", "two"):
        overrides = {"ChatInput-a.input_value": text, "SaveToFile-w.file_name": name}
        run = run_to_end(client, flow, mode, overrides, check=False)
        output = run.outputs["SaveToFile-w"]
        assert output.kind is OutputKind.FILE, run
        assert isinstance(output.value, FileRef)
        assert output.value.name.startswith(name)
        assert text.encode() in client.files.download(output.value)


def test_a_message_with_an_image_stays_a_message(client: LangflowClient, make: Make):
    run = client.run(make("Picture card"))
    output = next(iter(run.outputs.values()))
    assert output.kind is OutputKind.MESSAGE
    assert "data:image/png;base64," in output.value


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_text_beyond_the_servers_limit_is_complete(client: LangflowClient, make: Make, mode: str):
    text = "".join(f"{number} " for number in range(3000))
    run = run_to_end(
        client, make(ECHO), mode, {"ChatInput-a.input_value": text}, session_id=uuid4().hex
    )
    output = run.outputs["ChatOutput-b"]
    assert output.value == text
    assert not output.truncated


@dialects
def test_truncated_rows_are_reported(client: LangflowClient, make: Make):
    text = "\n".join(str(number) for number in range(1500))
    run = run_to_end(client, make(ROWS), "background", {"TextInput-a.input_value": text})
    output = run.outputs["SplitText-s"]
    assert (output.truncated, len(output.value)) == (True, 1000)
    assert output.missing == (500 if client.server.info().version.startswith("1.8.") else None)
    assert "LANGFLOW_MAX_ITEMS_LENGTH" in output.note
