"""Runs to compare."""

from datetime import timedelta

import pytest

from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.compare_pages import NOW
from tests.ui.support.whole_pages import ONE, add_ended_run


@pytest.fixture
def create_run(langflow_stand_in):
    """Create ended runs of the stand-in's flow."""
    created = []

    def make(overrides=None, outputs=(), *, seconds=None, not_run=(), usage=None, **more):
        number = len(created) + 1
        found = {output.component_id: output for output in outputs}
        components = {
            "ChatInput-a": ComponentRun(
                "ChatInput-a", ComponentState.DONE, "Chat Input", seconds, usage=usage
            )
        }
        run = Run(
            more.get("flow_id", ONE),
            "sync",
            RunStatus.COMPLETED,
            outputs=found,
            not_run=not_run,
            components=components if seconds else {},
        )
        record = add_ended_run(
            langflow_stand_in.url,
            **{
                "id": f"{number:032x}",
                "submit_token": f"c{number}",
                "overrides": overrides or {},
                "created_at": NOW,
                "ended_at": NOW + timedelta(seconds=number),
                "run": run,
                **more,
            },
        )
        created.append(record)
        return record

    return make
