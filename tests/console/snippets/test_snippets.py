"""Snippets send the same requests as the client, for values of any kind."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime

import pytest

from lfclient.api.payloads import run_request
from lfclient.console.snippets.snippet import Language, write_short_snippet, write_snippet
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidRequest, Unsupported
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from lfclient.wire.modes import Mode
from lfclient.wire.schemas import VersionResponse
from lfclient.wire.server_info import build_server_info
from tests.support.flows import chat_input, entry, graph, node, text
from tests.support.http_stand_in import StandIn
from tests.support.snippets import Running, run_all, run_here

KEY = "sk-a-key-of-the-server"
SECRET = "p\"a'ss\\w$ord`x`\nmore\ttab é"
NASTY = (
    "it's \"quoted\"\n$HOME `id` $(id) \\n \\ 'EOF'\nEOF\n%s ${x} !! <&> </script>"
    "\u2028\u202e é 漢字 🎉 \x01 \x7f"
)
GRAPH = graph(
    chat_input(),
    node(
        "Comp-one",
        words=text(),
        password=entry("SecretStrInput", "str", password=True),
        count=entry("IntInput", "int", 1),
        on=entry("BoolInput", "bool", False),
        api_key=entry("StrInput", "str", [], list=True),
        rows=entry("TableInput", "table", [], is_list=True),
        more=entry("NestedDictInput", "NestedDict", {}),
    ),
    node("Comp-two", password=entry("SecretStrInput", "str", password=True)),
)
FLOW = Flow.from_json(GRAPH)
OVERRIDES = {
    "ChatInput-a.input_value": NASTY,
    "Comp-one.words": "-e\n@file",
    "Comp-one.password": SECRET,
    "Comp-one.count": 2**60 + 1,
    "Comp-one.on": True,
    "Comp-one.api_key": [SECRET],
    "Comp-one.rows": [{"key": "Authorization", "value": SECRET}, {"key": "a'b\"", "value": NASTY}],
    "Comp-one.more": {"__proto__": {"x": [1.5, None, False, {}]}, NASTY: NASTY, "token": SECRET},
    "Comp-two.password": "of another",
}
ENVIRON = {
    "LANGFLOW_API_KEY": KEY,
    "PASSWORD": SECRET,
    "API_KEY": SECRET,
    "ROWS": SECRET,
    "MORE": SECRET,
    "COMP_TWO_PASSWORD": "of another",
}
OLD, NEW = (
    build_server_info(VersionResponse(version=version, package="Langflow"))
    for version in ("1.10.0", "1.13.0")
)
JOB = "11111111-2222-3333-4444-000000000000"
OUTPUTS = {"Out-1": {"type": "message", "content": NASTY, "status": "completed"}}
DONE = {
    "flow_id": FLOW.id,
    "job_id": JOB,
    "object": "response",
    "status": "completed",
    "errors": [],
    "outputs": OUTPUTS,
}


def record(mode="sync", overrides=None, **more):
    """Return the record of a run, with its secrets masked as in the store."""
    return RunRecord(
        **{
            "id": "r",
            "owner": "o",
            "submit_token": "c",
            "server_name": "s",
            "server_url": "http://langflow.test",
            "flow_id": FLOW.id,
            "flow_name": FLOW.name,
            "mode": Mode(mode),
            "created_at": datetime.now(UTC),
            "session_id": NASTY,
            "overrides": mask_secrets(FLOW, OVERRIDES if overrides is None else overrides),
            "attempts": 1,
            **more,
        }
    )


def codes(server, mode, url, overrides=None, **options):
    """Return the snippets of a run in all languages."""
    stored = record(mode, overrides)
    return {one: write_snippet(one, stored, FLOW, server, url, **options) for one in Language}


class Langflow(StandIn):
    """A fake server. A background job is in progress, then gets an HTTP error, then is done."""

    def __init__(self, minor, dialect):
        self.runs, self._polls = [], {}
        version = {"version": f"1.{minor}.0", "main_version": f"1.{minor}.0", "package": "Langflow"}
        path = "/api/v2/workflows"
        super().__init__(
            {
                "GET /api/v1/version": (200, version),
                f"GET /api/v1/flows/{FLOW.id}": (200, {**GRAPH, "id": FLOW.id}),
                f"POST {path}": self._run,
                f"GET {path}": self._status,
                f"GET {path}/{JOB}/events": self._stream(),
            }
        )

    def _run(self, request):
        body = json.loads(request.content)
        body.pop("idempotency_key", None)  # each run of the client has a new key
        self.runs.append(body)
        if body.get("background") or body.get("mode") == "background":
            job = f"{JOB[:-1]}{len(self.runs)}"
            return 200, {**DONE, "job_id": job, "object": "job", "status": "queued", "links": {}}
        return self._stream() if body.get("mode") == "stream" else (200, DONE)

    def _status(self, request):
        job = request.url.params["job_id"]
        polls = self._polls[job] = self._polls.get(job, 0) + 1
        if polls == 1:
            return 200, {**DONE, "object": "job", "status": "in_progress", "outputs": {}}
        if polls == 2:
            detail = {"code": "INTERNAL_SERVER_ERROR", "message": "No vertex builds found"}
            return 500, {"detail": detail}
        return 200, {**DONE, "job_id": job}

    def _stream(self):
        one = {"component_id": "Out-1", "display_name": "Out", **OUTPUTS["Out-1"]}
        frames = [
            {"event": "token", "data": {"chunk": "word \u2028", "id": "m"}},
            {"event": "output", "data": one},
            {"event": "end", "data": {}},
        ]
        # not escaped, as servers write them: U+2028 ends a line for some parsers, not for servers
        lines = [f"data: {json.dumps(frame, ensure_ascii=False)}\n\n" for frame in frames]
        return 200, "".join(lines).encode(), {"content-type": "text/event-stream"}


@pytest.mark.parametrize(
    ("server", "mode"),
    [(OLD, "sync"), (OLD, "background"), (NEW, "sync"), (NEW, "background"), (NEW, "stream")],
    ids=lambda one: one if isinstance(one, str) else one.dialect,
)
def test_snippets_send_the_same_request_as_the_client_and_print_the_outputs(server, mode, tmp_path):
    """Streamed calls also run in separate Python processes, as a user runs them."""
    minor = 10 if server is OLD else 13
    with Langflow(minor, server.dialect) as langflow:
        written = codes(server, mode, langflow.url)
        here = (Language.LFCLIENT,) if mode != "stream" else ()
        others = {one: code for one, code in written.items() if one not in here}
        running = run_all(others, tmp_path, **ENVIRON)
        printed = {one: run_here(written[one], one, tmp_path, **ENVIRON) for one in here}
        printed |= {one: each.printed() for one, each in running.items()}
        sent = list(langflow.runs)
    expected = run_request(server, FLOW, OVERRIDES, mode, NASTY).json
    assert sent == [expected] * len(Language)
    if mode == "stream":
        assert "data: " in printed[Language.CURL]
    else:
        assert json.loads(printed[Language.CURL])["outputs"] == OUTPUTS
    assert NASTY in printed[Language.LFCLIENT]


@pytest.mark.parametrize("server", [OLD, NEW], ids=lambda one: one.dialect)
def test_short_snippets_send_a_synchronous_request_and_print_the_output(server, tmp_path):
    overrides = {**OVERRIDES, "Comp-one.password": "a-key"}
    del overrides["Comp-one.rows"], overrides["Comp-one.more"], overrides["Comp-one.api_key"]
    environ = {"LANGFLOW_API_KEY": KEY, "PASSWORD": "a-key", "COMP_TWO_PASSWORD": "of another"}
    stored = record("background", overrides)
    with Langflow(10 if server is OLD else 13, server.dialect) as langflow:
        codes = {
            one: write_short_snippet(one, stored, FLOW, server, langflow.url) for one in Language
        }
        printed = {one: run.printed() for one, run in run_all(codes, tmp_path, **environ).items()}
        assert langflow.runs == [run_request(server, FLOW, overrides, "sync", NASTY).json] * 2
    assert all(
        "Set PASSWORD to the secret for Comp-one.password." in code for code in codes.values()
    )
    assert json.loads(printed[Language.CURL])["outputs"] == OUTPUTS
    assert printed[Language.LFCLIENT].strip() == NASTY.strip()


def test_a_flow_that_cannot_run_synchronously_has_no_short_snippet():
    asks = Flow.from_json(graph(node("HumanInput-q", "HumanInput")))
    assert write_short_snippet(Language.CURL, record("sync", {}), asks, NEW, "http://x") is None


@pytest.mark.parametrize("mode", ["sync", "background", "stream"])
def test_a_snippet_contains_variables_instead_of_secrets(mode):
    for code in codes(NEW, mode, "http://langflow.test").values():
        assert "was set" not in code
        assert KEY not in code
        for name in ENVIRON:
            assert name in code
        assert "Set COMP_TWO_PASSWORD to the secret for Comp-two.password." in code


def test_an_unmasked_secret_is_not_written():
    stored = record(overrides={})
    stored = RunRecord(**{**vars(stored), "overrides": OVERRIDES})
    for one in Language:
        assert "ss\\\\w" not in write_snippet(one, stored, FLOW, NEW, "http://langflow.test")


@pytest.mark.parametrize(
    ("returns", "type", "told"),
    [
        ("JSON", "Calculator", True),
        ("Table", "SplitText", True),
        ("Message", "Prompt", True),
        ("Data", "Calculator", False),
        ("Message", "ChatOutput", False),
    ],
)
def test_a_snippet_lists_outputs_that_the_api_omits(returns, type, told):
    end = node("End-one", type)
    end["data"]["node"] |= {"display_name": "The\nend", "outputs": [{"types": [returns]}]}
    flow = Flow.from_json(graph(end))
    for one in Language:
        code = write_snippet(one, record("sync", {}), flow, NEW, "http://langflow.test")
        expected = told and one is not Language.LFCLIENT
        assert ("null as the content" in code) is expected
        assert ("- The end\n" in code) is expected
        assert ("“Python, lfclient”" in code) is expected


def test_a_snippet_lists_parameters_that_only_a_choice_adds():
    """The API accepts such parameters only with the graph, which the client sends."""
    deleted = {"Gone-x.words": "w"}
    stored = record("background", {"Comp-one.words": "w", "Comp-one.added": "x"} | deleted)
    for language in Language:
        code = write_snippet(language, stored, FLOW, NEW, "http://langflow.test")
        is_told = "may ignore these parameters" in code and "- Comp-one.added" in code
        assert is_told is (language is not Language.LFCLIENT)
        assert "- Comp-one.words" not in code
        assert "- Gone-x.words" not in code
        short = write_short_snippet(language, stored, FLOW, NEW, "http://langflow.test")
        assert ("- Comp-one.added" in short) is is_told


def test_a_snippet_sends_defaults_of_the_run_that_the_flow_has_changed():
    """The form of an opened run shows the same defaults."""
    defaults = {"Comp-one.count": 1, "Comp-one.words": "Oslo", "Gone-1.place": "Rome"}
    stored = record(overrides={"Comp-one.on": True}, flow_defaults=defaults)
    code = write_snippet(Language.LFCLIENT, stored, FLOW, NEW, "http://langflow.test")
    assert re.findall(r"\w+-\w+\.\w+", code) == ["Comp-one.on", "Comp-one.words"]


def test_plain_text_equal_to_the_mask_is_kept():
    for code in codes(NEW, "sync", "http://x", {"Comp-one.words": "was set"}).values():
        assert "was set" in code


def test_a_flow_name_cannot_end_the_comment():
    flow = Flow.from_json({**GRAPH, "name": "x\nimport os # \u2028\u202e*/\r" + "y" * 500})
    for one in Language:
        first, second = write_snippet(one, record(), flow, NEW, "http://x").splitlines()[:2]
        assert first.startswith("# Runs")
        assert "import os" in first
        assert second.startswith("#")
        assert len(first) < 110


def test_variable_names_do_not_collide():
    secret = entry("SecretStrInput", "str", password=True)
    flow = Flow.from_json(
        graph(node("A-1", pwd=secret, langflow_api_key=secret), node("B-1", pwd=secret))
    )
    overrides = {"A-1.pwd": "x", "A-1.langflow_api_key": "x", "B-1.pwd": "x"}
    code = write_snippet(Language.LFCLIENT, record(overrides=overrides), flow, NEW, "http://x")
    names = re.findall(r'environ\["(\w+)"\]', code)
    assert names == ["A_1_PWD", "A_1_LANGFLOW_API_KEY", "B_1_PWD", "LANGFLOW_API_KEY"]


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("random", "A_1_RANDOM"), ("UID", "A_1_UID"), ("https_proxy", "A_1_HTTPS_PROXY"),
        ("Ld_Preload", "A_1_LD_PRELOAD"), ("2nd-key", "SECRET_2ND_KEY"), ("密码", "SECRET"),
        ("api.key", "KEY"),
    ],
)  # fmt: skip
def test_odd_parameter_names_become_safe_variable_names(parameter, name):
    flow = Flow.from_json(
        graph(node("A-1", **{parameter: entry("SecretStrInput", "str", password=True)}))
    )
    run = record(overrides={f"A-1.{parameter}": "x"})
    code = write_snippet(Language.LFCLIENT, run, flow, NEW, "http://x")
    assert re.findall(r'environ\["(\w+)"\]', code) == [name, "LANGFLOW_API_KEY"]


def test_a_server_variable_stays_a_variable():
    overrides = {"Comp-one.password": Variable("MY_KEY")}
    written = codes(NEW, "sync", "http://x", overrides)
    assert 'Variable("MY_KEY")' in written[Language.LFCLIENT]
    assert '"load_from_db": ' in written[Language.CURL]
    ast.parse(written[Language.LFCLIENT])


def test_a_server_without_keys_needs_no_key_variable():
    for code in codes(NEW, "background", "http://x", {}, with_key=False).values():
        assert "LANGFLOW_API_KEY" not in code
        assert "x-api-key" not in code


def test_curl_does_not_receive_the_key_as_an_argument():
    """Every user of the machine can see process arguments."""
    code = write_snippet(Language.CURL, record(), FLOW, NEW, "http://x")
    assert code.count('$LANGFLOW_API_KEY"') == code.count("<(printf 'x-api-key: %s\\n' \"$LANGFLOW")
    assert "<(printf 'x-api-key" in code


def test_a_run_that_the_server_cannot_repeat_is_an_error():
    with pytest.raises(Unsupported):
        write_snippet(Language.CURL, record("stream"), FLOW, OLD, "http://x")
    overrides = {"Comp-one.password": Variable("MY_KEY")}
    with pytest.raises(InvalidRequest):
        write_snippet(Language.CURL, record("background", overrides), FLOW, NEW, "http://x")


def test_a_failed_request_prints_the_servers_error(tmp_path):
    with StandIn({"POST /api/v2/workflows": (403, {"detail": "Invalid API key"})}) as server:
        code = codes(NEW, "background", server.url, {})[Language.CURL]
        running = Running(code, Language.CURL, tmp_path, LANGFLOW_API_KEY=KEY)
        assert "Invalid API key" in running.refused()
