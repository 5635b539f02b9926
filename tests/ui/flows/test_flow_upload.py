"""Adding flows from a file."""

import pytest

from pages._ui.app import upload_quota
from tests.support.flows import node
from tests.ui.support.add_flow_dialog import draw_dialog
from tests.ui.support.flow_pages import (
    AGENT,
    UPLOAD,
    choose_file,
    create_on_upload,
    offer,
    open_upload,
    shown_flow,
    uploaded,
    was_added,
)
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press


@pytest.fixture(autouse=True)
def _offer(langflow_stand_in):
    offer(langflow_stand_in)


def test_a_file_shows_what_it_contains_before_it_is_added(langflow_stand_in):
    app = choose_file(open_upload(), {"flows": [AGENT, {**AGENT, "name": "Another"}]})
    assert "**Simple Agent** :gray[· 2 components · Needs: Model]" in page_text(app)
    assert "Another" in page_text(app)
    assert not uploaded(langflow_stand_in)
    create_on_upload(langflow_stand_in)
    app = press(app, "Add 2 flows")
    assert shown_flow(app) == TWO
    assert was_added()
    assert len(uploaded(langflow_stand_in)[0]) == 2
    assert not app.file_uploader


def test_a_flow_with_the_id_and_name_of_an_existing_one_becomes_a_copy(langflow_stand_in):
    app = choose_file(draw_dialog("Upload"), {**AGENT, "id": ONE, "name": "Echo"})
    assert "Name exists" in page_text(app)
    assert "Existing flows are not changed" in page_text(app)
    create_on_upload(langflow_stand_in)
    press(app, "Add a copy")
    ((sent,),) = uploaded(langflow_stand_in)
    assert "id" not in sent


def test_a_file_that_the_console_did_not_take_is_explained(langflow_stand_in, monkeypatch):
    monkeypatch.setattr(upload_quota, "refusal", lambda session_id: "A file was not uploaded: …")
    app = draw_dialog("Upload")
    assert "A file was not uploaded" in page_text(app)
    assert not app.exception


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", "damaged or encrypted"),
        ({**AGENT, "is_component": True}, "is a component, not a flow"),
    ],
)
def test_a_file_without_a_flow_is_refused(langflow_stand_in, content, message):
    app = choose_file(draw_dialog("Upload"), content, "**my** file.json")
    assert "**my** file.json was not added" in page_text(app)
    assert message in page_text(app)
    assert "Add" not in button_labels(app)


def test_a_flow_of_a_newer_release_is_marked():
    app = choose_file(draw_dialog("Upload"), {**AGENT, "last_tested_version": "1.99.0"})
    assert "Made with Langflow 1.99.0, but this server runs 1.13.0." in page_text(app)
    assert "Add" in button_labels(app)


def test_names_in_a_file_are_no_markup():
    app = choose_file(draw_dialog("Upload"), {**AGENT, "name": "**x** :red[y]\n- \u202ez"})
    (line,) = [each.value for each in app.markdown if "components" in each.value]
    assert line.startswith(r"- **\*\*x\*\* \:red\[y\] \- z**")


def test_a_large_flow_can_be_added(langflow_stand_in):
    nodes = [node(f"T-{number}") for number in range(2_000)]
    app = choose_file(draw_dialog("Upload"), {**AGENT, "data": {"nodes": nodes, "edges": []}})
    assert "2,000 components" in page_text(app)
    create_on_upload(langflow_stand_in)
    press(app, "Add")
    assert len(uploaded(langflow_stand_in)[0][0]["data"]["nodes"]) == 2_000


def test_a_long_project_is_listed_in_part():
    app = choose_file(draw_dialog("Upload"), {"flows": [AGENT] * 30})
    assert "- 10 more" in page_text(app)
    assert "Add 30 flows" in button_labels(app)


def test_a_refused_file_stays_chosen(langflow_stand_in):
    app = choose_file(open_upload(), AGENT)
    langflow_stand_in.answers[UPLOAD] = (413, {"detail": "Too large"})
    app = press(app, "Add")
    assert "larger than the server accepts" in page_text(app)
    langflow_stand_in.answers[UPLOAD] = (201, [{"id": TWO, "name": "New"}])
    create_on_upload(langflow_stand_in)
    assert shown_flow(press(app, "Add")) == TWO
