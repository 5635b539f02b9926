"""Real releases: which of them tell of a run while it goes on, and a run in any mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfclient import Flow, LangflowClient

Make = Callable[..., Flow]


# for what only releases have that tell of a run while it goes on
with_events = pytest.mark.parametrize("langflow", ["1.11.6", "1.12.8", "1.13.0"], indirect=True)


def go(client: LangflowClient, flow: Flow, mode: str, overrides: dict, **options: object):
    """Run in a mode, to its end."""
    if mode == "sync":
        return client.run(flow, overrides, **options)
    return client.wait(client.submit(flow, overrides, **options), timeout=60)
