"""Drafts stay in memory and are written to the store in the background; no failure loses one."""

import json
import threading

import pytest

from lfclient.console.presets import drafts as module
from lfclient.console.presets.drafts import Drafts
from lfclient.console.store.errors import StoreError
from tests.support.waiting import wait_for

KEY = ("b", "o", "f")
STORED = ("B", "o", "f")


class FakeStore:
    """A draft store that can be slow or unavailable."""

    def __init__(self):
        self.texts, self.writes, self.is_away = {}, 0, False
        self.can_write = threading.Event()
        self.can_write.set()

    def get(self, key):
        if self.is_away:
            raise StoreError("away")
        return self.texts.get(key)

    def write(self, changes):
        self.can_write.wait(10)
        if self.is_away:
            raise StoreError("away")
        self.writes += 1
        self.texts.update(changes)

    def draft(self, key=STORED):
        text = self.texts.get(key)
        return None if text is None else json.loads(text)


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setattr(module, "WRITE_DELAY_SECONDS", 0.1)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.1)
    return FakeStore()


def persistent(store, **limits):
    """Drafts in `store`, under the browser's name in capitals; "memory" has no cookie."""
    made = Drafts(**limits)
    made.persist_in(store, lambda browser: None if browser == "memory" else browser.upper())
    return made


def test_get_returns_a_copy():
    drafts = Drafts()
    drafts.save(KEY, {"values": {"x": [1]}})
    drafts.get(KEY)["values"]["x"].append(2)
    assert drafts.get(KEY) == {"values": {"x": [1]}}
    assert drafts.get(("c", "o", "f")) is None


def test_the_least_recently_used_draft_is_dropped_first():
    drafts = Drafts(max_drafts=2)
    for name in "ab":
        drafts.save((name, "o", "f"), {"values": name})
    drafts.get(("a", "o", "f"))
    drafts.save(("c", "o", "f"), {"values": "c"})
    assert drafts.get(("b", "o", "f")) is None
    assert drafts.get(("a", "o", "f")) == {"values": "a"}


def test_empty_and_very_large_drafts_are_not_saved():
    drafts = Drafts(max_length=20)
    drafts.save(KEY, {"values": "x"})
    drafts.save(KEY, {"values": {}})
    assert drafts.get(KEY) is None
    drafts.save(KEY, {"values": "x" * 50})
    assert drafts.get(KEY) is None


def test_several_changes_are_written_once_under_the_fingerprint_of_the_browser(store):
    drafts = persistent(store)
    for text in ("a", "ab", "abc"):
        drafts.save(("cookie", "o", "f"), {"values": text})
    wait_for(lambda: store.texts)
    assert store.texts == {("COOKIE", "o", "f"): '{"values": "abc"}'}
    assert store.writes == 1
    drafts.save(("cookie", "o", "f"), {"values": {}})
    wait_for(lambda: store.texts == {("COOKIE", "o", "f"): None})


def test_drafts_of_a_browser_without_a_cookie_stay_in_memory(store):
    drafts = persistent(store)
    drafts.save(("memory", "o", "f"), {"values": "x"})
    drafts.flush()
    assert drafts.get(("memory", "o", "f")) == {"values": "x"}
    assert store.texts == {}


def test_a_change_made_during_a_slow_write_is_found_and_written_afterwards(store):
    store.can_write.clear()
    drafts = persistent(store, max_drafts=1)
    drafts.save(KEY, {"values": "first"})
    threading.Event().wait(0.3)  # it is being written
    drafts.save(KEY, {"values": "second"})
    drafts.get(("c", "o", "f"))  # takes its place in memory
    assert drafts.get(KEY) == {"values": "second"}
    store.can_write.set()
    wait_for(lambda: store.draft() == {"values": "second"})


def test_a_failed_write_is_retried_and_logged_without_what_was_typed(store, caplog):
    store.is_away = True
    drafts = persistent(store)
    assert drafts.get(KEY) is None
    drafts.save(KEY, {"values": "typed words"})
    threading.Event().wait(0.5)
    store.is_away = False
    wait_for(lambda: store.draft() == {"values": "typed words"})
    assert "Couldn't read or save drafts of forms: away" in caplog.text
    assert "typed words" not in caplog.text


def test_a_failed_read_is_not_retried_by_every_page(store, monkeypatch):
    """Each page would wait for a database that does not respond."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 60)
    store.is_away = True
    drafts = persistent(store)
    assert drafts.get(KEY) is None
    monkeypatch.setattr(store, "get", lambda key: pytest.fail("the store was read again"))
    assert drafts.get(KEY) is None


@pytest.fixture
def unread(store, monkeypatch):
    """Drafts that could not read the one in the store; the store; and its key."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    store.texts[STORED] = '{"values": "typed earlier"}'
    store.is_away = True
    drafts = persistent(store)
    assert drafts.get(KEY) is None
    store.is_away = False
    return drafts


def test_a_draft_that_could_not_be_read_is_read_later(unread):
    assert unread.get(KEY) == {"values": "typed earlier"}


def test_an_empty_form_deletes_no_draft_that_could_not_be_read(unread, store):
    unread.save(KEY, {"values": {}})
    assert unread.get(KEY) == {"values": "typed earlier"}
    unread.save(KEY, {"values": {}})  # now the person has cleared it
    unread.flush()
    assert store.texts == {STORED: None}


def test_a_new_draft_replaces_one_that_could_not_be_read(unread, store):
    unread.save(KEY, {"values": "new"})
    unread.flush()
    assert store.draft() == {"values": "new"}
    assert unread.get(KEY) == {"values": "new"}
    unread.save(KEY, {"values": {}})
    unread.flush()
    assert store.texts == {STORED: None}


def test_a_draft_dropped_from_memory_can_still_be_deleted(store):
    store.texts[STORED] = '{"values": "typed earlier"}'
    drafts = persistent(store, max_drafts=1)
    drafts.get(KEY)
    drafts.get(("b", "o", "g"))
    drafts.save(KEY, {"values": {}})
    drafts.flush()
    assert store.texts == {STORED: None}
