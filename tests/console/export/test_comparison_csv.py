"""Comparisons are exported as CSV."""

import csv
import io
from dataclasses import replace

from lfclient.console.compare.inputs import compare_stored_inputs
from lfclient.console.compare.survey import ComparedRun, survey_run
from lfclient.console.compare.volatile import GUESSES_ONLY
from lfclient.console.export.csv_files import comparison_csv
from lfclient.console.store.run_record import FLOW_MISSING
from lfclient.flows.model import Flow
from lfclient.outputs.model import OutputKind
from tests.support import flows
from tests.support.reports import output, record_of, run_of

KEY = flows.entry("SecretStrInput", "str", "sk-stored-123456", password=True)
FLOW = Flow.from_json(flows.graph(flows.node("Text-1", words=flows.text(), key=KEY)))


def rows(values, *, deleted=(), without_flow=()):
    """Return the cells by part and name of a comparison of runs with these inputs and outputs.

    `deleted` and `without_flow` are ids of runs.
    """
    records = {
        f"r{number}": replace(
            record_of(
                run_of(output("A-1", OutputKind.MESSAGE, f"{value}, sk-stored-123456")),
                overrides={"Text-1.words": value},
            ),
            id=f"r{number}",
        )
        for number, value in enumerate(values, 1)
    }
    baseline, *_ = records.values()
    runs = [
        ComparedRun(
            number,
            None if record.id in without_flow else FLOW,
            survey_run(
                baseline, record, flows=(FLOW, FLOW), one_flow=True, ignored_names=GUESSES_ONLY
            ),
        )
        for number, record in enumerate(records.values(), 1)
    ]
    content = comparison_csv(
        runs,
        [f"{run.name}, sk-given" for run in runs],
        compare_stored_inputs(runs, GUESSES_ONLY),
        load=lambda record: None if record.id in deleted else records[record.id],
        secrets=["sk-given"],
    )
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    return {(part, name): cells for part, name, *cells in lines}


def test_inputs_outputs_and_their_differences_have_a_column_for_each_run():
    """No column has the secrets of the servers or the flows."""
    found = rows(["Hello Ada", "Hello Ben"])
    assert found["Part", "Name"] == ["Run 1, ••••", "Run 2, ••••"]
    assert found["Run", "Run"] == ["r1", "r2"]
    (inputs,) = (cells for (part, _), cells in found.items() if part == "Input")
    assert inputs == ["Hello Ada", "Hello Ben"]
    (words,) = (cells for (part, _), cells in found.items() if part == "Comparison")
    assert words == ["baseline", "≠ 1 word"]
    (texts,) = (cells for (part, _), cells in found.items() if part == "Output")
    assert texts == ["Hello Ada, ••••", "Hello Ben, ••••"]


def test_a_run_that_was_deleted_meanwhile_has_no_texts():
    found = rows(["a", "b"], deleted=["r2"])
    (texts,) = (cells for (part, _), cells in found.items() if part == "Output")
    assert texts == ["a, ••••", ""]


def test_a_run_without_its_flow_says_that_its_texts_may_have_secrets():
    assert rows(["one", "two"], without_flow=["r2"])["Run", "Note"] == ["", FLOW_MISSING]
    assert ("Run", "Note") not in rows(["one", "two"])
