"""Settings of flows, and the flows that were added from the console."""

from dataclasses import replace

import pytest

from lfclient.console.store.flow_settings import FlowSettings, SettingsConflict


def test_settings_return_to_their_owner_flow_and_purpose_only(store):
    settings = store.flow_settings
    saved = settings.save("me", "f", "view", FlowSettings({"title": "ü\x00", "shown": ["a"]}))
    assert settings.get("me", "f", "view") == saved
    assert saved == FlowSettings({"title": "ü\x00", "shown": ["a"]}, version=1)
    for other in (("you", "f", "view"), ("me", "g", "view"), ("me", "f", "compare")):
        assert settings.get(*other) == FlowSettings({})


def test_the_second_of_two_concurrent_changes_is_rejected(any_store):
    key = ("me", "f", "view")
    settings = any_store.flow_settings
    read = settings.save(*key, FlowSettings({"n": 1}))
    changed = settings.save(*key, replace(read, content={"n": 2}))
    for late in (replace(read, content={"n": 3}), FlowSettings({"n": 3})):
        with pytest.raises(SettingsConflict):
            settings.save(*key, late)
    assert settings.get(*key) == changed == FlowSettings({"n": 2}, version=2)


def test_an_added_flow_belongs_to_who_added_it_until_it_is_removed(store):
    added = store.added_flows
    added.add("me", ["f", "g"])
    added.add("me", ["f"])
    added.add("you", ["f"])
    assert added.contains("me", "f")
    assert not added.contains("you", "g")
    added.remove("me", "f")
    added.remove("me", "f")
    assert not added.contains("me", "f")
    assert added.contains("me", "g")
    assert added.contains("you", "f")
