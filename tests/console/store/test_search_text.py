"""Summaries and search texts of runs."""

from dataclasses import replace

import pytest

from lfclient.common.formatting import summary_line
from lfclient.console.store.run_record import RecordProblem
from lfclient.console.store.search_text import (
    MAX_INPUT_SUMMARY,
    MAX_SEARCHABLE_CHARACTERS,
    MAX_SUMMARY_INPUTS,
    build_search_text,
    summarize_flow_inputs,
    summarize_inputs,
    summarize_outputs,
)
from lfclient.flows.field import Variable
from lfclient.flows.model import Refresh
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import Message, RunError
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import entry, flow, node, text
from tests.support.store_records import record


def summary_of(flow, inputs):
    """Return the summary as lists show it."""
    return summary_line(summarize_flow_inputs(flow, inputs), 500)


def test_input_summaries_use_the_labels_of_the_form():
    """Long values are shortened in the middle, and secrets masked."""
    overrides = {
        "A.text": "\n  two\nlines",
        "A.rows": 3,
        "A.key": Variable("KEY"),
        "B.secret": "••••",
        "B.on": False,
        "B.long": "x" * 500 + "end",
    }
    *first, long = summarize_inputs(overrides, {"A.text": "Message"})
    assert first == [
        ("Message", "two lines"),
        ("rows", "3"),
        ("key", "variable KEY"),
        ("secret", "••••"),
        ("on", "False"),
    ]
    assert long[1].endswith("xend")
    assert "x…x" in long[1]


def test_an_input_summary_has_the_first_inputs():
    summary = summarize_inputs({f"A.{n}": n for n in range(99)})
    assert len(summary) == MAX_SUMMARY_INPUTS


def test_a_value_without_others_has_the_whole_line_of_an_input_summary():
    """Two long messages that differ in their middle look different in a list."""
    summaries = [
        summarize_inputs({"A.text": f"{'line ' * 25}{month} {'line ' * 25}"}, {"A.text": "Message"})
        for month in ("March", "April")
    ]
    assert ["March" in text for ((_, text),) in summaries] == [True, False]
    ((_, long),) = summarize_inputs({"A.text": "x" * 500 + "end"})
    assert long.endswith("xend")
    assert len(long) <= MAX_INPUT_SUMMARY


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("bebdf0f3-a6dc/x_note.txt", "x_note.txt"),
        (["a/b/one.txt", "two.txt"], "one.txt, two.txt"),
        (Variable("WHERE"), "variable WHERE"),
    ],
)
def test_input_summaries_name_files_without_folders(value, words):
    """A long path would be shortened before the name."""
    parts = {"path": entry("FileInput", "file", display_name="Files"), "other": text()}
    overrides = {"R-1.path": value, "R-1.other": "a/b"}
    assert summary_of(flow(node("R-1", **parts)), overrides) == f"Files: {words} · other: a/b"


def test_inputs_that_share_a_label_are_named_by_their_components():
    steps = [node(f"{name}-1", name, seconds=text()) for name in ("Hotel", "Train")]
    overrides = {"Hotel-1.seconds": 5, "Train-1.seconds": 4}
    assert summary_of(flow(*steps), overrides) == "Hotel: 5 · Train: 4"
    assert summary_of(flow(*steps), {"Hotel-1.seconds": 5}) == "seconds: 5"
    prompts = [node(f"Prompt-{id}", "Prompt", seconds=text()) for id in ("a", "b")]
    overrides = {"Prompt-a.seconds": 5, "Prompt-b.seconds": 4}
    named = "Prompt 1: 5 · Prompt 2: 4"
    assert summary_of(flow(*prompts), overrides) == named


def test_inputs_of_one_component_that_share_a_label_have_their_parameters():
    city = {"display_name": "City"}
    tool = node("Tool-1", "Tool", start=text(**city), end=text(**city))
    overrides = {"Tool-1.start": "Oslo", "Tool-1.end": "Rome"}
    summary = summary_of(flow(tool), overrides)
    assert summary == "City (start): Oslo · City (end): Rome"


