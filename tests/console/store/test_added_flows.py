"""The flows that were added from the console, on SQLite and PostgreSQL."""


def test_an_added_flow_belongs_to_who_added_it_until_it_is_removed(any_store):
    added = any_store.added_flows
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
