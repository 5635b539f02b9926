"""Drafts are bounded, each browser's own, and outlive the console."""

import streamlit as st
from streamlit.testing.v1 import AppTest

from pages._ui.backend import backend
from pages._ui.drafts import Drafts, drafts
from tests.ui.preset_pages import enter, fields_server, open_page, value
from tests.ui.whole_pages import APP, fresh_process

__all__ = ["fields_server", "fresh_process"]


def test_gives_back_a_copy():
    """What a session does to it changes nothing here."""
    kept = Drafts()
    kept.put(("b", "o", "f"), {"values": {"x": [1]}})
    kept.get(("b", "o", "f"))["values"]["x"].append(2)
    assert kept.get(("b", "o", "f")) == {"values": {"x": [1]}}
    assert kept.get(("c", "o", "f")) is None


def test_the_one_not_touched_for_longest_goes_first():
    """The number is bounded."""
    kept = Drafts(most=2)
    for name in "ab":
        kept.put((name, "o", "f"), {"values": name})
    kept.get(("a", "o", "f"))
    kept.put(("c", "o", "f"), {"values": "c"})
    assert kept.get(("b", "o", "f")) is None
    assert kept.get(("a", "o", "f")) == {"values": "a"}


def test_empty_and_very_large_ones_are_not_kept():
    """Neither fills the process's memory."""
    kept = Drafts(largest=20)
    key = ("b", "o", "f")
    kept.put(key, {"values": "x"})
    kept.put(key, {"values": {}})
    assert kept.get(key) is None
    kept.put(key, {"values": "x" * 50})
    assert kept.get(key) is None


def restarted():
    """Once all is written, a console that knows what is on disk and nothing else."""
    backend()
    if drafts()._behind:
        drafts()._behind.flush()
    st.cache_resource.clear()


def test_a_restarted_console_finds_what_was_typed(fields_server):
    """In the same browser only; and what was taken back is gone."""
    enter(enter(open_page(), "typed"), "many", "n")
    restarted()
    app = open_page()
    assert (value(app), value(app, "n")) == ("typed", "many")
    assert value(open_page("c")) == "x"
    enter(enter(app, "x"), "5", "n")
    restarted()
    assert (value(open_page()), value(open_page(), "n")) == ("x", "5")


def test_neither_a_secret_nor_a_cookie_reaches_the_disk(fields_server):
    """Beside what was typed, which does."""
    enter(enter(open_page(), "typed-by-me"), "hunter2-hunter2", "s")
    folder = backend().settings.data_dir
    restarted()
    written = b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
    assert b"typed-by-me" in written
    assert b"hunter2" not in written
    assert b"b" * 43 not in written


def test_a_console_that_keeps_no_inputs_writes_no_drafts(fields_server, monkeypatch):
    """They are there for a reload only."""
    monkeypatch.setenv("LFCONSOLE_KEEP_INPUTS", "false")
    enter(open_page(), "typed-by-me")
    assert value(open_page()) == "typed-by-me"
    folder = backend().settings.data_dir
    restarted()
    assert b"typed-by-me" not in b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
    assert value(open_page()) == "x"


def test_a_browser_without_a_cookie_leaves_nothing_on_disk(fields_server):
    """It could never come back for it."""
    app = AppTest.from_file(APP, default_timeout=30).run()
    enter(app, "typed-by-me")
    folder = backend().settings.data_dir
    restarted()
    assert b"typed-by-me" not in b"".join(path.read_bytes() for path in folder.glob("runs.db*"))
