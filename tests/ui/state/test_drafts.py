"""Drafts are bounded, each browser's own, and outlive the console."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lfclient.console.store.drafts import DraftStore
from lfclient.console.store.errors import StoreError
from pages._ui.connection.app_context import backend
from pages._ui.state.drafts import Drafts, drafts
from tests.ui.support.preset_pages import enter, open_page, value
from tests.ui.support.whole_pages import APP


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


class Disk:
    """What is kept behind the page, by the key's last part; or it is away."""

    def __init__(self, **texts):
        self.texts, self.away = texts, False

    def get(self, browser, owner, name):
        if self.away:
            raise StoreError("away")
        return self.texts.get(name)

    def put(self, browser, owner, name, text):
        self.texts[name] = text


@pytest.fixture
def away():
    """Drafts whose disk is away, one that was typed earlier in it; and its key."""
    disk = Disk(f='{"values": "typed earlier"}')
    disk.away = True
    kept = Drafts()
    kept.keep_in(disk)
    return kept, disk, ("b" * 43, "o", "f")


def test_what_could_not_be_read_is_read_later(away):
    """That nothing is known is no answer to keep."""
    kept, disk, key = away
    assert kept.get(key) is None
    disk.away = False
    assert kept.get(key) == {"values": "typed earlier"}


def test_an_empty_form_removes_no_draft_that_could_not_be_read(away):
    """It is empty as nobody knew better."""
    kept, disk, key = away
    kept.get(key)
    kept.put(key, {"values": {}})
    disk.away = False
    assert kept.get(key) == {"values": "typed earlier"}
    kept.put(key, {"values": {}})  # taken back by the person
    assert disk.texts == {"f": None}


def test_what_is_typed_into_it_meanwhile_is_kept_and_can_be_taken_back(away):
    """From then on it is the draft."""
    kept, disk, key = away
    kept.get(key)
    kept.put(key, {"values": "new"})
    assert disk.texts == {"f": '{"values": "new"}'}
    assert kept.get(key) == {"values": "new"}
    kept.put(key, {"values": {}})
    assert disk.texts == {"f": None}


def test_what_was_read_once_is_removed_though_the_memory_is_short():
    """Of many forms the one of longest ago is known to the disk only."""
    disk = Disk(f='{"values": "typed earlier"}')
    kept = Drafts(most=1)
    kept.keep_in(disk)
    browser = "b" * 43
    kept.get((browser, "o", "f"))
    kept.get((browser, "o", "g"))
    kept.put((browser, "o", "f"), {"values": {}})
    assert disk.texts == {"f": None}


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


def test_a_page_that_is_opened_while_drafts_cannot_be_read_removes_none(fields_server, monkeypatch):
    """Its form is empty, as nothing is known; a later page finds what was typed."""
    enter(open_page(), "typed-by-me")
    restarted()
    backend()

    def away(*_):
        raise StoreError("away")

    with monkeypatch.context() as while_away:
        while_away.setattr(DraftStore, "get", away)
        assert value(open_page()) == "x"
    restarted()
    assert value(open_page()) == "typed-by-me"


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
