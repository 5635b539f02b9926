"""The reason of a failure in a component's build."""

from __future__ import annotations

import pytest

from lfclient.runs.evidence import read_build
from lfclient.wire.schemas import Build
from tests.support.connection_errors import BROKEN_OFF, UNREACHED, connection_traceback


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (f"httpcore.RemoteProtocolError: {BROKEN_OFF}", BROKEN_OFF),
        (f"httpcore.ConnectError: {UNREACHED}", "Connection error.."),
    ],
)
def test_a_build_tells_a_broken_connection_from_an_unreached_model(raised: str, message: str):
    """Of a streamed run with an agent, 1.13 says “Connection error..” of both."""
    traceback = connection_traceback(raised)
    failed = {"errorMessage": "Connection error..", "stackTrace": traceback}
    build = Build(
        valid=False,
        params="Error building Component Agent: \n\nConnection error..",
        data={"outputs": {"response": {"type": "error", "message": failed}}},
    )
    error = read_build("Agent-x", build, "Agent").error
    assert error
    assert (error.message, error.traceback) == (message, traceback)
