"""What Langflow's editor does with flows: create, export, update and delete them."""

from collections.abc import Mapping

from lfclient.api.operations.base import AsyncResource, Resource, awaitable
from lfclient.api.operations.flows import create_flow, delete_flow, export_flow, get_catalogue
from lfclient.api.operations.updates import prepare_update, save_graph
from lfclient.common.json_types import JsonObject
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.outdated import FlowUpdate


class Editor(Resource):
    """`client.editor`: what Langflow's editor does with flows."""

    def create_flow(
        self,
        name: str,
        data: JsonObject,
        description: str = "",
        endpoint_name: str | None = None,
    ) -> FlowSummary:
        """Create a flow; the server may change the name to keep it unique."""
        return self._drive(create_flow(name, data, description, endpoint_name))

    def export_flow(self, flow: Flow | str) -> JsonObject:
        """Return a flow as Langflow's editor exports it, without its id and its secrets.

        Fields for keys and passwords are empty. The components' code is left as it is.
        """
        return self._drive(export_flow(self._context, flow))

    def delete_flow(self, flow_id: str) -> None:
        """Delete a flow. Raises `FlowNotFound`, also if it is deleted already."""
        return self._drive(delete_flow(flow_id))

    def catalogue(self, custom_code: Mapping[str, str] | None = None) -> JsonObject:
        """Return the definitions of the server's components by category and type.

        `custom_code` adds custom components, given as code by type. Code that the server or its
        administrator refuses is omitted.
        """
        return self._drive(get_catalogue(custom_code or {}))

    def prepare_update(self, flow: Flow | str) -> FlowUpdate:
        """Return a flow's graph with the server's code, and what an update would lose.

        Nothing is stored: `save_graph` and `import_flow` do that. A component that the server can't
        build keeps its code and is in `failures`. Raises the error of a server that builds none.
        """
        return self._drive(prepare_update(self._context, flow))

    def save_graph(self, flow: Flow, data: JsonObject) -> Flow:
        """Store another graph in a flow, and return the flow with this graph.

        Raises `FlowChanged` if the server has another graph than `flow`, `InvalidRequest` if the
        flow is locked, and `ServerFault` if the server doesn't store the graph.
        """
        return self._drive(save_graph(self._context, flow, data))


class AsyncEditor(AsyncResource):
    """The async counterpart of `Editor`."""

    create_flow = awaitable(Editor.create_flow)
    export_flow = awaitable(Editor.export_flow)
    delete_flow = awaitable(Editor.delete_flow)
    catalogue = awaitable(Editor.catalogue)
    prepare_update = awaitable(Editor.prepare_update)
    save_graph = awaitable(Editor.save_graph)
