"""Snippets of a run, executed in both dialects: they print what the console shows."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from lfclient import Flow, LangflowClient, Run, RunEnded
from lfclient.console.snippets.snippet import Language, write_snippet
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.validation import mask_secrets
from lfclient.runs.outcome import terminals_without_value
from tests.live.flows import ECHO, ROWS, VALUES
from tests.live.releases import Make, oldest_and_newest, run_to_end
from tests.support.servers import LiveServer
from tests.support.snippets import Running, run_all

pytestmark = oldest_and_newest

NASTY = "it's \"quoted\" $HOME `id` \\n 'EOF'\nEOF\n${x} !! <&> é 漢字 🎉"
# without the two characters \\n, which some servers turn into a line break
HARD = (
    "-e '''three''' \"\"\"three\"\"\" \"one\" 'one' \\ \\\\ \\x $HOME ${HOME} `id` $(id) %s !! \\"
    "\n'EOF'\nEOF\n\ttab \u2028 \u202e é 漢字 🎉 <&> </script> -"
)
SECRET = "-hidden \"a'ss\\w$ord`x`\nmore\ttab é"
LONG = re.compile(r"\w{6,}")  # words without escapes


def started(
    client: LangflowClient,
    server: LiveServer,
    flow: Flow,
    mode: str,
    overrides: dict,
    folder: Path,
    languages: Iterable[Language] = Language,
    **secrets: str,
) -> dict[Language, Running]:
    """Start the snippets of a run in its own session; secrets come from environment variables."""
    record = RunRecord(
        id="r",
        owner="o",
        submit_token="c",
        server_name="s",
        server_url=server.url,
        flow_id=flow.id,
        flow_name=flow.name,
        mode=mode,
        created_at=datetime.now(UTC),
        session_id=uuid4().hex,
        overrides=mask_secrets(flow, overrides),
        attempts=1,
    )
    codes = {
        one: write_snippet(one, record, flow, client.server.info(), server.url) for one in languages
    }
    for code in codes.values():
        assert server.api_key not in code
        assert not any(word in code for text in secrets.values() for word in LONG.findall(text))
    return run_all(codes, folder, LANGFLOW_API_KEY=server.api_key, **secrets)


def console_run(client: LangflowClient, flow: Flow, mode: str, overrides: dict) -> Run:
    """The same run by the console."""
    if mode != "stream":
        return run_to_end(client, flow, mode, overrides, session_id=uuid4().hex)
    *_, last = client.stream(flow, overrides, session_id=uuid4().hex)
    assert isinstance(last, RunEnded)
    return last.run


def printed_answers(running: dict[Language, Running], mode: str) -> dict[Language, str]:
    """What each snippet printed of the flow's chat output."""
    printed = {one: each.printed() for one, each in running.items()}
    named, _, answer = printed[Language.LFCLIENT].partition(": ")
    assert named == "Chat Output (message)"
    if mode == "stream":
        frames = printed[Language.CURL].split("data:")[1:]
        events = [json.loads(frame.partition("\n")[0]) for frame in frames]
        outputs = [one["data"] for one in events if one.get("event") == "output"]
    else:
        outputs = list(json.loads(printed[Language.CURL])["outputs"].values())
    (content,) = (one["content"] for one in outputs)
    return {Language.CURL: content, Language.LFCLIENT: answer.removesuffix("\n")}


def test_snippets_print_the_runs_answer(
    client: LangflowClient, langflow: LiveServer, make: Make, tmp_path: Path
):
    flow, overrides = make(ECHO), {"ChatInput-a.input_value": NASTY}
    modes = ["sync", "background"]
    if client.server.info().capabilities.events:
        modes.append("stream")
    for mode in modes:
        folder = tmp_path / mode
        folder.mkdir()
        running = started(client, langflow, flow, mode, overrides, folder)
        # before 1.11, servers turn the two characters \\n into a line break
        answer = console_run(client, flow, mode, overrides).outputs["ChatOutput-b"].value
        assert answer.splitlines()[-1] == NASTY.splitlines()[-1]
        assert printed_answers(running, mode) == dict.fromkeys(Language, answer)


@pytest.mark.parametrize("mode", ["sync", "background"])
def test_difficult_values_arrive_as_the_console_sends_them(
    client: LangflowClient, langflow: LiveServer, make: Make, tmp_path: Path, mode: str
):
    flow = make(VALUES)
    file = client.files.upload("it's $HOME `x`.txt", HARD.encode(), flow_id=flow.id)
    rows = [{"word": "-x", "hard": HARD}, {"word": HARD, "hard": "$HOME"}]
    overrides = {
        "ChatInput-a.input_value": HARD,
        "File-f.path": [file.path],
        "TellsValues-t.note": HARD,
        "TellsValues-t.rows": rows,
        "TellsValues-t.password": SECRET,
    }
    running = started(client, langflow, flow, mode, overrides, tmp_path, PASSWORD=SECRET)
    answer = console_run(client, flow, mode, overrides).outputs["ChatOutput-b"].value
    assert printed_answers(running, mode) == dict.fromkeys(Language, answer)
    received = json.loads(base64.b64decode(answer))
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    assert received == {"said": HARD, "read": HARD, "note": HARD, "rows": rows, "password": digest}


def test_the_lfclient_snippet_prints_tables_that_the_api_leaves_out(
    client: LangflowClient, langflow: LiveServer, make: Make, tmp_path: Path
):
    flow, overrides = make(ROWS), {"TextInput-a.input_value": "one\ntwo"}
    only = (Language.LFCLIENT,)  # a run at the same time would replace the server's records of it
    running = started(client, langflow, flow, "sync", overrides, tmp_path, only)
    named, _, value = running[Language.LFCLIENT].printed().partition(": ")
    assert named == "Split Text (table)"
    run = console_run(client, flow, "sync", overrides)
    rows = run.outputs["SplitText-s"].value
    found = [row["text"] for row in ast.literal_eval(value)]
    assert found == [row["text"] for row in rows] == ["one", "two"]
    empty = run.raw["outputs"]["SplitText-s"].get("content") is None
    assert [leaf.id for leaf in terminals_without_value(flow)] == ["SplitText-s"] * empty
