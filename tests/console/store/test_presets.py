"""Presets are stored."""

from dataclasses import replace

import pytest

from lfclient.console.store.presets import Preset, PresetConflict, PresetNameTaken, PresetSummary
from lfclient.flows.field import Variable


def preset(id="a", name="Mine", **more):
    return Preset(
        **{"id": id, "owner": "me", "flow_id": "f", "flow_name": "F", "name": name, **more}
    )


def names(store, owner="me", flow_id="f"):
    return [head.name for head in store.presets.list_for_flow(owner, flow_id)]


def test_a_preset_returns_unchanged_to_its_owner_only(store):
    """Including variables. Lists have no values."""
    values = {"T-a.p": "ü\x00", "T-a.v": Variable("KEY"), "T-a.n": [1, {"b": None}]}
    stored = store.presets.create(preset(values=values, secrets=("T-a.s",)))
    assert (stored.values, stored.secrets, stored.version) == (values, ("T-a.s",), 1)
    assert store.presets.get("me", "a") == stored
    assert store.presets.get("you", "a") is None
    assert store.presets.list_for_flow("me", "f") == [PresetSummary("a", "Mine", False, 1)]
    assert store.presets.list_for_flow("you", "f") == store.presets.list_for_flow("me", "g") == []


def test_preset_names_are_unique_within_a_flow_and_owner(any_store):
    any_store.presets.create(preset("a", "b"))
    any_store.presets.create(preset("b", "A"))
    any_store.presets.create(preset("c", "b", flow_id="g"))
    any_store.presets.create(preset("d", "b", owner="you"))
    with pytest.raises(PresetNameTaken):
        any_store.presets.create(preset("e", "b"))
    with pytest.raises(PresetNameTaken):
        any_store.presets.update(replace(any_store.presets.get("me", "b"), name="b"))
    assert names(any_store) == ["A", "b"]


def test_the_second_of_two_concurrent_preset_changes_is_rejected(store):
    read = store.presets.create(preset(values={"x": 1}))
    changed = store.presets.update(replace(read, values={"x": 2}))
    assert changed.version == 2
    for late in (replace(read, values={"x": 3}), replace(changed, owner="you")):
        with pytest.raises(PresetConflict):
            store.presets.update(late)
    assert store.presets.get("me", "a").values == {"x": 2}
    store.presets.delete("me", "a")
    with pytest.raises(PresetConflict):
        store.presets.update(changed)
    assert store.presets.get("me", "a") is None


def test_a_flow_has_at_most_one_default_preset(any_store):
    """An update keeps it, and another owner cannot change it."""
    for id in "ab":
        any_store.presets.create(preset(id, id))
    any_store.presets.set_default("me", "f", "a")
    any_store.presets.set_default("me", "f", "b")
    any_store.presets.update(replace(any_store.presets.get("me", "b"), name="new"))
    any_store.presets.set_default("you", "f", None)
    assert [
        head.name for head in any_store.presets.list_for_flow("me", "f") if head.is_default
    ] == ["new"]
    assert any_store.presets.default("me", "f") == any_store.presets.get("me", "b")
    assert any_store.presets.default("me", "g") is any_store.presets.default("you", "f") is None
    with pytest.raises(PresetConflict):
        any_store.presets.set_default("me", "f", "gone")
    any_store.presets.set_default("me", "f", None)
    assert not any(head.is_default for head in any_store.presets.list_for_flow("me", "f"))
