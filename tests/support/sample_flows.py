"""The sample flows of the console, and flows that only tests and benchmarks run."""

from lfclient.client import LangflowClient
from lfclient.console.samples import builtin
from lfclient.console.samples.graph_builder import Link, Node, Sample, build_graph

# prints nothing, because the component captures the whole server's output
_WAIT = """for second in range(25):
    time.sleep(1)
"""

UNCONNECTED = Sample(
    "Unconnected component",
    "An echo chat with an unconnected calculator.",
    (
        Node("question", "ChatInput", {"input_value": "The calculator stays idle."}),
        Node("answer", "ChatOutput"),
        Node("idle", "CalculatorComponent", {"expression": "6 * 7"}),
    ),
    (Link("question", "message", "answer"),),
)
SLOW = Sample(
    "Takes half a minute",
    "Runs for 25 seconds, so you can try Stop.",
    (
        Node("work", "PythonREPLComponent", {"global_imports": "time", "python_code": _WAIT}),
        Node("report", "ParserComponent", {"pattern": "The work is done."}, editable=("pattern",)),
        Node("answer", "ChatOutput"),
    ),
    (Link("work", "results", "report", "input_data"), Link("report", "parsed_text", "answer")),
)
FAILING = Sample(
    "Fails until it gets JSON",
    "Fails, because it has nothing to read. Give it JSON text and it succeeds; the server "
    "silently repairs invalid JSON.",
    (Node("empty", "JSONtoData", {"json_string": ""}, editable=("json_string",)),),
)
SAMPLES = (*builtin.SAMPLES, UNCONNECTED, SLOW, FAILING)


def sample(name: str) -> Sample:
    """Return the flow of this name."""
    return next(one for one in SAMPLES if one.name == name)


def install(client: LangflowClient) -> None:
    """Create the flows on a server that has none of them."""
    builtin.install_samples(client)
    catalogue = client.editor.catalogue()
    for one in SAMPLES[len(builtin.SAMPLES) :]:
        client.editor.create_flow(one.name, build_graph(one, catalogue), one.description)
