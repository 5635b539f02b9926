"""Drafts belong to one browser and survive a restart of the console."""

import streamlit as st

from lfclient.flows.run_inputs import SECRET_HINT
from pages._ui.connection.app_context import app_context
from pages._ui.form import json_editor
from pages._ui.state.browser import drafts
from tests.ui.support.preset_pages import choose, enter, open_page, store_preset, value
from tests.ui.support.whole_pages import page_text, press


def restart():
    """Write all drafts, then forget everything that is not on disk."""
    app_context()
    drafts().flush()
    st.cache_resource.clear()


def test_a_restarted_console_finds_the_draft_of_the_same_browser(fields_server):
    enter(open_page(), "typed", n="many")
    restart()
    app = open_page()
    assert (value(app), value(app, "n")) == ("typed", "many")
    assert value(open_page("c")) == "x"
    enter(app, "x", n="5")
    restart()
    assert (value(open_page()), value(open_page(), "n")) == ("x", "5")


def test_the_connections_key_reaches_no_draft(fields_server):
    """Pasted into a text, a number, or the JSON of the overrides."""
    key = "sk-configured-key"
    app = enter(open_page(), f"my key is {key}", n=key)
    assert value(app) == f"my key is {key}"
    state = app.session_state["forms"][next(k for k in app.session_state["forms"])]
    state.json_text = f'{{"T-a.p": "{key}'
    state.save()
    folder = app_context().settings.data_dir
    restart()
    written = b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
    assert key.encode() not in written
    assert value(open_page()) == "x"


def test_overrides_as_json_that_were_only_looked_at_block_no_run_after_a_reload(fields_server):
    app = enter(open_page(), "typed")
    key = next(k for k in app.session_state["forms"])
    state = app.session_state["forms"][key]
    app.session_state[f"{state.key('form-json')}-panel"] = True
    app.run()
    assert "typed" in app.text_area(key=f"{state.key('form-json')}-text").value
    restart()
    app = enter(open_page(), "typed again")
    state = app.session_state["forms"][key]
    json_editor.apply_pending(state)
    assert not state.json_error


def test_a_secret_is_not_saved_and_requested_at_its_field_until_it_is_entered(fields_server):
    enter(open_page(), "typed-by-me", s="hunter2-hunter2")
    folder = app_context().settings.data_dir
    restart()
    written = b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
    assert b"typed-by-me" in written
    assert b"hunter2" not in written
    assert b"b" * 43 not in written
    for _ in range(2):
        app = open_page()
        assert (value(app), value(app, "s")) == ("typed-by-me", "")
        assert SECRET_HINT in page_text(app)
    app = enter(app, "hunter3-hunter3", "s")
    assert SECRET_HINT not in page_text(app)
    preset = store_preset(p="of the preset")
    app = choose(open_page(), preset)
    assert value(app) == "of the preset"
    assert value(press(app, "Restore my input")) == "typed-by-me"


def test_a_console_that_saves_no_inputs_keeps_drafts_for_reloads_only(fields_server, monkeypatch):
    monkeypatch.setenv("LFCONSOLE_KEEP_INPUTS", "false")
    enter(open_page(), "typed-by-me")
    assert value(open_page()) == "typed-by-me"
    folder = app_context().settings.data_dir
    restart()
    assert b"typed-by-me" not in b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
    assert value(open_page()) == "x"
