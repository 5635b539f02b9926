"""Whose a run is."""

import stat
import subprocess
import sys

import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.config.ownership import (
    OwnershipError,
    browser_fingerprint,
    folder_secret,
    owner_fingerprint,
)


@pytest.fixture(autouse=True)
def fresh():
    """Every test reads its secret from disk."""
    folder_secret.cache_clear()


def typed(url="http://a", key="sk-1"):
    return Connection("a", url, SecretStr(key) if key else None, "typed")


def test_the_same_server_and_key_give_the_same_fingerprint_after_a_restart(tmp_path):
    """The secret file makes it last."""
    before = owner_fingerprint(typed(), tmp_path)
    folder_secret.cache_clear()
    assert owner_fingerprint(typed(), tmp_path) == before


@pytest.mark.parametrize(
    "other", [typed(key="sk-2"), typed(url="http://b"), typed(key=None)], ids=["key", "url", "none"]
)
def test_another_key_or_server_gives_another(tmp_path, other):
    """A visitor with another key cannot open the run."""
    assert owner_fingerprint(other, tmp_path) != owner_fingerprint(typed(), tmp_path)


def test_a_browser_is_known_by_a_mark_that_does_not_tell_its_cookie(tmp_path):
    """The same after a restart; another console's, or one with another secret, is another."""
    before = browser_fingerprint("cookie", tmp_path)
    folder_secret.cache_clear()
    assert browser_fingerprint("cookie", tmp_path) == before
    assert len(before) == 64
    assert browser_fingerprint("cookies", tmp_path) != before
    assert browser_fingerprint("cookie", tmp_path / "other") != before
    given = SecretStr("s" * 32)
    assert browser_fingerprint("cookie", tmp_path, given) == browser_fingerprint(
        "cookie", tmp_path / "x", given
    )


def test_a_configured_server_goes_by_its_name(tmp_path):
    """A changed key keeps the runs; another name, or a typed address, does not open them."""

    def configured(name, key):
        return Connection(name, "http://a", SecretStr(key), "secrets")

    one = owner_fingerprint(configured("prod", "sk-1"), tmp_path)
    assert owner_fingerprint(configured("prod", "sk-2"), tmp_path) == one
    assert owner_fingerprint(configured("test", "sk-1"), tmp_path) != one
    assert owner_fingerprint(typed(), tmp_path) != one


def test_the_local_langflow_is_not_one_configured_under_its_name(tmp_path):
    """A server of that name in secrets.toml has runs of its own; moving it to `.env` keeps them."""

    def of(source):
        return owner_fingerprint(Connection("Local Langflow", "http://a", None, source), tmp_path)

    assert of("local") != of("secrets")
    assert of("secrets") == of("env file")


def test_another_installation_gives_another(tmp_path):
    """The fingerprint is keyed: it cannot be tried out elsewhere."""
    assert owner_fingerprint(typed(), tmp_path / "a") != owner_fingerprint(typed(), tmp_path / "b")


def test_the_secret_is_readable_by_its_owner_only(tmp_path):
    """Also if somebody had loosened it."""
    folder = tmp_path / "data"
    folder_secret(folder)
    path = folder / "owner.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    path.chmod(0o644)
    folder_secret.cache_clear()
    folder_secret(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_secret(tmp_path):
    """Whoever is first makes it, and no draft is left."""
    code = (
        "import sys, pathlib; from lfclient.console.config.ownership import folder_secret;"
        "sys.stdin.readline();"
        "print(folder_secret(pathlib.Path(sys.argv[1])).hex())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = {process.communicate(timeout=60)[0] for process in started}
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["owner.key"]


def test_a_damaged_secret_is_said_and_not_replaced(tmp_path):
    """Replacing it silently would lock everybody out of their runs."""
    (tmp_path / "owner.key").write_bytes(b"short")
    with pytest.raises(OwnershipError) as caught:
        folder_secret(tmp_path)
    assert "owner.key" in str(caught.value)
    assert "Delete it" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """The message names the place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OwnershipError, match="file"):
        folder_secret(tmp_path / "file" / "data")


def test_consoles_with_the_same_secret_agree(tmp_path):
    """Each in a folder of its own, in which nothing is written."""
    folders, given = (tmp_path / "one", tmp_path / "two"), SecretStr("s" * 32)
    one, two = (owner_fingerprint(typed(), folder, given) for folder in folders)
    assert one == two
    assert owner_fingerprint(typed(), folders[0], SecretStr("t" * 32)) != one
    assert not any(folder.exists() for folder in folders)
