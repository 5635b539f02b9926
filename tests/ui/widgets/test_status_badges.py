"""The status of a run, the same on every page."""

from types import SimpleNamespace

import pytest

from lfclient.runs.model import RunStatus
from pages._ui.widgets.status_badges import (
    COMPONENT_STYLES,
    STATUS_STYLES,
    filter_text,
    markdown_badge,
    status_text,
)


def run(status):
    return SimpleNamespace(status=status, mode="sync", attempts=1)


def test_each_status_has_a_text_of_its_own_with_a_symbol():
    texts = {filter_text(status) for status in RunStatus}
    assert len(texts) == len(RunStatus) == len(STATUS_STYLES)
    assert status_text(run(RunStatus.COMPLETED)) == "✓ Completed"


def test_no_symbol_is_an_emoji_that_some_machines_lack():
    styles = [*STATUS_STYLES.values(), *COMPONENT_STYLES.values()]
    assert not {style.symbol for style in styles} & {"✋", "⏱"}


@pytest.mark.parametrize("status", RunStatus)
def test_a_badge_has_the_text_of_the_table(status):
    assert markdown_badge(run(status)).endswith(f"-badge[{status_text(run(status))}]")


def test_a_stopped_synchronous_run_only_stopped_waiting():
    stopped = run(RunStatus.CANCELLED)
    assert markdown_badge(stopped) == ":orange-badge[■ Stopped waiting]"
    stopped.mode = "background"
    assert markdown_badge(stopped) == ":orange-badge[■ Stopped]"
