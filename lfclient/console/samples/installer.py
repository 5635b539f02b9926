"""Putting the samples on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lfclient.console.samples.catalog import SAMPLES, custom_component_code
from lfclient.console.samples.graph_builder import build_graph
from lfclient.console.samples.spec import Sample
from lfclient.flows.model import FlowSummary

if TYPE_CHECKING:
    from lfclient.client import LangflowClient


def install_samples(
    client: LangflowClient,
    names: Iterable[str] | None = None,
    on_missing: Callable[[Sample, list[str]], None] | None = None,
) -> list[FlowSummary]:
    """Put the samples (or those named) on a server, and return the flows that were made.

    A sample whose name a flow there already has is left out; one that the server has or allows no
    component for is left out too and passed to `on_missing`, with the component types.
    """
    there = {flow.name for flow in client.flows()}
    named = set(names) if names is not None else {sample.name for sample in SAMPLES}
    wanted = [one for one in SAMPLES if one.name in named and one.name not in there]
    if not wanted:
        return []
    catalogue = client.catalogue(custom_component_code(wanted))
    made = []
    for sample in wanted:
        missing = sample.missing(catalogue)
        if missing:
            if on_missing:
                on_missing(sample, missing)
            continue
        data = build_graph(sample, catalogue)
        made.append(client.create_flow(sample.name, data, description=sample.description))
    return made
