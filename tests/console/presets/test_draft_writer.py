"""Drafts are written behind the page, and again once a database that was away is there."""

import threading

import pytest

from lfclient.console.presets import draft_writer as module
from lfclient.console.presets.draft_writer import DraftsBehind
from lfclient.console.store.errors import StoreError
from tests.support.waiting import wait_for


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
    """Said once, without what was typed."""
    disk.away = True
    behind = DraftsBehind(disk, str.upper)
    with pytest.raises(StoreError):
        behind.get("b", "o", "f")
    behind.put("b", "o", "f", "typed words")
    threading.Event().wait(0.5)
    disk.away = False
    wait_for(lambda: disk.texts == {("B", "o", "f"): "typed words"})
    assert "Drafts of forms cannot be kept: away" in caplog.text
    assert "typed words" not in caplog.text


def test_a_write_that_fails_keeps_nobody_from_reading(disk, monkeypatch, caplog):
    """What another visitor typed waits; what is there is there."""
    disk.texts[("B", "o", "f")] = "typed before"

    def fails(changes):
        raise StoreError("held by another program")

    monkeypatch.setattr(disk, "write", fails)
    monkeypatch.setattr(module, "AWAY", 60)
    behind = DraftsBehind(disk, str.upper)
    behind.put("c", "o", "f", "another's")
    wait_for(lambda: "cannot be kept: held" in caplog.text)
    assert behind.get("b", "o", "f") == "typed before"


def test_a_read_that_fails_is_not_tried_again_by_every_page(disk, monkeypatch):
    """Each would wait for a database that does not answer."""
    monkeypatch.setattr(module, "AWAY", 60)
    disk.away = True
    behind = DraftsBehind(disk, str.upper)
    with pytest.raises(StoreError):
        behind.get("b", "o", "f")
    monkeypatch.setattr(disk, "get", lambda key: pytest.fail("it was asked again"))
    with pytest.raises(StoreError):
        behind.get("b", "o", "f")
