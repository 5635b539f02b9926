"""Wide results that take the width of the window."""

from uuid import uuid4

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import (
    ONE,
    add_ended_run,
    add_running_run,
    button_labels,
    lacks,
    open_app,
    press,
)

WIDE = [{f"column {number}": number for number in range(19)}]


def result(kind=OutputKind.TABLE, value=WIDE):
    return Run(ONE, "sync", RunStatus.COMPLETED, outputs={"A": Output("A", kind, value)})


def add_run(url, *output):
    more = {"id": uuid4().hex, "submit_token": uuid4().hex, "run": result(*output)}
    return add_ended_run(url, **more)


def test_only_a_wide_result_offers_the_width_of_the_window(langflow_stand_in):
    app = open_app(run=add_run(langflow_stand_in.url).id)
    assert "Full width" in button_labels(app)
    app = open_app(run=add_run(langflow_stand_in.url, OutputKind.MESSAGE, "Hi").id)
    assert "Full width" not in button_labels(app)


def test_a_running_run_offers_no_width(langflow_stand_in):
    app = open_app(run=add_running_run(langflow_stand_in.url, run=result()).id)
    assert lacks(app, "Full width", shows="Running")


def test_the_order_of_the_page_is_that_of_the_screen(langflow_stand_in):
    """The keyboard and screen readers go by it."""
    app = open_app(run=add_run(langflow_stand_in.url).id)
    form, result = "Run", "Close"
    labels = button_labels(app)
    assert labels.index(form) < labels.index(result)
    labels = button_labels(press(app, "Full width"))
    assert labels.index(result) < labels.index(form)
    labels = button_labels(press(app, "Leave full width"))
    assert labels.index(form) < labels.index(result)
