"""Drafts are stored by browser, within limits."""

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store import drafts as module
from lfclient.console.store.retention import RetentionCleaner

KEY = ("browser", "owner", "flow")
NOW = datetime.now(UTC)


def clean(store, now=NOW, **retention):
    RetentionCleaner(store.database, RetentionSettings(**retention), store.drafts).clean(now)
    return store.drafts.get(KEY)


def test_a_draft_returns_to_the_same_browser_owner_and_form(any_store):
    any_store.drafts.write({KEY: "first"})
    any_store.drafts.write({KEY: '"ü \\u0000"', ("other", "owner", "flow"): "another's"})
    assert any_store.drafts.get(KEY) == '"ü \\u0000"'
    for strange in (("other", "you", "flow"), ("browser", "owner", "g"), ("b", "owner", "flow")):
        assert any_store.drafts.get(strange) is None
    any_store.drafts.write({KEY: None})
    assert any_store.drafts.get(KEY) is None
    assert any_store.drafts.get(("other", "owner", "flow")) == "another's"


def test_a_draft_that_grows_too_large_is_deleted(store, monkeypatch):
    """Instead of an older one."""
    monkeypatch.setattr(module, "MAX_DRAFT_BYTES", 20)
    store.drafts.write({KEY: "short"})
    store.drafts.write({KEY: "ü" * 11})
    assert store.drafts.get(KEY) is None


def test_the_oldest_drafts_beyond_a_limit_are_deleted(any_store, monkeypatch):
    """Per browser and in total."""
    monkeypatch.setattr(module, "MAX_DRAFTS_PER_BROWSER", 2)
    monkeypatch.setattr(module, "MAX_DRAFTS", 4)
    keys = [(browser, "o", str(number)) for browser in "abc" for number in range(3)]
    for key in keys:
        any_store.drafts.write({key: "text"})
    left = [key for key in keys if any_store.drafts.get(key)]
    assert left == [("b", "o", "1"), ("b", "o", "2"), ("c", "o", "1"), ("c", "o", "2")]


@pytest.mark.parametrize(
    ("retention", "days", "left"),
    [
        ({}, 29, True),
        ({}, 31, False),
        ({"max_age_days": 2}, 1, True),
        ({"max_age_days": 2}, 3, False),
    ],
)
def test_drafts_are_deleted_with_their_cookie_or_earlier(store, retention, days, left):
    """No browser can open them after that. They are kept no longer than runs."""
    store.drafts.write({KEY: "text"})
    assert bool(clean(store, NOW + timedelta(days=days), **retention)) is left


def test_a_console_that_stores_no_inputs_deletes_all_drafts(store):
    """They were stored under another setting."""
    store.drafts.write({KEY: "text"})
    assert clean(store, store_inputs=False) is None
