"""The labels of statuses, shared by all pages and the report."""

from __future__ import annotations

from types import SimpleNamespace

from lfclient.console.wording.statuses import component_state_label, run_status_label, status_name
from lfclient.runs.components import ComponentState
from lfclient.runs.model import RunStatus


def run(status, mode, attempts=1):
    return SimpleNamespace(status=status, mode=mode, attempts=attempts)


def test_every_status_has_its_own_label_with_a_capital():
    for labels in (
        [status_name(status) for status in RunStatus],
        [component_state_label(state, ended=False) for state in ComponentState],
    ):
        assert len(set(labels)) == len(labels)
        assert labels == [label.capitalize() for label in labels]


def test_only_the_wait_for_a_synchronous_run_is_stopped():
    assert run_status_label(run(RunStatus.CANCELLED, "sync")) == "Stopped waiting"
    assert run_status_label(run(RunStatus.CANCELLED, "background")) == "Stopped"


def test_a_synchronous_run_that_was_not_sent_is_stopped():
    assert run_status_label(run(RunStatus.CANCELLED, "sync", attempts=0)) == "Stopped"


def test_a_component_that_waited_until_the_end_did_not_run():
    assert component_state_label(ComponentState.WAITING, ended=True) == "Not run"
    assert component_state_label(ComponentState.UNKNOWN, ended=True) == "Unknown"
