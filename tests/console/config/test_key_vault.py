"""Typed API keys stay in memory for a limited time, by browser and server."""

import pickle

import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.config.key_vault import KeyVault


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def typed(url, key="k"):
    return Connection("a", url, SecretStr(key), "typed")


def urls(vault, browser):
    return [connection.url for connection in vault.connections(browser)]


def test_a_key_is_returned_for_its_browser_and_server_only():
    vault = KeyVault()
    vault.save("me", typed("http://a", "sk-1"))
    assert vault.connections("me") == [typed("http://a", "sk-1")]
    assert vault.connections("you") == []


def test_a_new_key_for_a_server_replaces_the_earlier_one():
    vault = KeyVault()
    vault.save("me", typed("http://a", "sk-1"))
    vault.save("me", typed("http://a", "sk-2"))
    assert vault.connections("me") == [typed("http://a", "sk-2")]


def test_a_key_expires_twelve_hours_after_it_was_saved_even_if_used():
    clock = Clock()
    vault = KeyVault(clock=clock)
    vault.save("me", typed("http://a"))
    clock.now = 12 * 3600 - 1
    assert urls(vault, "me") == ["http://a"]
    clock.now = 12 * 3600
    assert vault.connections("me") == []


def test_the_least_recently_used_browser_is_dropped_first():
    vault = KeyVault(max_browsers=2)
    vault.save("one", typed("http://a"))
    vault.save("two", typed("http://a"))
    vault.connections("one")
    vault.save("three", typed("http://a"))
    assert [len(vault.connections(who)) for who in ("one", "two", "three")] == [1, 0, 1]


def test_the_oldest_key_of_a_browser_is_dropped_first():
    vault = KeyVault(max_servers=2)
    for url in ("http://a", "http://b", "http://c"):
        vault.save("me", typed(url))
    assert urls(vault, "me") == ["http://b", "http://c"]


def test_a_key_of_a_browser_can_be_removed():
    vault = KeyVault()
    vault.save("me", typed("http://a"))
    vault.save("me", typed("http://b"))
    vault.remove("me", "http://a")
    assert urls(vault, "me") == ["http://b"]
    vault.remove("me", "http://b")
    assert vault.connections("me") == []
    vault.remove("nobody", "http://a")


def test_no_key_is_in_the_repr_and_the_vault_cannot_be_pickled():
    vault = KeyVault()
    vault.save("me", typed("http://a", "sk-hidden"))
    assert "sk-hidden" not in f"{vault!r}{vault.connections('me')!r}"
    with pytest.raises(TypeError):
        pickle.dumps(vault)
