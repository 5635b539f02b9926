"""Examples: presets that fill the presented form at a click."""

from lfclient.console.form.uploads import Upload
from pages._ui.state.present import ENTERED, Entered
from tests.ui.present.support import present, present_as_presenter, store, stored
from tests.ui.support.preset_pages import enter, owner, presets, store_preset, value
from tests.ui.support.whole_pages import ONE, button_labels, page_text, press


def test_an_example_fills_the_form_and_keeps_what_it_does_not_name():
    store_preset("Base", default=True, n=9)
    store(examples=(store_preset("Short", p="of the example").id,))
    app = press(present(), "Short")
    assert (value(app), value(app, "n")) == ("of the example", "9")
    assert value(app.run()) == "of the example"


def test_an_example_keeps_the_values_of_the_run_page_that_are_not_shown():
    example = store_preset("Short", p="of the example")
    store(examples=(example.id,), inputs={"T-a.p": {}})
    entered = Entered(ONE, {"T-a.n": 7, "T-a.p": "x"})
    app = press(present_as_presenter(session_state={ENTERED.key: entered}), "Short")
    state = app.session_state["forms"][example.owner, ONE, "present"]
    assert state.overrides() == {"T-a.n": 7, "T-a.p": "of the example"}


def test_an_example_cancels_the_uploads_that_it_replaces():
    example = store_preset("Short", p="of the example")
    store(examples=(example.id,))
    app = present()
    upload = Upload("a.txt", 1)
    state = app.session_state["forms"][example.owner, ONE, "present"]
    state.entries.uploads["T-a.p"] = [upload]
    press(app, "Short")
    assert upload._dropped
    assert state.replaced is None


def test_only_presets_marked_as_examples_are_offered():
    first, _ = store_preset("One", p="1"), store_preset("Two", p="2")
    store(examples=(first.id, "deleted"))
    assert button_labels(present()) == ["Full screen", "Leave full screen", "One", "Run"]


def test_an_example_that_is_deleted_meanwhile_is_reported_and_changes_nothing():
    example = store_preset("Short", p="of the example")
    store(examples=(example.id,))
    app = present()
    app.text_input[0].set_value("typed").run()
    presets().delete(example.owner, example.id)
    app = press(app, "Short")
    assert value(app) == "typed"
    assert "This example was deleted." in app.error[0].value.replace("\\", "")


def test_examples_are_chosen_in_the_editor():
    example = store_preset("Short", p="x")
    app = press(present_as_presenter(), "Edit")
    assert "Fill in an example" not in page_text(app)
    app.multiselect(key="present-edit-examples").set_value([example.id]).run()
    assert "Short" in button_labels(app)
    assert "Fill in an example" in page_text(app)  # it does not run
    press(app, "Save")
    assert stored(ONE).content["examples"] == [example.id]


def add_example(app, name):
    app.text_input(key="present-edit-example-name").set_value(name)
    return press(app, "Add example")


def test_the_values_of_the_view_become_an_example_in_the_editor():
    store_preset("Base", default=True, n=9)
    app = press(present_as_presenter(), "Edit")
    enter(app, "Kyoto")
    app = add_example(app, "To Kyoto")
    assert "To Kyoto" in button_labels(app)
    assert value(app) == "Kyoto"
    enter(app, "Oslo")
    assert value(press(app, "To Kyoto")) == "Kyoto"
    press(app, "Save")
    (example,) = stored(ONE).content["examples"]
    assert presets().get(owner(), example).values == {"T-a.p": "Kyoto", "T-a.n": 9}


def test_why_an_example_was_not_added_is_said_above_its_button():
    store_preset("Mine", p="x")
    app = press(present_as_presenter(), "Edit")
    assert next(each for each in app.button if each.label == "Add example").disabled
    assert "To add an example, first change an input in the preview." in page_text(app)
    enter(app, "Kyoto")
    assert "To add an example" not in page_text(app)
    app = add_example(app, "Mine")
    drawn = [each for each in app.main if each.type in ("button", "error")]
    labels = [each.label if each.type == "button" else each.value for each in drawn]
    place = labels.index("Add example")
    assert "A preset named “Mine” already exists" in labels[place - 1]
    assert value(app) == "Kyoto"
