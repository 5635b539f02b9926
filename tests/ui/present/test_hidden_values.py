"""Values of inputs that are not shown: the editor says which only the presenter's tab has."""

from dataclasses import replace

from lfclient.console.store.errors import StoreError
from lfclient.console.store.presets import PresetStore
from pages._ui.state.present import ENTERED, Entered
from tests.ui.present.support import present_as_presenter, store
from tests.ui.support.preset_pages import (
    enter,
    presets,
    store_preset,
    stored_presets,
    value,
)
from tests.ui.support.whole_pages import ONE, page_text, press

KEY = "sk-configured-key"


def edit_with_hidden_value(**address):
    """Open the editor with a value of the Run page for an input that is not shown."""
    store(inputs={"T-a.p": {}})
    entered = Entered(ONE, "the flow's values", {"T-a.n": 7, "T-a.p": "x"})
    app = present_as_presenter(session_state={ENTERED.key: entered}, **address)
    return press(press(app, "Use the values of the Run page"), "Edit")


ONLY_TAB = "Only your tab has these values. Your audience does not get them: - n (T): 7"
LEFT_OUT = "*Save* leaves out values that only your tab has"


def words(app):
    """Return the text of the page without line breaks."""
    return " ".join(page_text(app).split())


def test_a_value_of_the_run_page_that_the_audience_does_not_get_is_named_below_the_inputs():
    app = edit_with_hidden_value()
    assert "Inputs that are not shown use the values of the flow." in words(app)
    assert f"{ONLY_TAB} On the Run page, save them as the flow's default preset" in words(app)
    captions = [each.value for each in app.main if each.type in ("caption", "multiselect")]
    assert LEFT_OUT in captions[0]


def test_what_save_leaves_out_and_why_it_failed_stay_in_sight_with_it():
    app = edit_with_hidden_value()
    store(title="Theirs")
    bar = press(app, "Save").main.get_by_key("present-editor-bar")
    assert [each.label for each in bar.button] == ["Save", "Discard", "Overwrite", "Use theirs"]
    assert "Somebody else has saved this presentation" in bar.warning[0].value
    assert LEFT_OUT in bar.caption[0].value


def test_a_value_of_an_input_that_is_taken_out_of_the_presentation_is_named_alike():
    store(inputs={"T-a.p": {}, "T-a.n": {}})
    app = enter(press(present_as_presenter(), "Edit"), "7", "n")
    assert "Only your tab" not in page_text(app)
    app.multiselect(key="present-edit-inputs").set_value(["T-a.p"]).run()
    assert ONLY_TAB in words(app)
    assert "Inputs that are not shown use the values of the flow." in words(app)


def test_a_secret_within_a_value_that_only_the_presenter_has_is_not_shown(fields_server):
    store(inputs={"T-a.n": {}})
    entered = Entered(ONE, "the flow's values", {"T-a.p": f"the key is {KEY}"})
    app = present_as_presenter(session_state={ENTERED.key: entered})
    app = press(press(app, "Use the values of the Run page"), "Edit")
    assert "- p (T): the key is" in words(app)
    assert KEY not in page_text(app)


def test_values_that_the_preset_has_are_not_said_to_be_the_presenters_alone():
    app = edit_with_hidden_value(preset=store_preset("Mine", n=7).id)
    assert value(app) == "x"
    assert "Only your tab" not in page_text(app)
    assert "use the values of the preset “Mine”" in page_text(app)


def test_values_that_only_the_presenter_has_are_saved_in_the_preset_of_the_address():
    preset = store_preset("Mine", p="Porto")
    app = press(edit_with_hidden_value(preset=preset.id), "Save in “Mine”")
    (saved,) = stored_presets()
    assert saved.values == {"T-a.p": "Porto", "T-a.n": 7}
    assert "Only your tab" not in page_text(app)


def test_why_hidden_values_were_not_saved_is_said_above_their_button(monkeypatch):
    app = edit_with_hidden_value(preset=store_preset("Mine").id)

    def fail(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(PresetStore, "update", fail)
    app = press(app, "Save in “Mine”")
    drawn = [each for each in app.main if each.type in ("button", "error")]
    labels = [each.label if each.type == "button" else each.value for each in drawn]
    assert "The disk is full" in labels[labels.index("Save in “Mine”") - 1]


def test_why_hidden_values_were_not_saved_is_said_once_if_none_are_left():
    """Another presenter has saved the same value in the preset meanwhile."""
    preset = store_preset("Mine", p="Porto")
    app = edit_with_hidden_value(preset=preset.id)
    presets().update(replace(preset, values={**preset.values, "T-a.n": 7}))
    app = press(app, "Save in “Mine”")
    assert "Only your tab" not in page_text(app)
    assert "Somebody else has changed the preset “Mine”" in page_text(app)
    assert "Somebody else" not in page_text(app.run())
