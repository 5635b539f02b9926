"""The sample flows, the code of their custom components, and their installation on a server."""

from collections.abc import Callable, Iterable
from pathlib import Path

from lfclient.client import LangflowClient
from lfclient.console.samples.graph_builder import Link, Node, Sample, build_graph
from lfclient.flows.model import FlowSummary

_COMPONENTS_FOLDER = Path(__file__).parent / "components"
_CUSTOM_COMPONENTS = {"TimedStep": "timed_step.py", "WordByWord": "word_by_word.py"}


def _prompt(key: str, template: str, **variables: str) -> Node:
    # a link sets the variables without a value
    editable = tuple(name for name, value in variables.items() if value)
    return Node(key, "Prompt Template", {"template": template}, variables, editable)


_CHART = (
    "iVBORw0KGgoAAAANSUhEUgAAAGAAAABgAgMAAACf9p+rAAAADFBMVEX///9PRuUQuYH1ngvHNvrGAAAAMElEQVR42mNg"
    "GG6AaxUQLBiVGJWgtQRrKBAEjEqMXAn+/0DwYVRiVGJUguoSwwIAAA/PE18QI6QnAAAAAElFTkSuQmCC"
)

_ORDER = """{
  "order": 1042,
  "customer": {"name": "Ada Lovelace", "city": "London"},
  "items": [
    {"article": "Notebook", "pieces": 3, "price": 4.5},
    {"article": "Pencil", "pieces": 12, "price": 0.8}
  ],
  "paid": true
}"""

_STORY = """You wrote: “{message}”

This answer comes word by word, the way a language model would give it, though no model is called \
and no key is needed. Each word takes a moment, so that you can watch the text grow, leave the \
page, come back and find it further along, or click Stop in the middle and see what happens to the \
words that were already there. **That is all.** Now write something else!"""

_TRIP = "**{place}**\n\n- {train}\n- {hotel}\n- {bag}"

_NOTES = "Bring the tickets\nCall the hotel\nPack an umbrella\nWater the plants"


def _chat_in(text: str, key: str = "question") -> Node:
    return Node(key, "ChatInput", {"input_value": text})


def _chat_out(key: str = "answer", name: str = "") -> Node:
    return Node(key, "ChatOutput", name=name)


