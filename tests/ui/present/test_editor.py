"""The editor of a presentation: its preview follows it, and nothing typed is lost."""

import pytest

from tests.ui.present.support import inputs, present, present_as_presenter, store, stored
from tests.ui.support.preset_pages import open_page
from tests.ui.support.whole_pages import ONE, TWO, button_labels, page_text, press


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the stand-in for every test."""


def edit(browser="b"):
    """Open the Present view from the Run page, and its editor."""
    return press(present_as_presenter(browser), "Edit")


def title(app):
    return app.text_input(key="present-edit-title")


def test_the_run_page_opens_the_view_and_the_view_returns_to_it():
    app = press(open_page(flow=ONE), "Present")
    assert dict(app.query_params) == {"view": "present", "flow": ONE}
    app = present_as_presenter()
    assert {"Edit", "Exit", "Run"} <= set(button_labels(app))
    assert dict(press(app, "Exit").query_params) == {"flow": ONE}


def test_somebody_who_opened_the_address_can_neither_edit_nor_leave():
    assert not {"Edit", "Exit"} & set(button_labels(present()))


def test_what_is_typed_is_shown_at_once_and_saved_by_save():
    app = edit()
    title(app).set_value("A *new* title").run()
    assert app.title[0].value == r"A \*new\* title"
    assert stored().version == 0
    app = press(app, "Save")
    assert stored().content["title"] == "A *new* title"
    assert present().title[0].value == r"A \*new\* title"


def test_inputs_are_shown_in_the_chosen_order_with_own_labels_and_help():
    store(inputs={"T-a.n": {"label": "How many", "help": "A number"}, "T-a.p": {}})
    app = present()
    assert inputs(app) == ["How many", "p"]
    assert "A number" in page_text(app)


def test_an_input_can_be_moved_and_hidden():
    app = edit()
    app.session_state["present-edit-open-T-a.n"] = True
    app = press(app.run(), "Up")
    assert inputs(app) == ["n", "p"]
    app.multiselect(key="present-edit-inputs").set_value(["T-a.n"]).run()
    assert inputs(app) == ["n"]
    app = press(app, "Save")
    assert [each["key"] for each in stored().content["inputs"]] == ["T-a.n"]


def test_a_secret_can_not_be_shown():
    app = edit()
    assert "s" not in app.multiselect(key="present-edit-inputs").options
    store(inputs={"T-a.s": {}})
    assert inputs(present()) == []


def test_an_input_that_the_flow_no_longer_has_is_left_out():
    store(inputs={"T-a.gone": {}, "T-a.p": {}})
    assert inputs(present()) == ["p"]
    assert not edit().exception


def test_a_closed_input_keeps_its_label():
    app = edit()
    app.session_state["present-edit-open-T-a.p"] = True
    app.run().text_input(key="present-edit-label-T-a.p").set_value("City").run()
    app.session_state["present-edit-open-T-a.p"] = False
    assert inputs(app.run().run()) == ["City", "n"]


def test_the_second_of_two_editors_is_told_and_keeps_what_they_typed():
    app = edit()
    title(app).set_value("Mine").run()
    store(title="Theirs")
    app = press(app, "Save")
    assert "Somebody else has saved this presentation" in page_text(app)
    assert (title(app).value, stored().content["title"]) == ("Mine", "Theirs")
    app = press(app, "Overwrite")
    assert stored().content["title"] == "Mine"
    assert "Somebody else" not in page_text(app)


def test_the_second_of_two_editors_can_use_what_the_first_saved():
    app = edit()
    title(app).set_value("Mine").run()
    store(title="Theirs")
    app = press(press(app, "Save"), "Use theirs")
    assert title(app).value == "Theirs"
    press(app, "Save")
    assert stored().version == 2


def test_unsaved_settings_are_found_again_after_a_reload():
    title(edit()).set_value("Unsaved").run()
    assert title(edit()).value == "Unsaved"
    press(edit(), "Discard")
    assert title(edit()).value == ""


def test_an_unsaved_edit_is_not_shown_to_others():
    title(edit()).set_value("Unsaved").run()
    assert present().title[0].value == "Fields"
    assert present(TWO).title[0].value == "Other"
