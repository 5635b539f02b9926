"""Write a run as code in each supported language."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from lfclient.console.snippets import curl, python
from lfclient.console.snippets.snippet_request import SnippetRequest, snippet_request
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import InvalidRequest
from lfclient.flows.model import Flow
from lfclient.wire.modes import Mode
from lfclient.wire.server_info import ServerInfo


class Language(StrEnum):
    """The language of a snippet; the value is its display name."""

    CURL = "curl"
    LFCLIENT = "Python, lfclient"


# the file names in the comments at the top
FILE_NAMES = {
    Language.CURL: "run.sh",
    Language.LFCLIENT: "run.py",
}
_WRITERS: dict[Language, Callable[[SnippetRequest], str]] = {
    Language.CURL: curl.write,
    Language.LFCLIENT: python.write,
}
_SHORT_WRITERS: dict[Language, Callable[[SnippetRequest], str]] = {
    Language.CURL: curl.write_short,
    Language.LFCLIENT: python.write_short,
}


def write_short_snippet(
    language: Language,
    record: RunRecord,
    flow: Flow,
    server: ServerInfo,
    url: str,
    *,
    with_key: bool = True,
) -> str | None:
    """Return the shortest code that runs `flow` with the inputs of a run, in synchronous mode.

    The code prints the outputs and handles no errors. Return None if the flow cannot run in that
    mode.
    """
    if flow.needs_approval:
        return None
    try:
        call = snippet_request(
            replace(record, mode=Mode.SYNC), flow, server, url, with_key=with_key
        )
    except InvalidRequest:
        return None
    return _SHORT_WRITERS[language](call)


def write_snippet(
    language: Language,
    record: RunRecord,
    flow: Flow,
    server: ServerInfo,
    url: str,
    *,
    with_key: bool = True,
) -> str:
    """Return code that repeats the run `record` of `flow` on the server at `url`.

    The code waits for the run and prints the outputs: with `lfclient` as in the console, with curl
    as in the server's response. A comment lists outputs that the response omits. `with_key` is
    whether the server needs an API key. Raise `InvalidRequest` or `Unsupported` if the server would
    reject the run.
    """
    return _WRITERS[language](snippet_request(record, flow, server, url, with_key=with_key))