def _step(key: str, name: str, seconds: int, result: str) -> Node:
    values = {"seconds": seconds, "result": result}
    return Node(key, "TimedStep", values, name=name)


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "Echo chat",
        "Repeats your message: the quickest run.",
        (_chat_in("Hello, Langflow!"), _chat_out()),
        (Link("question", "message", "answer"),),
    ),
    Sample(
        "Write a letter",
        "Writes a letter from four inputs: your message, a name, a place and a signature.",
        (
            _chat_in("we look forward to your visit on Friday."),
            _prompt(
                "letter",
                "**{place}**\n\nDear {name},\n\n{message}\n\nKind regards,\n{signature}",
                place="London",
                name="Ada",
                message="",
                signature="The team",
            ),
            _chat_out(),
        ),
        (Link("question", "message", "letter", "message"), Link("letter", "prompt", "answer")),
    ),
    Sample(
        "Write word by word",
        "Answers word by word, as a language model does. Stop it while it writes.",
        (
            _chat_in("Good morning!"),
            _prompt("story", _STORY, message=""),
            Node("writer", "WordByWord", editable=("pause",)),
            _chat_out(),
        ),
        (
            Link("question", "message", "story", "message"),
            Link("story", "prompt", "writer", "message"),
            Link("writer", "said", "answer"),
        ),
    ),
    Sample(
        "Table of sample records",
        "Returns a table of 50 records, to sort, search, draw as a chart and download.",
        (Node("records", "MockDataGenerator"),),
    ),
    Sample(
        "Read an order",
        "Reads the JSON text of an order and returns it as structured data.",
        (Node("order", "JSONtoData", {"json_string": _ORDER}, editable=("json_string",)),),
    ),
    Sample(
        "Split a list into rows",
        "Cuts a text at each line break and returns the pieces as a table.",
        (
            Node("notes", "TextInput", {"input_value": _NOTES}, editable=("input_value",)),
            Node(
                "rows",
                "SplitText",
                {"chunk_size": 20, "chunk_overlap": 0},
                editable=("separator", "chunk_size", "chunk_overlap"),
            ),
        ),
        (Link("notes", "text", "rows", "data_inputs"),),
    ),
    Sample(
        "Sort a request",
        "Sends a message with the word “urgent” to the urgent desk and all others to the normal "
        "desk.",
        (
            _chat_in("This is urgent: the printer is on fire.", "request"),
            Node(
                "urgent",
                "ConditionalRouter",
                {"operator": "contains", "match_text": "urgent", "case_sensitive": False},
                editable=("match_text",),
            ),
            _chat_out("first", "Urgent desk"),
            _chat_out("second", "Normal desk"),
        ),
        (
            Link("request", "message", "urgent", "input_text"),
            # Langflow 1.8 passes these values on instead of the compared text
            Link("request", "message", "urgent", "true_case_message"),
            Link("request", "message", "urgent", "false_case_message"),
            Link("urgent", "true_result", "first"),
            Link("urgent", "false_result", "second"),
        ),
    ),
    Sample(
        "Plan a trip",
        "Looks up the weather, a hotel and a train at the same time, then combines the results. "
        "Watch the steps run.",
        (
            _chat_in("Lisbon", "place"),
            _step("weather", "Look up the weather", 3, "Sunny, 24 degrees"),
            _step("hotel", "Find a hotel", 5, "A room with a view of the river"),
            _step("train", "Find a train", 4, "The night train on Friday at 21:45"),
            _step("bag", "Pack for the weather", 3, "Sun hat and walking shoes are packed"),
            _prompt("plan", _TRIP, place="", train="", hotel="", bag=""),
            _chat_out(),
        ),
        (
            Link("place", "message", "weather", "after"),
            Link("place", "message", "hotel", "after"),
            Link("place", "message", "train", "after"),
            Link("weather", "done", "bag", "after"),
            Link("place", "message", "plan", "place"),
            Link("train", "done", "plan", "train"),
            Link("hotel", "done", "plan", "hotel"),
            Link("bag", "done", "plan", "bag"),
            Link("plan", "prompt", "answer"),
        ),
    ),
    Sample(
        "Picture card",
        "Returns a small bar chart with a heading of your choice.",
        (
            _prompt(
                "card",
                "## {title}\n\n![Three bars](data:image/png;base64," + _CHART + ")",
                title="Visitors this week",
            ),
            _chat_out(),
        ),
        (Link("card", "prompt", "answer"),),
    ),
    Sample(
        "Write a file",
        "Saves your message as a file on the server, under a name and in a format of your choice.",
        (
            _chat_in("Bring the tickets, and call the hotel.", "note"),
            Node(
                "file",
                "SaveToFile",
                {"file_name": "sample-note", "local_format": "txt"},
                editable=("file_name", "local_format"),
            ),
        ),
        (Link("note", "message", "file", "input"),),
    ),
    Sample(
        "Read a file",
        "Shows the text of a file. Choose a file first.",
        (Node("file", "File", editable=("path",), required=("path",)), _chat_out()),
        (Link("file", "message", "answer"),),
    ),
    Sample(
        "Wait for an approval",
        "Waits until a person approves or rejects the message (Langflow 1.11 and later).",
        (
            _chat_in("Can we pay the £120 invoice?"),
            Node("decision", "HumanInput"),
            # a branch passes on the question, not the decision
            _prompt("approved", "Approved: {message}", message=""),
            _prompt("rejected", "Rejected: {message}", message=""),
            _chat_out("yes", "Approved"),
            _chat_out("no", "Rejected"),
        ),
        (
            Link("question", "message", "decision", "prompt"),
            Link("decision", "branch_approve", "approved", "message"),
            Link("decision", "branch_reject", "rejected", "message"),
            Link("approved", "prompt", "yes"),
            Link("rejected", "prompt", "no"),
        ),
    ),
)


def custom_component_code(samples: Iterable[Sample] = SAMPLES) -> dict[str, str]:
    """Return the code of the samples' custom components by type."""
    types = {node.type for sample in samples for node in sample.nodes}
    return {
        type_: (_COMPONENTS_FOLDER / name).read_text(encoding="utf-8")
        for type_, name in _CUSTOM_COMPONENTS.items()
        if type_ in types
    }


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
