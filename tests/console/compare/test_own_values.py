"""When values are equal: the ids and times of runs do not count."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.compare.equality import OwnValues, normalize, own_values
from lfclient.runs.components import Message
from lfclient.runs.model import Run, RunStatus
from tests.support.store_records import record

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
        "2026-01-02 12:00", "2026-01-02T12:00:03.123456789", "2026-01-02 12:00:03,5 UTC",
        "2026-01-02 12:00:03 +00:00", "2026-01-02T13:30:00+0130", "2026-01-03T02:00:00+14:00",
        "2026-01-01T23:59:00-12:00", "2026-01-02T11:55:00Z", "2026-01-02T12:05:05Z",
    ],
)  # fmt: skip
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
