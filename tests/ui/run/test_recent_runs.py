"""The list of a flow's latest runs."""

from datetime import timedelta

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.support.pictures import image_file
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_ended_run,
    add_running_run,
    make_record,
    open_app,
    page_text,
)


def rows(app):
    return [button.label for button in app.button if (button.key or "").startswith("open-")]


def test_the_runs_of_the_chosen_flow_are_listed_with_what_came_out(langflow_stand_in):
    url = langflow_stand_in.url
    output = Output("B", OutputKind.MESSAGE, "Lisbon in spring", display_name="Chat Output")
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"B": output})
    now = make_record(url).created_at
    for number, flow in enumerate((ONE, ONE, TWO)):
        more = {"run": run, "input_summary": (("", f"city {number}"),), "flow_id": flow}
        started = now - timedelta(minutes=number)
        add_ended_run(
            url, id=f"{number}" * 32, submit_token=f"{number}", created_at=started, **more
        )
    first, second = rows(open_app(flow=ONE))
    assert first.startswith("**city 0** :gray[just now")
    assert first.endswith(":small[Lisbon in spring]")
    assert second.startswith("**city 1** :gray[1 min ago")


def test_without_inputs_the_answer_is_the_first_line(langflow_stand_in):
    output = Output("B", OutputKind.MESSAGE, "Lisbon", display_name="Chat Output")
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"B": output})
    add_ended_run(langflow_stand_in.url, run=run, input_summary=())
    (row,) = rows(open_app(flow=ONE))
    assert row.startswith("**Lisbon** :gray[")
    assert ":small" not in row


def test_only_runs_that_are_not_completed_show_their_status(langflow_stand_in):
    for number, status in enumerate((RunStatus.FAILED, RunStatus.COMPLETED)):
        more = {"id": f"{number}" * 32, "submit_token": f"{number}", "status": status}
        add_ended_run(langflow_stand_in.url, **more)
    listed = rows(open_app(flow=ONE))
    assert sum("Failed" in row for row in listed) == 1
    assert "Completed" not in "".join(listed)


def test_a_star_is_marked(langflow_stand_in):
    run = Run(
        ONE, "sync", RunStatus.COMPLETED, outputs={"B": Output("B", OutputKind.MESSAGE, "12 rows")}
    )
    record = add_ended_run(langflow_stand_in.url, run=run, input_summary=(("", "oats"),))
    app_context().runner.history.set_starred([record.owner], record.id, True)
    assert rows(open_app(flow=ONE))[0].endswith(":small[★ 12 rows]")


def test_a_run_is_refreshed_until_its_end_is_saved(langflow_stand_in, browser):
    """What came out is stored a moment after the status is known."""
    runner = app_context().runner
    run = add_running_run(langflow_stand_in.url, worker=runner._registry.id)
    runner.store.create(run)
    output = Output("B", OutputKind.MESSAGE, "Lisbon in spring")
    ended = Run(ONE, "background", RunStatus.COMPLETED, outputs={"B": output})
    more = {"run": ended, "ended_at": run.created_at}
    record = runner._cache.change(run.id, status=RunStatus.COMPLETED, **more)
    browser.open(flow=ONE)
    (row,) = rows(browser.page)
    assert "Running" not in row
    assert runner.store.update(record, with_response=True)
    browser.tick()
    (row,) = rows(browser.page)
    assert row.startswith("**Lisbon in spring**")
    assert not browser.timers


def test_a_flow_without_runs_says_so(langflow_stand_in):
    add_ended_run(langflow_stand_in.url, flow_id=TWO)
    assert "No runs of this flow yet" in page_text(open_app(flow=ONE))


def test_a_run_that_returned_an_image_is_listed_with_its_thumbnail(langflow_stand_in):
    output = Output("B", OutputKind.IMAGE, image_file())
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs={"B": output})
    add_ended_run(langflow_stand_in.url, run=run)
    (row,) = rows(open_app(flow=ONE))
    assert "![Image](data:image/webp;base64," in row
