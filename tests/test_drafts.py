"""Drafts are written behind the page, and again once a database that was away is there."""

import threading

import pytest

from lfclient import drafts as module
from lfclient.drafts import DraftsBehind
from lfclient.store import StoreError
from tests.waiting import wait_for


class Disk:
    """What a store's drafts do, slowly or not at all."""

    def __init__(self):
        self.texts, self.writes, self.away = {}, 0, False
        self.open = threading.Event()
        self.open.set()

    def get(self, key):
        if self.away:
            raise StoreError("away")
        return self.texts.get(key)

    def write(self, changes):
        self.open.wait(10)
        if self.away:
            raise StoreError("away")
        self.writes += 1
        self.texts.update(changes)


@pytest.fixture
def disk(monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0.1)
    monkeypatch.setattr(module, "AWAY", 0.1)
    return Disk()


def test_what_is_typed_quickly_is_written_once(disk):
    """Under the mark of the browser, not its cookie."""
    behind = DraftsBehind(disk, str.upper)
    for text in ("a", "ab", "abc"):
        behind.put("cookie", "o", "f", text)
    wait_for(lambda: disk.texts)
    assert disk.texts == {("COOKIE", "o", "f"): "abc"}
    assert disk.writes == 1
    behind.put("cookie", "o", "f", None)
    wait_for(lambda: disk.texts == {("COOKIE", "o", "f"): None})


def test_nobody_waits_for_a_slow_disk_and_what_is_typed_meanwhile_is_not_lost(disk):
    """It is found while it waits, too."""
    disk.open.clear()
    behind = DraftsBehind(disk, str.upper)
    behind.put("b", "o", "f", "first")
    threading.Event().wait(0.3)  # it is being written
    behind.put("b", "o", "f", "second")
    assert behind.get("b", "o", "f") == "second"
    disk.open.set()
    wait_for(lambda: disk.texts.get(("B", "o", "f")) == "second")


def test_a_database_that_is_away_is_tried_again(disk, caplog):
    """Said once, without what was typed; and no page fails."""
    disk.away = True
    behind = DraftsBehind(disk, str.upper)
    assert behind.get("b", "o", "f") is None
    behind.put("b", "o", "f", "typed words")
    threading.Event().wait(0.5)
    disk.away = False
    wait_for(lambda: disk.texts == {("B", "o", "f"): "typed words"})
    assert "Drafts of forms cannot be kept: away" in caplog.text
    assert "typed words" not in caplog.text
