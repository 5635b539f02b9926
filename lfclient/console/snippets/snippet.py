"""A run as code, in each language."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from lfclient.console.snippets import curl, python, typescript
from lfclient.console.snippets.snippet_request import SnippetRequest, snippet_request
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow
from lfclient.wire.server_info import ServerInfo


class Language(StrEnum):
    """What a snippet is written for; the value is the name that a person reads."""

    CURL = "curl"
    HTTPX = "Python, httpx"
    LFCLIENT = "Python, lfclient"
    TYPESCRIPT = "TypeScript"

    @property
    def file_name(self) -> str:
        """The file name under which its head comment says to save it."""
        return _FILES[self]


_FILES = {
    Language.CURL: "run.sh",
    Language.HTTPX: "run.py",
    Language.LFCLIENT: "run.py",
    Language.TYPESCRIPT: "run.mts",
}


_WRITERS: dict[Language, Callable[[SnippetRequest], str]] = {
    Language.CURL: curl.write,
    Language.HTTPX: python.write_httpx,
    Language.LFCLIENT: python.write_lfclient,
    Language.TYPESCRIPT: typescript.write,
}


def write_snippet(
    language: Language,
    record: RunRecord,
    flow: Flow,
    server: ServerInfo,
    url: str,
    *,
    with_key: bool = True,
) -> str:
    """The code that runs `flow` as `record` says, on the server at `url` in its dialect.

    It waits for the end and prints the outputs: with `lfclient` as the console has them, else as
    the server's answer does, which leaves some out, as its head comment then says. `with_key`: the
    server asks for an API key.
    Raises `InvalidRequest` or `Unsupported` for what the server, as it is now, would not take.
    """
    return _WRITERS[language](snippet_request(record, flow, server, url, with_key=with_key))
