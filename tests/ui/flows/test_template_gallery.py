"""The gallery of the server's templates."""

import pytest

from pages._ui.connection import loading, request_cache
from tests.ui.support.flow_pages import (
    AGENT,
    TEMPLATES,
    UPLOAD,
    create_on_upload,
    draw_dialog,
    offer,
    open_dialog,
    shown_flow,
    was_added,
)
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press

HOSTILE = {
    **AGENT,
    "id": ONE,
    "name": "**Bold** :red[x] \u202egnp.exe",
    "description": "![x](http://evil.test/x.png)",
}


def titles(app):
    texts = (each.value for each in app.markdown if each.value.startswith("**"))
    return [text for text in texts if text != "**Message**"]  # a field of the form


def test_a_new_flow_is_chosen_although_its_list_is_slow(langflow_stand_in, monkeypatch):
    offer(langflow_stand_in, AGENT)
    app = open_dialog()
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 0.1)
    monkeypatch.setattr("pages._ui.flows.adding.FLOWS_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(loading, "POLL_SECONDS", 60)
    langflow_stand_in.hold("GET /api/v1/flows/")
    create_on_upload(langflow_stand_in)
    app = press(app, "Add")
    assert "Waiting for" in page_text(app)
    langflow_stand_in.release()
    monkeypatch.setattr(request_cache, "MAX_WAIT_SECONDS", 30)
    assert shown_flow(app.run()) == TWO


def test_templates_with_the_searched_name_come_first(langflow_stand_in):
    other = {**AGENT, "id": ONE, "name": "Vector Store RAG", "description": "Files"}
    offer(langflow_stand_in, {**AGENT, "description": "Uses a vector store"}, other)
    app = draw_dialog()
    assert titles(app)[0] != "**Vector Store RAG**"
    app.text_input(key="template-search").set_value("vector")
    assert titles(app.run())[0] == "**Vector Store RAG**"
    app.text_input(key="template-search").set_value("nothing")
    assert "No template found" in page_text(app.run())


def test_the_graph_is_drawn_on_request(langflow_stand_in):
    offer(langflow_stand_in, AGENT)
    app = press(draw_dialog(), "Preview")
    assert "Hide" in button_labels(app)
    assert "Preview" in button_labels(press(app, "Hide"))


def test_a_template_with_the_name_of_a_flow_is_added_as_a_copy(langflow_stand_in):
    offer(langflow_stand_in, {**AGENT, "name": "Echo"})
    assert "Add a copy" in button_labels(draw_dialog())


def test_texts_of_a_template_are_no_markup(langflow_stand_in):
    offer(langflow_stand_in, HOSTILE)
    app = draw_dialog()
    (title,) = titles(app)
    assert title == r"**\*\*Bold\*\* \:red\[x\] gnp\.exe**"
    assert "](http" not in " ".join(each.value for each in app.caption)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((403, {"detail": "Forbidden for you."}), "Forbidden for you"),
        ((200, {"not": "a list"}), "list of templates"),
        ((200, [{"name": "X", "data": None}]), "offers no templates"),
    ],
)
def test_templates_that_cannot_be_read_leave_the_rest_usable(langflow_stand_in, answer, message):
    langflow_stand_in.answers[TEMPLATES] = answer
    app = open_dialog()
    assert message in page_text(app)
    assert "Run" in button_labels(app)


def test_a_refused_template_is_an_error_in_the_dialog(langflow_stand_in):
    offer(langflow_stand_in, AGENT)
    app = draw_dialog()
    app.text_input(key="template-search").set_value("agent")
    langflow_stand_in.answers[UPLOAD] = (422, {"detail": "A component is blocked."})
    app = press(app.run(), "Add")
    assert "A component is blocked." in page_text(app)
    assert app.text_input(key="template-search").value == "agent"
    assert not was_added()


def test_a_template_that_is_gone_is_an_error_in_the_dialog(langflow_stand_in):
    offer(langflow_stand_in, AGENT)
    app = draw_dialog()
    offer(langflow_stand_in)
    assert "no longer offers this template" in page_text(press(app, "Add"))


def test_many_templates_are_listed_in_part(langflow_stand_in):
    offer(langflow_stand_in, *[AGENT] * 45)
    app = draw_dialog()
    assert len(titles(app)) == 40
    assert "5 more. Refine your search." in page_text(app)
