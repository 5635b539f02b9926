"""Create the sample flows on a server."""

from collections.abc import Callable

from lfclient.client import LangflowClient
from lfclient.console.samples.builtin import SAMPLES, custom_component_code
from lfclient.console.samples.graph_builder import Sample, build_graph
from lfclient.flows.model import FlowSummary


def install_samples(
    client: LangflowClient,
    on_missing: Callable[[Sample, list[str]], None] | None = None,
) -> list[FlowSummary]:
    """Create the samples and return the new flows.

    Samples whose name is already used by a flow are skipped. So are samples with components that
    the server lacks or forbids; these are passed to `on_missing` with the component types.
    """
    existing = {flow.name for flow in client.flows()}
    new = [sample for sample in SAMPLES if sample.name not in existing]
    if not new:
        return []
    catalogue = client.editor.catalogue(custom_component_code(new))
    created = []
    for sample in new:
        missing = sample.missing(catalogue)
        if missing:
            if on_missing:
                on_missing(sample, missing)
            continue
        data = build_graph(sample, catalogue)
        created.append(client.editor.create_flow(sample.name, data, description=sample.description))
    return created