def test_a_summary_has_the_message_and_what_was_changed():
    chat = node("ChatInput-a", input_value=entry("MultilineInput", "str", "Lisbon"))
    steps = [node(f"{name}-1", name, seconds=text("5")) for name in ("Hotel", "Train")]
    trip = flow(chat, *steps)
    message, own = {"ChatInput-a.input_value": "Lisbon"}, {"Train-1.seconds": "5"}
    unchanged, changed = {"Hotel-1.seconds": "5"}, {"Hotel-1.seconds": "7"}
    assert summary_of(trip, message | unchanged | own) == "Lisbon"
    assert summary_of(trip, changed | message | own) == "Hotel: 7 · Lisbon"
    assert summary_of(trip, unchanged | own) == "Hotel: 5 · Train: 5"


def test_a_summary_has_the_model_that_was_chosen():
    """The refreshed flow of the run has it as its own."""
    model = [{"name": "gpt", "provider": "OpenAI"}]
    agent = node("Agent-a", model=entry("ModelInput", "model", model, display_name="Model"))
    chosen = replace(flow(agent), refreshed=Refresh(flow(agent), {"Agent-a.model": model}))
    inputs = {"Agent-a.model": model, "Agent-a.more": "x"}
    assert "Model: OpenAI: gpt" in summary_of(chosen, inputs)


def test_a_summary_has_a_value_that_was_emptied():
    chat = node("ChatInput-a", input_value=entry("MultilineInput", "str"))
    step = node("Hotel-1", "Hotel", note=text("by the sea"), seconds=text("5"))
    overrides = {"Hotel-1.note": "", "Hotel-1.seconds": "5", "ChatInput-a.input_value": "Oslo"}
    assert summary_of(flow(chat, step), overrides) == "Oslo · note: empty"


def test_a_summary_names_a_knowledge_base_as_the_form_does():
    base = entry("DropdownInput", "str", name="knowledge_base", display_name="Knowledge")
    knowledge = flow(node("KnowledgeBase-1", "KnowledgeBase", knowledge_base=base))
    (field,) = knowledge.fields
    assert field.resource == "knowledge_base"
    assert summary_of(knowledge, {field.key: "my_reviews_3"}) == "Knowledge: my reviews 3"


def test_a_summary_begins_with_the_message_names_models_and_ends_with_secrets():
    chat = node("ChatInput-a", input_value=entry("MultilineInput", "str"))
    agent = node(
        "Agent-a",
        key=entry("SecretStrInput", "str", password=True, display_name="API Key"),
        model=entry("ModelInput", "model", display_name="Model"),
    )
    overrides = {
        "Agent-a.key": "was set",
        "Agent-a.model": [{"name": "gpt", "provider": "OpenAI", "metadata": {"x": 1}}],
        "ChatInput-a.input_value": "Hello",
    }
    assert (
        summary_of(flow(chat, agent), overrides) == "Hello · Model: OpenAI: gpt · API Key: was set"
    )


IMAGE = f"data:image/png;base64,{'iVBOR/+A' * 2_000}="


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"## Visitors\n\n![Three bars]({IMAGE[:900]})\n\nmore", "Visitors · Three bars · more"),
        (f"## Visitors\n\n![Three bars]({IMAGE})\n\nmore", "Visitors · Three bars · more"),
        (f'![Three bars]({IMAGE[:900]} "A chart") more', "Three bars more"),
        (f"See [the guide](https://a.test/{'b' * 380}) first", "See the guide first"),
        ("**a** " * 62 + "[guide](https://a.test/b)", "a " * 62 + "guide"),
        (f"<img src='{IMAGE[:900]}'>", "<img src='data:image/png;base64,…'>"),
    ],
)
def test_no_line_of_a_run_has_an_address_of_markdown_or_the_data_of_an_image(text, says):
    outputs = {"C": Output("C", OutputKind.MESSAGE, text)}
    run = Run("f", "sync", RunStatus.COMPLETED, outputs=outputs)
    assert summarize_outputs(record(run=run)) == says


