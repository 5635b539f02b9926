"""Which flow the page opens with."""

from datetime import timedelta

import pytest

from lfclient.console.store.errors import StoreError
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, TWO, add_ended_run, make_record, open_app

THREE = "33333333-3333-4333-8333-333333333333"


def title(app) -> str:
    return next(each.value for each in app.title)


def test_the_page_opens_with_the_flow_that_was_run_last(langflow_stand_in):
    langflow_stand_in.set_flows(flow(ONE, "A"), flow(TWO, "B"))
    now = make_record(langflow_stand_in.url).created_at
    for number, flow_id in enumerate((THREE, TWO, ONE)):  # the flow of the latest run is deleted
        more = {"id": f"{number}" * 32, "submit_token": f"{number}", "flow_id": flow_id}
        created_at = now - timedelta(minutes=number)
        add_ended_run(langflow_stand_in.url, created_at=created_at, **more)
    assert title(open_app()) == "B"
    assert title(open_app(flow=ONE)) == "A"


@pytest.mark.parametrize("is_broken", [False, True], ids=["deleted", "store fails"])
def test_the_page_opens_with_the_first_flow_if_the_last_one_is_unknown(
    langflow_stand_in, monkeypatch, is_broken
):
    def fail(*_, **__):
        raise StoreError("The database is locked.")

    langflow_stand_in.set_flows(flow(ONE, "A"), flow(TWO, "B"))
    add_ended_run(langflow_stand_in.url, flow_id=TWO if is_broken else THREE)
    if is_broken:
        monkeypatch.setattr(app_context().runner.history, "page", fail)
    assert title(open_app()) == "A"
