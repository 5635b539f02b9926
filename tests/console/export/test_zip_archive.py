"""Runs are exported as ZIP archives."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest

from lfclient.common.redaction import REDACTED, Redactor
from lfclient.console.config.prices import ModelPrice, PriceTable
from lfclient.console.export.zip_archive import write_archive
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.outputs.model import FileRef, OutputKind
from lfclient.runs.components import ComponentRun, Message, Usage
from lfclient.runs.model import RunStatus
from tests.support import flows
from tests.support.reports import EVIL, GONE, PNG, URI, everything, output, record_of, run_of


def gone(ref, target=None):
    raise LangflowError(f"{ref.name} is not there any more.")


def fetched(ref, target):
    target.write(f"bytes of {ref.id}".encode() if ref != GONE else gone(ref))


def opened(record, fetch=fetched, **options):
    """Return the files of the archive by name."""
    file = io.BytesIO()
    write_archive(record, file, fetch, **options)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def of(*outputs, **more):
    return opened(record_of(run_of(*outputs, **more)))


def test_each_output_becomes_a_file_of_its_kind():
    files = of(
        output("A-1", OutputKind.MESSAGE, "# Words"),
        output("B-1", OutputKind.TABLE, [{"a": 1, "b": "x"}]),
        output("C-1", OutputKind.DATA, {"a": [1]}),
        output("D-1", OutputKind.IMAGE, PNG),
        output("E-1", OutputKind.FILE, FileRef("notes.txt", id="7")),
        output("F-1", OutputKind.ERROR, "broke"),
    )
    assert list(files) == [
        *("The-A-1.md", "The-B-1.csv", "The-C-1.json", "The-D-1.png", "notes.txt", "The-F-1.txt"),
        *("run.json", "README.txt"),
    ]
    assert files["The-A-1.md"] == b"# Words"
    assert files["The-B-1.csv"].decode("utf-8-sig") == "a,b\n1,x\n"
    assert json.loads(files["The-C-1.json"]) == {"a": [1]}
    assert files["The-D-1.png"] == PNG
    assert files["notes.txt"] == b"bytes of 7"


def test_parts_extras_and_embedded_images_become_separate_files():
    table = output("A-1", OutputKind.TABLE, [{"a": 1}])
    files = of(
        replace(table, parts={"first": table, "sec/ond": output("A-1", OutputKind.MESSAGE, "x")}),
        replace(output("B-1", OutputKind.MESSAGE, "| a |\n|---|\n| 1 |"), extras=(table,)),
        output("C-1", OutputKind.MESSAGE, f"![x]({URI})"),
    )
    assert set(files) - {"run.json", "README.txt"} == {
        *("The-A-1-first.csv", "The-A-1-sec-ond.md"),
        *("The-B-1.md", "The-B-1.csv", "The-C-1.md", "The-C-1-image-1.png"),
    }
    assert files["The-C-1-image-1.png"] == PNG


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 500, "", "run", EVIL])
def test_file_names_are_safe_and_unique(name):
    files = of(
        output("A-1", OutputKind.DATA, 1, display_name=name),
        output("B-1", OutputKind.DATA, 2, display_name=name.upper()),
        output("C-1", OutputKind.FILE, FileRef(name, id="1")),
        output("D-1", OutputKind.FILE, FileRef(name, id="2")),
        output("E-1", OutputKind.FILE, FileRef("README.txt", id="3")),
        output("F-1", OutputKind.FILE, FileRef("run.json", id="4")),
    )
    assert len({one.casefold() for one in files}) == len(files) == 8
    for one in files:
        assert one == os.path.basename(one.replace("\\", "/"))
        assert one.strip(". ")
        assert len(one.encode()) < 255
        assert one.isprintable()
    assert b"bytes of 3" in files.values()
    assert files["README.txt"].startswith(b"Outputs of a run")


def test_files_have_the_numbers_of_components_that_share_a_name():
    nodes = [flows.node(id, "Answer") for id in ("A-1", "B-1")]
    flow = Flow.from_json({"id": "f", "name": "F", "data": {"nodes": nodes, "edges": []}})
    outputs = [
        replace(output(id, OutputKind.MESSAGE, id), display_name="Answer") for id in ("B-1", "A-1")
    ]
    files = opened(record_of(run_of(*outputs)), flow=flow)
    assert (files["Answer-1.md"], files["Answer-2.md"]) == (b"A-1", b"B-1")
    assert "Answer 2\n  Answer-2.md" in files["README.txt"].decode()


def test_file_names_are_unique_on_every_system():
    """Some systems ignore Unicode normalization, and some reserve device names."""
    names = ("\u00e9", "e\u0301", "-CON")
    files = of(
        *(output(f"{n}-1", OutputKind.DATA, n, display_name=one) for n, one in enumerate(names))
    )
    assert list(files)[:3] == ["\u00e9.json", "e\u0301-2.json", "CON_.json"]


def test_omissions_are_listed_with_their_reasons():
    remote = "https://evil.test/picture.png"
    files = of(
        output("A-1", OutputKind.FILE, GONE),
        output("B-1", OutputKind.IMAGE, remote),
        output("C-1", OutputKind.TABLE, None, note="A later run has replaced it."),
        output("D-1", OutputKind.TABLE, [{"a": 1}], truncated=True, missing=30),
        output("E-1", OutputKind.IMAGE, "data:image/png;base64,!!"),
    )
    readme, run = files["README.txt"].decode(), json.loads(files["run.json"])
    for words in (
        "Couldn't download “gone.bin”: gone.bin is not there any more.",
        f"Image at {remote} not loaded: remote images are not exported.",
        "No value.",
        "A later run has replaced it.",
        "Truncated by the server: 30 rows missing.",
        "Damaged image.",
    ):
        assert words in readme
        assert any(words in reason for one in run["outputs"] for reason in one["left_out"])
    assert [one["files"] for one in run["outputs"]] == [[], [], [], ["The-D-1.csv"], []]


def test_texts_are_redacted_before_they_are_truncated():
    """Half a secret would not be recognised."""
    secret = "hunter2-" * 5
    address = f"https://evil.test/{'a' * 460}/{secret}"
    words = "x" * 450 + secret

    def refused(ref, target):
        raise LangflowError(words)

    files = opened(
        record_of(
            run_of(
                output("A-1", OutputKind.IMAGE, address),
                output("B-1", OutputKind.FILE, FileRef("a.txt", id="1")),
            )
        ),
        refused,
        secrets=[secret],
    )
    assert not any(b"hunter2" in content for content in files.values())


def test_run_json_has_masked_inputs_and_the_outcome():
    run = json.loads(opened(everything("x"))["run.json"])
    assert run["server"]["address"] == "https://langflow.example.com/base"
    assert run["inputs"]["Chat-1.api_key"] == "was set"
    assert run["inputs"]["Chat-1.variable"] == {"variable": "x"}
    assert run["flow_defaults"] == {"Chat-1.place": "x"}
    assert (run["status"], run["mode"], run["begun"]) == (
        "failed",
        "background",
        "2026-11-25T01:02:03+00:00",
    )
    unknown = record_of(run_of(), inputs_stored=False)
    assert json.loads(opened(unknown)["run.json"])["inputs"] is None
    assert [one["seconds"] for one in run["components"]] == [2, 1, None]


def test_run_json_has_the_tokens_of_the_run_and_of_each_component():
    runs = {"M-1": ComponentRun("M-1", usage=Usage(20, 2, 22)), "C-1": ComponentRun("C-1")}
    run = json.loads(opened(record_of(run_of(components=runs)))["run.json"])
    counts = {"input": 20, "output": 2, "total": 22}
    assert run["tokens"] == counts
    assert [one["tokens"] for one in run["components"]] == [counts, None]


def test_run_json_has_the_models_and_with_prices_the_cost():
    usage = Usage(20, 2, 22)
    run = run_of(components={"M-1": ComponentRun("M-1", usage=usage, usage_by_model={"a": usage})})
    prices = PriceTable("EUR", {"a": ModelPrice(input=Decimal(1), output=Decimal(2))})
    told = json.loads(opened(record_of(run), prices=prices)["run.json"])
    cost = {"amount": "0.000024", "currency": "EUR"}
    assert told["cost"] == told["components"][0]["cost"] == cost
    assert told["components"][0]["models"] == ["a"]
    unpriced = json.loads(opened(record_of(run), prices=PriceTable("EUR", {}))["run.json"])
    assert unpriced["cost"] is None
    assert "cost" not in json.loads(opened(record_of(run))["run.json"])


def test_formulas_in_cells_are_escaped():
    files = of(output("A-1", OutputKind.TABLE, [{"=a": "=1+1", "n": -5}]))
    cells = list(csv.reader(io.StringIO(files["The-A-1.csv"].decode("utf-8-sig"))))
    assert cells == [["'=a", "n"], ["'=1+1", "-5"]]


def test_a_stopped_run_keeps_its_partial_message():
    message = Message("m", "half a sent", "Machine", "AI", complete=False)
    files = of(status=RunStatus.CANCELLED, messages={"m": message})
    assert files["AI-(partial).md"] == b"half a sent"


def test_an_archive_contains_no_known_or_stored_secret():
    secret, stored = 's3cr"et,\n\\x', "stored-in-the-flow"
    entry = flows.entry("SecretStrInput", "str", stored, password=True)
    flow = Flow.from_json(flows.graph(flows.node("Chat-1", api_key=entry)))
    for one in (secret, stored):
        files = opened(everything(f"a {one} b"), flow=flow, secrets=[secret])
        names = " ".join(files)
        for data in (names.encode(), *files.values()):
            assert b"s3cr" not in data
            assert stored.encode() not in data
        assert files["run.json"].decode().count(REDACTED) > 10


@pytest.mark.parametrize(
    ("secret", "value"),
    [
        ("123456", {"n": 1234567, "is": 123456, "t": "123456"}),
        ("nothing-secret", {"t": "line\nothing-secret"}),
        ("nothing-secret", {"t": "line\nothing-secret, nothing-secret"}),
        ('"left_out"', {"t": 'x "left_out" y'}),
        ("inputs", {"t": "inputs"}),
        ("1e+100", [1e100, {"1e+100": None}]),
        ("true, false", [True, False]),
    ],
)
def test_redaction_keeps_json_valid(secret, value):
    record = record_of(
        run_of(output("A-1", OutputKind.DATA, value)), overrides={"Chat-1.input_value": value}
    )
    files = opened(record, secrets=[secret])
    written = json.loads(files["The-A-1.json"])
    assert written == json.loads(files["run.json"])["inputs"]["Chat-1.input_value"]
    assert written == Redactor([secret]).redact_value(value)
    assert f'"{secret}"' not in files["The-A-1.json"].decode()


def nested(levels):
    deep: list = []
    for _ in range(levels):
        deep = [deep]
    return deep


def test_a_value_that_is_too_deep_is_omitted_and_the_rest_exported():
    deep = nested(200_000)
    outputs = output("A-1", OutputKind.DATA, deep), output("B-1", OutputKind.TABLE, [{"a": 1}])
    files = opened(record_of(run_of(*outputs), overrides={"Chat-1.x": deep}))
    assert list(files) == ["The-B-1.csv", "run.json", "README.txt"]
    run, readme = json.loads(files["run.json"]), files["README.txt"].decode()
    assert run["left_out"] == ["The inputs are nested too deeply to export."]
    assert "  Omitted: Nested too deeply to export." in readme


def test_a_run_without_a_response_can_be_exported():
    files = opened(record_of(None, ended_at=None))
    assert set(files) == {"run.json", "README.txt"}
    assert (
        "The run was still in progress when this archive was created."
        in files["README.txt"].decode()
    )


def test_lone_surrogates_and_deep_values_can_be_exported():
    deep = nested(400)
    files = opened(everything("\ud800"))
    assert json.loads(files["run.json"])
    assert json.loads(of(output("A-1", OutputKind.DATA, deep))["The-A-1.json"]) == deep


def test_an_incomplete_download_is_omitted():
    def broken(ref, target):
        target.write(b"half of it")
        raise LangflowError("The answer was cut off.")

    files = opened(record_of(run_of(output("A-1", OutputKind.FILE, GONE))), broken)
    assert sorted(files) == ["README.txt", "run.json"]
    assert "Couldn't download “gone.bin”: The answer was cut off." in files["README.txt"].decode()
