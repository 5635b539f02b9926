"""A flow with two branches, each with a chat output, and their messages."""

from typing import Any

from lfclient.runs.components import Message
from tests.support import flows

FIRST, SECOND = "ChatOutput-b", "ChatOutput-a"  # on the page, the first is above


def twin_graph() -> dict[str, Any]:
    """Return the flow's JSON: a chat input, two models and two chat outputs of one name."""
    heights = {"Model-b": 0, "Model-a": 500, FIRST: 0, SECOND: 500}
    placed = [
        flows.node(id) | {"position": {"x": 400 + 400 * (id in (FIRST, SECOND)), "y": y}}
        for id, y in heights.items()
    ]
    edges = [
        edge
        for model, output in (("Model-b", FIRST), ("Model-a", SECOND))
        for edge in (flows.edge("ChatInput-a", model), flows.edge(model, output))
    ]
    return flows.graph(flows.chat_input(), *placed, edges=edges)


def shared_graph() -> dict[str, Any]:
    """Return the flow's JSON with one model, which feeds both outputs."""
    nodes = [one for one in twin_graph()["data"]["nodes"] if one["id"] != "Model-b"]
    edges = [flows.edge("Model-a", output) for output in (FIRST, SECOND)]
    return flows.graph(*nodes, edges=[flows.edge("ChatInput-a", "Model-a"), *edges])


def answer(branch: str, text: str, **more: Any) -> Message:
    """Return the message of the branch "a" or "b", which names its model as its source."""
    return Message(f"m-{branch}", text, "Machine", "AI", component_id=f"Model-{branch}", **more)
