"""When values and results are equal: the ids and times of runs do not count."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.equality import OwnValues, fingerprint_result, normalize, own_values
from lfclient.console.store.run_record import RecordProblem
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import Message, RunError
from lfclient.runs.model import Run, RunStatus
from tests.support.store_records import NOW, record

BEGAN = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_ids_and_moments_of_the_run_are_masked_in_texts():
    """Short ids may be words."""
    own = OwnValues(frozenset({"session-of-this-run", "Oslo"}), BEGAN, BEGAN)
    text = "Oslo at 2026-01-02 12:00:01 in session-of-this-run, not at 2026-01-05T12:00:01Z"
    assert own.mask(text) == "Oslo at … in …, not at 2026-01-05T12:00:01Z"


def test_ids_are_masked_in_json_as_they_are_written_there():
    """A short one is short although its letters take several characters."""
    own = OwnValues(frozenset({"Größe: “groß”, Ort: Köln", "Größe"}))
    value = ["Größe: “groß”, Ort: Köln", "Größe"]
    assert json.loads("".join(own.masked_json(value))) == ["…", "Größe"]


def test_a_value_is_normalized_at_any_depth_in_a_copy():
    own = OwnValues(frozenset({"session-of-this-run"}), BEGAN, BEGAN)
    value = {"b": "session-of-this-run", "id": 2, "items": [{"id": 3, "a": {"id": 4}}, "id"]}
    found = normalize(value, own, {"id"})
    assert found == {"b": "…", "items": [{"a": {}}, "id"]}
    assert list(found) == ["b", "items"]
    assert value["id"] == 2


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-02 12:00",
        "2026-01-02T12:00:03.123456789",
        "2026-01-02 12:00:03,5 UTC",
        "2026-01-02 12:00:03 +00:00",
        "2026-01-02T13:30:00+0130",
        "2026-01-03T02:00:00+14:00",
        "2026-01-01T23:59:00-12:00",
        "2026-01-02T11:55:00Z",
        "2026-01-02T12:05:05Z",
    ],
)
def test_moments_of_the_run_are_told_in_any_form_and_time_zone(moment):
    own = OwnValues(frozenset(), BEGAN, BEGAN + timedelta(seconds=5))
    assert own.has_moment(moment)
    assert own.mask(f"at {moment}.") == "at …."


@pytest.mark.parametrize(
    "value",
    ["2026-01-02 12:06", "2026-01-02 11:54", "2026-01-02 25:00:00", "2026-01-02", "12:00", 5, None],
)
def test_other_values_are_no_moments_of_the_run(value):
    own = OwnValues(frozenset(), BEGAN, BEGAN)
    assert not own.has_moment(value)
    assert own.mask(f"at {value}.") == f"at {value}."


def test_without_a_time_there_are_no_moments():
    assert OwnValues().mask("at 2026-01-02 12:00") == "at 2026-01-02 12:00"
    assert not OwnValues().has_moment("2026-01-02 12:00")


def test_a_run_has_the_ids_of_its_messages_but_not_of_its_flow():
    messages = {"message": Message("message", "Sunny.")}
    run = Run("flow", "sync", RunStatus.COMPLETED, messages=messages, session_id="flow")
    one = record(run=run, id="run", job_id="job", session_id="session", flow_id="flow")
    assert own_values(one).ids == {"run", "job", "session", "message"}


LONG = "console-0123456789ab"


def fingerprint(value="Sunny.", kind=OutputKind.DATA, *, minutes=0, status="completed", **changes):
    """Return the fingerprint of a run with one output."""
    outputs = {"C-1": Output("C-1", kind, value)}
    messages = {id: Message(id, "Sunny.") for id in changes.pop("messages", ())}
    run = Run("flow", "sync", RunStatus(status), outputs=outputs, messages=messages)
    return of(run, minutes, **changes)


def of(run, minutes=0, **changes):
    started = NOW + timedelta(minutes=minutes)
    times = {"created_at": started, "ended_at": started + timedelta(seconds=2)}
    status = run.status if run else RunStatus.FAILED
    return fingerprint_result(record(run=run, status=status, **times, **changes))


@pytest.mark.parametrize(
    "value",
    ["Sunny.", ["a", None, 1.5], {"b": 1, "a": 2}, b"\x89PNG", "\ud800", 3, [{"x": b"1"}] * 3_000],
)
def test_equal_outputs_have_one_fingerprint(value):
    """Of any type, in runs at other times."""
    copy = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert fingerprint(value) == fingerprint(copy, minutes=90, id="b", job_id="another")
    assert len(fingerprint(value)) == 32


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sunny.", "Sunny!"),
        ("1", 1),
        ([1, 2], [2, 1]),
        (b"a", b"b"),
        (["a" * 1_500_000], ["a" * 1_499_999 + "b"]),
        ([{"x": 1}] * 4_000, [{"x": 1}] * 4_001),
        (None, ""),
    ],
)
def test_other_outputs_have_another_fingerprint(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_the_kind_the_status_and_the_names_of_outputs_count():
    run = Run("flow", "sync", RunStatus.COMPLETED, outputs={"C-1": Output("C-1", "data", "x")})
    fingerprints = {
        of(run),
        of(replace(run, outputs={"C-1": Output("C-1", "message", "x")})),
        of(replace(run, outputs={"C-2": Output("C-2", "data", "x")})),
        of(replace(run, status=RunStatus.CANCELLED)),
        of(replace(run, outputs={})),
        of(None),
    }
    assert len(fingerprints) == 6


def test_named_outputs_of_a_component_count():
    def with_part(value):
        part = Output("C-1", OutputKind.DATA, value)
        output = Output("C-1", OutputKind.DATA, "x", parts={"second": part})
        return of(Run("flow", "sync", RunStatus.COMPLETED, outputs={"C-1": output}))

    assert with_part(1) != with_part(2)


def test_the_order_in_which_components_ended_does_not_count():
    one, other = (Output(name, OutputKind.DATA, name) for name in ("A", "B"))
    run = Run("flow", "sync", RunStatus.COMPLETED, outputs={"A": one, "B": other})
    assert of(run) == of(replace(run, outputs={"B": other, "A": one}))


@pytest.mark.parametrize(
    ("name", "value"), [("session_id", LONG), ("job_id", "4" * 32), ("id", "5" * 32)]
)
def test_ids_of_the_run_in_its_outputs_do_not_count(name, value):
    """Neither alone nor within a text."""
    text = {"here": "{}", "link": "see /sessions/{}/messages"}
    other = f"{value[:-1]}x"
    one = fingerprint({key: each.format(value) for key, each in text.items()}, **{name: value})
    assert one == fingerprint(
        {key: each.format(other) for key, each in text.items()}, **{name: other}
    )
    assert one != fingerprint({key: each.format("-") for key, each in text.items()})


@pytest.mark.parametrize("before", [0, 999_990, 1_999_990])
@pytest.mark.parametrize("kind", ["session_id", "moment"])
def test_ids_and_times_do_not_count_anywhere_in_a_long_text(kind, before):
    """An id of another length moves what follows it."""
    moments = [f"{NOW + timedelta(minutes=n):{form}}" for n, form in ((0, "%F %T"), (90, "%FT%TZ"))]
    own = [LONG, f"{LONG}-and-more"] if kind == "session_id" else moments
    texts = [f"{'x' * before}{value}{'y' * 1_000_005}" for value in own]
    ids = [{"session_id": value} if kind == "session_id" else {} for value in own]
    one = fingerprint(texts[0], **ids[0])
    assert one == fingerprint(texts[1], minutes=90, **ids[1])
    assert one != fingerprint(texts[1])


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%S.%f", "%FT%TZ"])
def test_times_of_the_run_in_its_outputs_do_not_count(form):
    rows = [[{"at": (NOW + timedelta(minutes=n)).strftime(form)}] for n in (0, 90)]
    assert fingerprint(rows[0]) == fingerprint(rows[1], minutes=90)
    assert fingerprint(rows[0]) != fingerprint(rows[1])


def test_a_file_is_identified_by_its_name_and_size():
    """Its id and path are new in each run."""
    one, same, larger = (
        fingerprint(FileRef("plan.txt", id=id, path=f"/{id}/plan.txt", size=size))
        for id, size in (("a", 3), ("b", 3), ("c", 4))
    )
    assert one == same
    assert one != larger


def test_errors_count_by_their_cause():
    def failed(message):
        return of(Run("flow", "sync", RunStatus.FAILED, errors=(RunError(message),)))

    no_key = (
        "{}OpenAI API key is required when using OpenAI provider. Please provide it in the "
        "component or configure it globally as OPENAI_API_KEY."
    )
    assert failed("Boom") == failed("Boom")
    assert failed("Boom") != failed("Bang")
    assert failed(no_key.format("")) == failed(no_key.format("Error building Agent: \n\n"))


def test_an_error_counts_once_also_as_an_output():
    """In the background, Langflow returns it as the output of its component as well."""
    output = Output("C-1", OutputKind.ERROR, "Boom")
    run = Run("flow", "sync", RunStatus.FAILED, errors=(RunError("Boom"),))
    assert of(run) == of(replace(run, outputs={"C-1": output}))
    assert of(run) != of(replace(run, outputs={"C-1": replace(output, value="Bang")}))


def test_a_run_that_could_not_be_executed_is_identified_by_its_problem():
    one, other = (RecordProblem(f"No {word}.") for word in ("answer", "key"))
    assert of(None, problem=one) == of(None, problem=replace(one, hint="Try again."))
    assert of(None, problem=one) != of(None, problem=other)


def test_an_unfinished_run_has_no_fingerprint():
    assert fingerprint_result(record(status=RunStatus.IN_PROGRESS)) is None