def test_inputs_and_objects_are_summarized_without_the_data_of_an_image():
    says = "data:image/png;base64,…"
    assert summarize_inputs({"A.photo": IMAGE}) == (("photo", says),)
    outputs = {"C": Output("C", OutputKind.DATA, {"size": 3, "photo": IMAGE})}
    run = Run("f", "sync", RunStatus.COMPLETED, outputs=outputs)
    assert summarize_outputs(record(run=run)) == f"size: 3 photo: {says}"


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (OutputKind.MESSAGE, "\n## **London** calls\nmore", "London calls · more"),
        (
            OutputKind.MESSAGE,
            "**Lisbon**\n\n- The night\n  train\n- `2` rooms\n\n```\nx = 1\n```",
            "Lisbon · The night train · 2 rooms · x = 1",
        ),
        (OutputKind.MESSAGE, "| a | b |\n|---|---|\n| 1 | 2 |", "a · b · 1 · 2"),
        (OutputKind.MESSAGE, "![A view](data:image/png;base64,AA)", "A view"),
        (OutputKind.MESSAGE, "3 * 4 * 5", "3 * 4 * 5"),
        (OutputKind.MESSAGE, "- AT&amp;T, a\\*b", "AT&T, a*b"),
        (
            OutputKind.MESSAGE,
            "> 2 > 1 (~50 %)! See: http://a.test/",
            "2 > 1 (~50 %)! See: http://a.test/",
        ),
        (OutputKind.MESSAGE, "<b>\n\n***", "<b>"),
        (OutputKind.TABLE, [], "0 rows"),
        (OutputKind.TABLE, [{"a": None, "b": ""}], "1 row × 2 columns"),
        (
            OutputKind.TABLE,
            [{"city": "Berlin", "km": 3.5, "note": None}, {"city": "Paris\nFrance", "km": 4}],
            "2 rows × 3 columns: Berlin, 3.5; Paris France, 4",
        ),
        (
            OutputKind.TABLE,
            [{"answer": f"Yes, the train at 9:40 has {'very ' * 12}many seats"}],
            f"1 row × 1 column: Yes, the train at 9:40 has {'very ' * 10}ve…",
        ),
        (
            OutputKind.TABLE,
            [{"city": "Oslo", "km": number} for number in range(30)],
            f"30 rows × 2 columns: {'; '.join(f'Oslo, {number}' for number in range(9))}…",
        ),
        (
            OutputKind.TABLE,
            [
                {
                    "properties": {"text_color": "red"},
                    "sender": "Machine",
                    "session_id": "s",
                    "sender_name": "AI",
                    "text": "Bring the tickets",
                }
            ],
            "1 row × 2 columns: AI, Bring the tickets",
        ),
        (
            OutputKind.TABLE,
            [{"city": "Rome"}, {"city": "Oslo", "_id": "x"}],
            "2 rows × 1 column: Rome; Oslo",
        ),
        (OutputKind.DATA, {"a": [1, "b"]}, "a: 1 b"),
        (OutputKind.IMAGE, b"\x89PNG", "Image"),
        (OutputKind.FILE, FileRef("out.txt"), "out.txt"),
    ],
)
def test_an_output_summary_is_its_beginning_on_one_line(kind, value, says):
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C": Output("C", kind, value)})
    assert summarize_outputs(record(run=run)) == says


def test_a_summary_says_that_there_are_other_outputs():
    def summary(*values):
        outputs = {f"C-{n}": Output(f"C-{n}", *value) for n, value in enumerate(values)}
        return summarize_outputs(record(run=Run("f", "sync", RunStatus.COMPLETED, outputs=outputs)))

    long = "word " * 100
    both = summary((OutputKind.MESSAGE, long), (OutputKind.TABLE, [{"a": 1}]))
    assert both.endswith("… · +1 output")
    assert summary(*[(OutputKind.MESSAGE, word) for word in "abc"]) == "a · +2 outputs"
    assert summary((OutputKind.MESSAGE, "a"), (OutputKind.MESSAGE, "")) == "a"


def test_the_summary_of_a_large_table_counts_the_rows_that_the_server_cut():
    rows = [{"city": f"City {n:,}"} for n in range(1_000)]
    table = Output("C", OutputKind.TABLE, rows, truncated=True, missing=234)
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C": table})
    summary = summarize_outputs(record(run=run))
    assert summary.startswith("1,234 rows × 1 column: City 0; City 1; City 2; ")
    assert "City 999" in build_search_text(record(run=run))


