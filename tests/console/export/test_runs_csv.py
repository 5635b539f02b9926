"""Lists of runs are exported as CSV."""

import csv
import io

from lfclient.console.export import runs_csv
from lfclient.console.store.run_record import RunSummary
from lfclient.outputs.model import OutputKind
from lfclient.runs.model import RunStatus
from tests.support.reports import AT, output, record_of, run_of

LONG = "A long question, " * 40


def rows(records, **more):
    """Return the rows of runs with these records, None for one that can't be read."""
    runs = [
        RunSummary(
            f"r{number}", "me", "s", "f", "Flow", "sync", RunStatus.COMPLETED, AT,
            input_summary="Message: A long…", output_summary="The beginning · +1 output",
        )
        for number in range(len(records))
    ]  # fmt: skip
    by_id = dict(zip([run.id for run in runs], records, strict=True))
    content = runs_csv.runs_csv(runs, lambda run: by_id[run.id], **more)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def record(*values, **more):
    outputs = [output(f"Out-{n}", OutputKind.MESSAGE, value) for n, value in enumerate(values)]
    return record_of(run_of(*outputs), **more)


def test_a_run_has_all_of_its_inputs_and_each_output_in_a_column():
    """The runs of a list may have other numbers of outputs."""
    inputs = {"In-1.input_value": LONG, "M-1.temperature": 0.1}
    two, one = rows([record("first " * 90, "second", overrides=inputs), record("only")])
    assert two["output"] == "first " * 90
    assert two["output 2"] == "second"
    assert LONG in two["all inputs"]
    assert '"M-1.temperature": 0.1' in two["all inputs"]
    assert two["inputs"] == "Message: A long…"
    assert (one["output"], one["output 2"]) == ("only", "")


def test_a_run_whose_outputs_are_not_stored_has_its_line():
    assert [row["output"] for row in rows([None, record()])] == ["The beginning · +1 output"] * 2


def test_only_the_first_runs_are_read_in_full(monkeypatch):
    monkeypatch.setattr(runs_csv, "MAX_FULL_RUNS", 1)
    full, short = rows([record("all of it"), record("not read")])
    assert (full["output"], short["output"]) == ("all of it", "The beginning · +1 output")


def test_data_is_json_and_no_secret_of_a_server_is_exported():
    data = record_of(run_of(output("Out-1", OutputKind.DATA, {"key": "sk-given"})))
    (row,) = rows([data], secrets=["sk-given"])
    assert "sk-given" not in row["output"]
    assert '"key"' in row["output"]
