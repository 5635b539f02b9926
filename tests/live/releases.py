"""Sets of releases, and runs to their end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lfclient import Flow, LangflowClient, RunStatus
from lfclient.resources.models import ModelOption
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


def ask_model(client: LangflowClient, file: Flow | bytes, mode: str, model: ModelOption) -> str:
    """Import a flow with one model, choose it, and return the answer."""
    (added,) = client.import_flow(file)
    flow = client.flow(added.id)
    (key,) = [field.key for field in flow.fields if field.resource == "language"]
    flow = client.refresh(flow, {key: [model.value]})
    assert flow.refreshed
    assert flow.refreshed.errors == {}
    run = run_to_end(client, flow, mode, {f"{flow.chat_input.id}.input_value": "Say hello"})
    client.editor.delete_flow(added.id)
    assert run.status is RunStatus.COMPLETED, run.errors
    (output,) = run.outputs.values()
    return str(output.value)
