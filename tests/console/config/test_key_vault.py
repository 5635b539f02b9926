"""Typed API keys stay in memory for a limited time, by browser and server."""

import pickle

import pytest

from lfclient.console.config.key_vault import KeyVault


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def value(secret):
    return secret.get_secret_value() if secret else None


def test_a_key_is_returned_for_its_browser_and_server_only():
    vault = KeyVault()
    vault.save("me", "http://a", "sk-1")
    assert value(vault.keys("me").get("http://a")) == "sk-1"
    assert vault.keys("me").get("http://b") is None
    assert vault.keys("you").get("http://a") is None


def test_a_key_expires_twelve_hours_after_it_was_saved_even_if_used():
    clock = Clock()
    vault = KeyVault(clock=clock)
    vault.save("me", "http://a", "sk-1")
    clock.now = 12 * 3600 - 1
    assert vault.keys("me").get("http://a")
    clock.now = 12 * 3600
    assert vault.keys("me").get("http://a") is None
    assert vault.keys("me") == {}


def test_the_least_recently_used_browser_is_dropped_first():
    vault = KeyVault(max_browsers=2)
    vault.save("one", "http://a", "1")
    vault.save("two", "http://a", "2")
    vault.keys("one").get("http://a")
    vault.save("three", "http://a", "3")
    assert [value(vault.keys(who).get("http://a")) for who in ("one", "two", "three")] == [
        "1",
        None,
        "3",
    ]


def test_the_oldest_key_of_a_browser_is_dropped_first():
    vault = KeyVault(max_servers=2)
    for url in ("http://a", "http://b", "http://c"):
        vault.save("me", url, "k")
    assert list(vault.keys("me")) == ["http://b", "http://c"]


def test_a_key_of_a_browser_can_be_removed():
    vault = KeyVault()
    vault.save("me", "http://a", "1")
    vault.save("me", "http://b", "2")
    vault.remove("me", "http://a")
    assert list(vault.keys("me")) == ["http://b"]
    vault.remove("me", "http://b")
    assert vault.keys("me") == {}
    vault.remove("nobody", "http://a")


def test_no_key_is_in_the_repr_and_the_vault_cannot_be_pickled():
    vault = KeyVault()
    vault.save("me", "http://a", "sk-hidden")
    assert "sk-hidden" not in f"{vault!r}{vault.keys('me').get('http://a')!r}"
    with pytest.raises(TypeError):
        pickle.dumps(vault)
