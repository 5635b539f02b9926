"""Runs to compare."""

from datetime import timedelta

import pytest

from tests.ui.support.compare_pages import NOW, run_values
from tests.ui.support.whole_pages import add_ended_run


@pytest.fixture
def create_run(langflow_stand_in):
    """Create ended runs of the stand-in's flow; the second takes two seconds, and so on."""
    created = []

    def make(*arguments, **more):
        number = len(created) + 1
        more = {"ended_at": NOW + timedelta(seconds=number), **more}
        record = add_ended_run(langflow_stand_in.url, **run_values(number, *arguments, **more))
        created.append(record)
        return record

    return make
