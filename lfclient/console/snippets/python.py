"""Write a run as Python with lfclient."""

from dataclasses import replace

from lfclient.console.snippets.snippet_request import (
    API_KEY,
    PYTHON,
    SHORT_LINE_LENGTH,
    SnippetRequest,
    python_text,
)
from lfclient.flows.field import Variable

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


def write_short(call: SnippetRequest) -> str:
    """Return code that prints the value of each output."""
    session = (
        f", session_id={python_text(call.record.session_id)}" if call.record.session_id else ""
    )
    overrides = f", {_SHORT.write(call.overrides, 4)}" if call.overrides else ""
    return "".join(
        [
            call.notes(is_client=True),
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


def write(call: SnippetRequest) -> str:
    """Return code that prints each output's name, kind and value."""
    names = _names(call, *(["RunEnded", "Token"] if call.response == "events" else []))
    return "".join(
        [
            call.comments(
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
