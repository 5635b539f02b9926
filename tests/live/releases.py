"""Sets of releases, and one way to run in every mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfclient import Flow, LangflowClient
from tests.support.servers import VERSIONS

Make = Callable[..., Flow]


# releases that report a run's events
with_events = pytest.mark.parametrize("langflow", ["1.11.6", "1.12.8", "1.13.0"], indirect=True)


# the oldest and the newest, which speak different dialects
oldest_and_newest = pytest.mark.parametrize("langflow", [VERSIONS[0], VERSIONS[-1]], indirect=True)


def run_to_end(client: LangflowClient, flow: Flow, mode: str, overrides: dict, **options: object):
    """Run `flow` in `mode`, "sync" or "background", and return the ended run."""
    if mode == "sync":
        return client.run(flow, overrides, **options)
    return client.wait(client.submit(flow, overrides, **options), timeout=60)
