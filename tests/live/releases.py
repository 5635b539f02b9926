"""Sets of releases, and one way to run in every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lfclient import Flow, LangflowClient
from tests.support.servers import VERSIONS

Make = Callable[..., Flow]


def on(*releases: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("langflow", releases, indirect=True)


# All five releases take most tests of the contract (outputs, samples, starter projects, chat
# sessions, causes of errors); the others take those that differ in what the tested code does.

# the first that reports a run's events, and the newest
with_events = on("1.11.6", VERSIONS[-1])

# the oldest and the newest, which speak different dialects
oldest_and_newest = on(VERSIONS[0], VERSIONS[-1])

# the first release of each dialect, and the newest
dialects = on(VERSIONS[0], "1.11.6", VERSIONS[-1])

# one that records no tokens, the first that does, which has no events, and the newest
with_and_without_tokens = on(VERSIONS[0], "1.10.3", VERSIONS[-1])

# slow tests: all five with `--exhaustive`, else the newest alone
newest_by_default = on(
    *(pytest.param(version, marks=pytest.mark.exhaustive) for version in VERSIONS[:-1]),
    VERSIONS[-1],
)


def run_to_end(client: LangflowClient, flow: Flow, mode: str, overrides: dict, **options: object):
    """Run `flow` in `mode`, "sync" or "background", and return the ended run."""
    if mode == "sync":
        return client.run(flow, overrides, **options)
    return client.wait(client.submit(flow, overrides, **options), timeout=60)
