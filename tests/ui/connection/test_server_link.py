"""The server in the upper corner of the pages."""

import pytest

from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app

PAGES = ("run", "chat", "history", "compare", "connection")


def server_links(app):
    """Return the labels of the links to the Connection page."""
    links = [each.proto for each in app.main.get("page_link")]
    return [link.label.replace("\\", "") for link in links if link.help == "Servers and keys"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_its_server_and_release(langflow_stand_in, page):
    langflow_stand_in.set_flows(flow(ONE, "Echo"))
    app = open_app(f"pages/{page}.py")
    [label] = server_links(app)
    assert label.endswith(" · Langflow 1.13.0")
    assert not app.exception


@pytest.mark.parametrize("page", ["history", "compare"])
def test_a_page_of_stored_runs_names_its_server_while_it_is_unreachable(langflow_stand_in, page):
    add_ended_run(langflow_stand_in.url)
    langflow_stand_in.answers["GET /api/v1/version"] = (503, {"detail": "down"})
    app = open_app(f"pages/{page}.py")
    [label] = server_links(app)
    assert "Langflow 1" not in label
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_no_server_is_named_without_one(page):
    app = open_app(f"pages/{page}.py")
    assert server_links(app) == []
    assert not app.exception
