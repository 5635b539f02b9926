"""Lists of runs are exported as CSV."""

import csv
import io
from dataclasses import replace

import pytest

from lfclient.console.export import csv_files
from lfclient.console.export.csv_files import MAX_CELL_LENGTH
from lfclient.console.store.run_record import FLOW_MISSING
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from lfclient.runs.model import RunStatus
from tests.support import flows, store_records
from tests.support.reports import AT, FILE, PNG, output, record_of, run_of

LONG = "A long question, " * 40
SECRET = "sk-given-7f3a90c2"
STORED = "sk-stored-123456"
KEY = flows.entry("SecretStrInput", "str", STORED, password=True)
FLOW = Flow.from_json(
    flows.graph(flows.chat_input("In-1"), flows.node("M-1", words=flows.text(), key=KEY))
)
LINE = "The beginning · +1 output"


def rows(records, summary=None, flow=None, **more):
    """Return the rows of runs with these records, None for one that can't be read."""
    flows = {("me", "f"): flow} if flow else {}
    runs = [
        store_records.summary(
            f"r{number}",
            flow_id="f",
            server_name="s",
            created_at=AT,
            **{
                "input_summary": (("Message", "A long…"),),
                "output_summary": LINE,
                **(summary or {}),
            },
        )
        for number in range(len(records))
    ]
    by_id = dict(zip([run.id for run in runs], records, strict=True))
    content = csv_files.runs_csv(runs, lambda run: by_id[run.id], flows, **more)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def record(*values, **more):
    outputs = [output(f"Out-{n}", OutputKind.MESSAGE, value) for n, value in enumerate(values)]
    return record_of(run_of(*outputs), **more)


def texts(row):
    """Return the cells of a row's inputs and outputs that are not empty, by column."""
    return {
        name: cell for name, cell in row.items() if name.startswith(("input", "output")) and cell
    }


def test_a_run_has_its_inputs_in_full_and_each_output_in_a_column_of_its_component():
    inputs = {"In-1.input_value": LONG, "M-1.words": "few"}
    one, two = rows([record("first " * 90, overrides=inputs), record("again", "second")], flow=FLOW)
    assert texts(one) == {
        "inputs": f"Message (ChatInput): {LONG}\nwords (M): few",
        "output: The Out-0": "first " * 90,
    }
    assert texts(two) == {
        "inputs": "Message: A long…",
        "output: The Out-0": "again",
        "output: The Out-1": "second",
    }
    assert list(one)[6:12] == ["seconds", "inputs", *list(texts(two))[1:], "tokens", "starred"]


def test_inputs_are_named_by_their_components_without_the_flow():
    (row,) = rows([record(overrides={"M-1.max_words": 3})])
    assert row["inputs"] == "Max words (M-1): 3"


def test_an_input_that_is_a_variable_of_the_server_is_named():
    (row,) = rows([record(overrides={"M-1.words": Variable("MY_WORDS")})])
    assert row["inputs"] == "Words (M-1): server variable MY_WORDS"


def test_each_named_output_of_a_component_has_a_column():
    first = output("P-1", OutputKind.MESSAGE, "one")
    second = output("P-1", OutputKind.DATA, {"two": 2})
    whole = replace(first, parts={"first_out": first, "second_out": second})
    (row,) = rows([record_of(run_of(whole))])
    assert row["output: The P-1 · First out"] == "one"
    assert '"two": 2' in row["output: The P-1 · Second out"]


def test_images_and_files_are_named_by_their_kind():
    (row,) = rows(
        [record_of(run_of(output("A", OutputKind.IMAGE, PNG), output("B", OutputKind.FILE, FILE)))]
    )
    assert (row["output: The A"], row["output: The B"]) == ("image", "file")


def test_a_run_whose_outputs_are_not_stored_has_the_line_of_the_list():
    assert [texts(row) for row in rows([None, record()])] == [
        {"inputs": "Message: A long…", "output": LINE}
    ] * 2


def test_only_the_first_runs_are_read_in_full(monkeypatch):
    monkeypatch.setattr(csv_files, "MAX_FULL_RUNS", 1)
    full, short = rows([record("all of it"), record("not read")])
    assert full["output: The Out-0"] == "all of it"
    assert texts(short)["output"] == LINE


def test_no_more_runs_are_read_in_full_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(csv_files, "MAX_FULL_LENGTH", 100)
    lines = rows([record("x" * 60), record("y" * 60), record("z" * 60)])
    assert ["output: The Out-0" in texts(row) for row in lines] == [True, True, False]


@pytest.mark.parametrize("secret", [SECRET, STORED])
def test_no_cell_has_a_secret_of_a_server_or_of_a_flow(secret):
    words = f"with {secret} in it"
    long = "x" * (MAX_CELL_LENGTH - 5) + secret
    data = output("D-1", OutputKind.DATA, {secret: [words]})
    message = output("M-2", OutputKind.MESSAGE, long, display_name=words)
    records = [
        record_of(run_of(data, message), overrides={"M-1.words": long, "In-1.input_value": words}),
        None,
    ]
    summary = {
        "input_summary": (("", words),),
        "output_summary": words,
        "session_id": words,
        "flow_name": words,
    }
    lines = rows(records, summary, flow=FLOW, secrets=[SECRET])
    text = str(lines)
    assert "with •••• in it" in text
    assert "xxxxx••••" in text
    assert secret[:4] not in text


def test_a_long_cell_is_cut():
    (row,) = rows([record("x" * (MAX_CELL_LENGTH + 1))])
    assert len(row["output: The Out-0"]) == MAX_CELL_LENGTH
    assert row["output: The Out-0"].endswith("…")


def test_status_and_mode_have_the_names_of_the_list():
    stopped = {"status": RunStatus.CANCELLED, "mode": "background"}
    (row,) = rows([None], stopped)
    assert (row["status"], row["mode"]) == ("Stopped", "Background")


def test_a_run_without_its_flow_says_that_its_texts_may_have_secrets():
    (known,) = rows([record("text")], flow=FLOW)
    (unknown,) = rows([record("text")])
    assert texts(unknown) == texts(known)
    assert unknown["note"] == FLOW_MISSING
    assert "note" not in known
