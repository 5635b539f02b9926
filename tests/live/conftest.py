"""What the live tests share: a client of each release, and flows made for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from lfclient import Flow, LangflowClient
from lfclient.console.samples import catalog, graph_builder
from lfclient.console.samples.spec import Sample
from tests.live.components import OWN
from tests.support.servers import LiveServer

Make = Callable[..., Flow]

# for what only releases have that tell of a run while it goes on
with_events = pytest.mark.parametrize("langflow", ["1.11.6", "1.12.8", "1.13.0"], indirect=True)


@pytest.fixture
def client(langflow: LiveServer) -> Iterator[LangflowClient]:
    """A client of each release.

    Patient: 1.13.0 may not answer for a minute when a run was cut off while it wrote to SQLite.
    """
    with LangflowClient(langflow.url, langflow.api_key, timeout=120, run_timeout=120) as client:
        yield client


@pytest.fixture
def modes(client: LangflowClient) -> bool:
    """Whether the release is 1.11 or later."""
    return client.server().dialect == "modes"


@pytest.fixture(scope="session")
def catalogue(langflow: LiveServer) -> dict[str, Any]:
    """All components of each release: asked for once, since that takes a second."""
    with LangflowClient(langflow.url, langflow.api_key, timeout=120) as client:
        return client.catalogue({**catalog.own_code(), **OWN})


@pytest.fixture
def make(client: LangflowClient, catalogue: dict[str, Any]) -> Iterator[Make]:
    """Makes flows from samples of this server's components, and deletes them afterwards."""
    made: list[str] = []

    def create(sample: Sample | str, endpoint_name: str | None = None) -> Flow:
        if isinstance(sample, str):
            sample = next(one for one in catalog.SAMPLES if one.name == sample)
        data = graph_builder.build(sample, catalogue)
        name = f"contract {sample.name} {uuid4().hex[:8]}"
        made.append(client.create_flow(name, data, endpoint_name=endpoint_name).id)
        return client.flow(made[-1])

    yield create
    for flow_id in made:
        client.delete_flow(flow_id)


def go(client: LangflowClient, flow: Flow, mode: str, overrides: dict, **options: object):
    """Run in a mode, to its end."""
    if mode == "sync":
        return client.run(flow, overrides, **options)
    return client.wait(client.submit(flow, overrides, **options), timeout=60)
