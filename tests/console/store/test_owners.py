"""Records that get another owner."""

from datetime import UTC, datetime

from lfclient import RunStatus
from lfclient.console.store import owners
from lfclient.console.store.flow_settings import FlowSettings
from lfclient.console.store.presets import Preset
from lfclient.console.store.run_record import RunRecord


def record(id, owner="key", **more):
    now = datetime.now(UTC)
    defaults = {
        "submit_token": id,
        "server_name": "s",
        "server_url": "http://a",
        "flow_id": "f",
        "flow_name": "F",
        "mode": "background",
        "created_at": now,
        "status": RunStatus.COMPLETED,
        "ended_at": now,
        "attempts": 1,
    }
    return RunRecord(id=id, owner=owner, **{**defaults, **more})


def preset(id, name, owner="key"):
    return Preset(id, owner, "f", "F", name)


def test_everything_of_an_owner_moves_to_another(store, monkeypatch):
    """Runs in batches, and the rest; nothing of a third owner."""
    monkeypatch.setattr(owners, "BATCH_SIZE", 1)
    store.create(record("one"))
    store.create(record("two", status=RunStatus.IN_PROGRESS, ended_at=None))
    store.create(record("other", owner="other"))
    store.presets.create(preset("p", "Mine"))
    store.presets.set_default("key", "f", "p")
    store.drafts.write({("b", "key", "form"): "typed"})
    store.flow_settings.save("key", "f", "view", FlowSettings({"title": "mine"}))
    token = store.shares.create("key", "one", {})
    store.added_flows.add("key", ["f"])
    store.added_flows.add("other", ["g"])
    assert sorted(store.change_owner("key", "user")) == ["one", "two"]
    assert {one.id for one in store.recent("user")} == {"one", "two"}
    assert [one.id for one in store.unfinished("user")] == ["two"]
    assert [one.is_default for one in store.presets.list_for_flow("user", "f")] == [True]
    assert store.drafts.get(("b", "user", "form")) == "typed"
    assert store.flow_settings.get("user", "f", "view").content == {"title": "mine"}
    assert store.shares.get(token).owner == "user"
    assert store.added_flows.contains("user", "f")
    assert not store.added_flows.contains("key", "f")
    assert store.added_flows.contains("other", "g")
    assert store.recent("key") == []
    assert store.change_owner("key", "user") == []


def test_what_the_new_owner_has_already_stays(any_store):
    """Runs of the same job, presets of the same name and the default, drafts of the same form,
    settings of the same flow.
    """
    for owner in ("user", "key"):
        any_store.flow_settings.save(owner, "f", "view", FlowSettings({"title": owner}))
        any_store.added_flows.add(owner, ["f"])
    any_store.create(record("theirs", owner="user", job_id="j"))
    any_store.create(record("same job", job_id="j"))
    any_store.create(record("another job", job_id="k"))
    any_store.presets.create(preset("theirs", "Mine", owner="user"))
    any_store.presets.set_default("user", "f", "theirs")
    any_store.presets.create(preset("same name", "Mine"))
    any_store.presets.create(preset("another name", "More"))
    any_store.presets.set_default("key", "f", "another name")
    any_store.drafts.write({("b", "user", "form"): "theirs", ("b", "key", "form"): "typed"})
    assert any_store.change_owner("key", "user") == ["another job"]
    assert {one.id for one in any_store.recent("user")} == {"theirs", "another job"}
    presets = any_store.presets.list_for_flow("user", "f")
    assert [(one.name, one.is_default) for one in presets] == [("Mine", True), ("More", False)]
    assert any_store.presets.get("user", "theirs")
    assert any_store.drafts.get(("b", "user", "form")) == "theirs"
    assert any_store.flow_settings.get("user", "f", "view").content == {"title": "user"}
    assert any_store.added_flows.contains("user", "f")
