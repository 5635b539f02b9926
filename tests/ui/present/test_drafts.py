"""Unsaved settings of a presentation are kept for the browser that entered them."""

import streamlit as st

from pages._ui.present import view
from tests.ui.present.support import present, store
from tests.ui.present.test_editor import edit, title
from tests.ui.support.whole_pages import TWO


def test_unsaved_settings_are_found_again_after_a_drawing_that_was_cut_short(monkeypatch):
    app = edit()
    with monkeypatch.context() as patch:
        patch.setattr(view, "draw_head", lambda *_: st.stop())
        title(app).set_value("Unsaved").run()
    assert title(edit()).value == "Unsaved"


def test_an_unsaved_edit_is_not_shown_to_others():
    title(edit()).set_value("Unsaved").run()
    assert present().title[0].value == "Fields"
    assert present(TWO).title[0].value == "Other"


def test_an_editor_without_changes_leaves_no_draft():
    app = edit()
    title(app).set_value("Mine").run()
    title(app).set_value("").run()
    store(title="Theirs")
    assert title(edit()).value == "Theirs"