def test_the_summary_of_a_failed_run_is_its_error():
    run = Run("f", "sync", RunStatus.FAILED, errors=(RunError("No such *file*\nat all"),))
    assert summarize_outputs(record(run=run)) == "No such *file*"


NO_KEY = (
    "Error building Component Agent: \n\nOpenAI API key is required when using OpenAI provider. "
    "Please provide it in the component or configure it globally as OPENAI_API_KEY."
)


def test_the_summary_of_an_error_of_one_word_begins_with_its_component():
    def summary(error: RunError) -> str:
        return summarize_outputs(record(run=Run("f", "sync", RunStatus.FAILED, errors=(error,))))

    assert summary(RunError("tone", component="Prompt Template")) == "Prompt Template: tone"
    assert summary(RunError("tone")) == "tone"
    assert summary(RunError("No file", component="Read File")) == "No file"


def test_a_failed_run_is_summarized_and_found_by_its_cause_in_words():
    failed = Run("f", "sync", RunStatus.FAILED, errors=(RunError(NO_KEY), RunError("other")))
    not_started = record(problem=RecordProblem(NO_KEY))
    for each in (record(run=failed), not_started):
        assert summarize_outputs(each) == "OpenAI has no key."
        assert "OpenAI has no key" in build_search_text(each)
        assert "globally as OPENAI_API_KEY" in build_search_text(each)


def test_the_summary_names_the_provider_that_a_chosen_model_could_not_reach():
    error = RunError("Connection error.", component_id="Agent-a")
    run = Run("f", "sync", RunStatus.FAILED, errors=(error,))
    chosen = {"Agent-a.model": [{"name": "llama", "provider": "Ollama"}]}
    assert summarize_outputs(record(run=run, overrides=chosen)) == "Couldn't reach Ollama."
    assert "the internet or a service" in summarize_outputs(record(run=run))


def test_the_summary_of_a_stopped_run_is_the_text_that_was_written():
    text = "**Once** upon\na time"
    written = Message("m", text, "Machine", complete=False, streamed=text)
    run = Run("f", "background", RunStatus.CANCELLED, messages={"m": written})
    assert summarize_outputs(record(status=run.status, run=run)) == "Once upon a time"
    assert summarize_outputs(record(status=RunStatus.IN_PROGRESS, run=run)) == ""


def test_a_problem_of_the_console_itself_is_summarized_as_it_is():
    problem = RecordProblem("All connection attempts failed")
    assert summarize_outputs(record(problem=problem)) == "All connection attempts failed"


def test_models_and_uploaded_files_among_inputs_are_found_by_their_names():
    """An address that a person typed stays whole."""
    folder = "5f0c1a3e-2b4d-429a-bdcf-c48ed158f10d"
    metadata = {"context_length": 128000, "model_class": "ChatOpenAI", "api_key_param": "api_key"}
    model = {"name": "gpt", "provider": "OpenAI", "icon": "OpenAI", "metadata": metadata}
    address = f"https://a.test/{folder}/guide.txt"
    inputs = {
        "Agent-a.model": [model],
        "File-a.path": [f"{folder}/review.txt"],
        "File-b.path": f"{folder}/2026-01-02_03-04-05_photo.png",
        "Url-a.urls": [address],
        "Agent-a.more": {"name": "kept"},
    }
    texts = build_search_text(record(flow_name="Echo", overrides=inputs))
    names = ["Echo", "OpenAI: gpt", "review.txt", "photo.png", address, "kept"]
    assert texts.splitlines() == names


def test_only_the_beginning_of_long_outputs_is_searchable():
    """The same amount of inputs is searchable, whatever the outputs."""
    text = "x " * (MAX_SEARCHABLE_CHARACTERS // 2 - 5) + "within beyond"
    output = Output("C-1", OutputKind.MESSAGE, text)
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": output})
    found = build_search_text(record(overrides={"A.b": "y" * MAX_SEARCHABLE_CHARACTERS}, run=run))
    assert "within" in found
    assert "beyond" not in found


def test_a_text_that_repeats_another_is_indexed_once():
    output = Output("C-1", OutputKind.MESSAGE, "Oslo")
    run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": output})
    texts = build_search_text(record(flow_name="Echo", overrides={"A.b": "Oslo"}, run=run))
    assert texts.split() == ["Echo", "Oslo"]
