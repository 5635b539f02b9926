"""Fingerprints decide who may see a run, and reveal neither key nor cookie."""

import hashlib
import hmac
import stat

import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import (
    OwnershipError,
    browser_fingerprint,
    connection_fingerprint,
    folder_secret,
    owner_fingerprint,
)


@pytest.fixture(autouse=True)
def no_cached_secret():
    """Let every test read its secret from disk."""
    folder_secret.cache_clear()


def typed(url="http://a", key="sk-1", user_id=None):
    return Connection("a", url, SecretStr(key) if key else None, "typed", user_id=user_id)


def test_the_same_server_and_key_give_the_same_fingerprint_after_a_restart(tmp_path):
    before = owner_fingerprint(typed(), tmp_path)
    folder_secret.cache_clear()
    assert owner_fingerprint(typed(), tmp_path) == before


@pytest.mark.parametrize(
    "other", [typed(key="sk-2"), typed(url="http://b"), typed(key=None)], ids=["key", "url", "none"]
)
def test_another_key_or_server_gives_another_fingerprint(tmp_path, other):
    assert owner_fingerprint(other, tmp_path) != owner_fingerprint(typed(), tmp_path)


def test_all_keys_of_a_user_on_a_server_have_one_owner(tmp_path):
    one = owner_fingerprint(typed(user_id="u"), tmp_path)
    assert owner_fingerprint(typed(key="sk-2", user_id="u"), tmp_path) == one
    for other in (typed(user_id="v"), typed(url="http://b", user_id="u"), typed()):
        assert owner_fingerprint(other, tmp_path) != one


def test_two_keys_of_a_user_are_two_connections(tmp_path):
    """A connection's fingerprint does not depend on the user."""
    one = connection_fingerprint(typed(user_id="u"), tmp_path)
    assert connection_fingerprint(typed(key="sk-2", user_id="u"), tmp_path) != one
    assert one == connection_fingerprint(typed(), tmp_path) == owner_fingerprint(typed(), tmp_path)


def test_the_fingerprint_without_a_user_is_the_same_as_in_earlier_versions(tmp_path):
    """Runs of earlier versions are found by this fingerprint."""
    secret = SecretStr("s" * 32)
    message = b'["typed", "http://a", "sk-1"]'
    expected = hmac.new(b"s" * 32, message, hashlib.sha256).hexdigest()
    assert owner_fingerprint(typed(), tmp_path, secret) == expected


def test_a_browser_fingerprint_depends_on_browser_and_secret_and_survives_a_restart(tmp_path):
    before = browser_fingerprint("browser", tmp_path)
    folder_secret.cache_clear()
    assert browser_fingerprint("browser", tmp_path) == before
    assert len(before) == 64
    assert browser_fingerprint("browsers", tmp_path) != before
    assert browser_fingerprint("browser", tmp_path / "other") != before
    secret = SecretStr("s" * 32)
    assert browser_fingerprint("browser", tmp_path, secret) == browser_fingerprint(
        "browser", tmp_path / "x", secret
    )


def test_a_configured_server_is_identified_by_its_name(tmp_path):
    """A new key of a configured server keeps its runs."""

    def configured(name, key):
        return Connection(name, "http://a", SecretStr(key), "secrets")

    one = owner_fingerprint(configured("prod", "sk-1"), tmp_path)
    assert owner_fingerprint(configured("prod", "sk-2"), tmp_path) == one
    assert owner_fingerprint(configured("test", "sk-1"), tmp_path) != one
    assert owner_fingerprint(typed(), tmp_path) != one


def test_the_local_langflow_differs_from_a_configured_server_of_the_same_name(tmp_path):
    def from_source(source):
        return owner_fingerprint(Connection("Local Langflow", "http://a", None, source), tmp_path)

    assert from_source("local") != from_source("secrets")
    assert from_source("secrets") == from_source("env file")


def test_another_installation_gives_another_fingerprint(tmp_path):
    """A fingerprint can't be used elsewhere to guess keys."""
    assert owner_fingerprint(typed(), tmp_path / "a") != owner_fingerprint(typed(), tmp_path / "b")


def test_the_secret_is_readable_by_its_owner_only(tmp_path):
    folder = tmp_path / "data"
    folder_secret(folder)
    path = folder / "owner.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    path.chmod(0o644)
    folder_secret.cache_clear()
    folder_secret(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_secret_is_reported_and_not_replaced(tmp_path):
    """A new secret would make all runs unreadable."""
    (tmp_path / "owner.key").write_bytes(b"short")
    with pytest.raises(OwnershipError) as caught:
        folder_secret(tmp_path)
    assert "owner.key" in str(caught.value)
    assert "Delete it" in caught.value.hint


def test_consoles_with_the_same_secret_agree_and_write_no_file(tmp_path):
    folders, secret = (tmp_path / "one", tmp_path / "two"), SecretStr("s" * 32)
    one, two = (owner_fingerprint(typed(), folder, secret) for folder in folders)
    assert one == two
    assert owner_fingerprint(typed(), folders[0], SecretStr("t" * 32)) != one
    assert not any(folder.exists() for folder in folders)
