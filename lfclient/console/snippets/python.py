"""Write a run as Python, with httpx or with lfclient."""

from dataclasses import replace

from lfclient.console.snippets.snippet_request import (
    API_KEY,
    PYTHON,
    SHORT_LINE_LENGTH,
    SnippetRequest,
    python_text,
)
from lfclient.flows.field import Variable

_RESULT = """
response = httpx.post(URL, headers=HEADERS, json=BODY, timeout=None)
if response.is_error:
    sys.exit(response.text)
run = response.json()
for error in run["errors"]:
    print(error, file=sys.stderr)
print(json.dumps(run["outputs"], indent=2))
"""
_JOB = """
with httpx.Client(headers=HEADERS, timeout=60) as client:
    response = client.post(URL, json=BODY)
    if response.is_error:
        sys.exit(response.text)
    job = response.json()["job_id"]
    retries = 0
    while True:
        time.sleep(0.5)
        response = client.get(BEFORE + job + AFTER)
        if response.status_code == 500 and retries < 5:
            retries += 1  # may occur for about a second
            continue
        if response.is_error:
            sys.exit(response.text)
        retries = 0
        run = response.json()
        if run["object"] == "response":
            break
        if run["status"] == "suspended":
            sys.exit(f"The run is waiting for approval: job {job}")
for error in run["errors"]:
    print(error, file=sys.stderr)
print(json.dumps(run["outputs"], indent=2))
"""
_EVENTS = """
outputs = {}
rest = b""
with httpx.stream("POST", URL, headers=HEADERS, json=BODY, timeout=None) as response:
    if response.is_error:
        sys.exit(response.read().decode())
    for piece in response.iter_bytes():
        *lines, rest = (rest + piece).split(b"\\n")
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line[5:])
            data = event.get("data", {})
            if event.get("event") == "token":
                print(data["chunk"], end="", flush=True, file=sys.stderr)
            elif event.get("event") == "error":
                print(data.get("text") or data.get("error"), file=sys.stderr)
            elif event.get("event") == "output":
                outputs[data["component_id"]] = data
print(json.dumps(outputs, indent=2))
"""
_BY_HTTPX = {"job": _JOB, "result": _RESULT, "events": _EVENTS}

_SHORT_PRINT = """for output in run.outputs.values():
    print(output.value)
"""
_PRINT = """
for error in run.errors:
    print(error.message, file=sys.stderr)
for output in run.outputs.values():
    print(f"{output.display_name} ({output.kind.value}):", output.value)
"""
_SHORT = replace(PYTHON, line_length=SHORT_LINE_LENGTH)


def write_httpx(call: SnippetRequest) -> str:
    """Return code that prints the outputs as JSON, as in the server's response."""
    headers = f'{{"x-api-key": os.environ["{API_KEY}"]}}' if call.with_key else "{}"
    return "".join(
        [
            call.comments("#", "Save as run.py, then: pip install httpx && python run.py"),
            "import json\n",
            "import os\n" if call.variables else "",
            "import sys\n",
            "import time\n" if call.response == "job" else "",
            "\nimport httpx\n\n",
            f"URL = {python_text(call.endpoint)}\n",
            _status_address(call),
            f"HEADERS = {headers}\n",
            f"BODY = {PYTHON.write(call.body)}\n",
            _BY_HTTPX[call.response],
        ]
    )


def write_short_httpx(call: SnippetRequest) -> str:
    """Return code that prints the outputs as in the server's response."""
    key = f'{{"x-api-key": os.environ["{API_KEY}"]}}'
    headers = f"headers={key}, " if call.with_key else ""
    return "".join(
        [
            call.notes("#"),
            "import os\n" if call.variables else "",
            "import httpx\n\n",
            f"url = {python_text(call.endpoint)}\n",
            f"body = {_SHORT.write(call.body)}\n",
            f"response = httpx.post(url, {headers}json=body, timeout=None)\n",
            'print(response.raise_for_status().json()["outputs"])\n',
        ]
    )


def write_short_lfclient(call: SnippetRequest) -> str:
    """Return code that prints the value of each output."""
    session = (
        f", session_id={python_text(call.record.session_id)}" if call.record.session_id else ""
    )
    overrides = f", {_SHORT.write(call.overrides, 4)}" if call.overrides else ""
    return "".join(
        [
            call.notes("#", is_client=True),
            "import os\n" if call.variables else "",
            f"from lfclient import {_names(call)}\n\n",
            f"with LangflowClient({_server(call)}) as client:\n",
            f"    run = client.run({python_text(call.flow.id)}{overrides}{session})\n",
            _SHORT_PRINT,
        ]
    )


def _server(call: SnippetRequest) -> str:
    key = f', os.environ["{API_KEY}"]' if call.with_key else ""
    return f"{python_text(call.url)}{key}"


def _names(call: SnippetRequest, *more: str) -> str:
    # variables are never nested
    variable = any(isinstance(value, Variable) for value in call.overrides.values())
    return ", ".join(["LangflowClient", *more, *(["Variable"] if variable else [])])


def _status_address(call: SnippetRequest) -> str:
    if call.response != "job":
        return ""
    return f"BEFORE, AFTER = {', '.join(map(python_text, call.status_address))}\n"


def write_lfclient(call: SnippetRequest) -> str:
    """Return code that prints each output's name, kind and value."""
    names = _names(call, *(["RunEnded", "Token"] if call.response == "events" else []))
    return "".join(
        [
            call.comments(
                "#",
                "lfclient is part of Langflow Console. Save as run.py in its folder,",
                "then: python run.py",
                is_client=True,
            ),
            "import os\n" if call.variables else "",
            "import sys\n\n",
            f"from lfclient import {names}\n\n",
            f"FLOW = {python_text(call.flow.id)}\n",
            f"SESSION = {python_text(call.record.session_id)}\n" if call.record.session_id else "",
            f"OVERRIDES = {PYTHON.write(call.overrides)}\n\n",
            f"with LangflowClient({_server(call)}) as client:\n",
            _client_call(call),
            _PRINT,
        ]
    )


def _client_call(call: SnippetRequest) -> str:
    arguments = f"(FLOW, OVERRIDES{', session_id=SESSION' if call.record.session_id else ''})"
    if call.response == "result":
        return f"    run = client.run{arguments}\n"
    if call.response == "job":
        return f"    job = client.submit{arguments}\n    run = client.wait(job)\n"
    return (
        f"    for event in client.stream{arguments}:\n"
        "        if isinstance(event, Token):\n"
        '            print(event.text, end="", flush=True, file=sys.stderr)\n'
        "        if isinstance(event, RunEnded):\n"
        "            run = event.run\n"
    )
