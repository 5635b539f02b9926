"""Whose a run is: a fingerprint of server and key that tells neither."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.errors import LangflowError

_SECRET_FILE_NAME = "owner.key"
_SECRET_BYTES = 32


class OwnershipError(LangflowError):
    """The secret file cannot be made or read."""

    default_hint = (
        "Check that the console's data folder (LFCONSOLE_DATA_DIR) can be written to and has room."
    )


def owner_fingerprint(
    connection: Connection, data_dir: Path, given: SecretStr | None = None
) -> str:
    """64 hex digits: equal for two visitors exactly if each may see the other's runs.

    Made with the secret that is `given`, which several consoles may share, else with the folder's.

    A configured server goes by its configured name, so that a changed key or address keeps its
    runs, and the local one is another than one configured under its name; any other goes by
    address and key. Raises `OwnershipError`.
    """
    if connection.source == "local":
        identity = ["local", connection.name]
    elif connection.is_configured:
        identity = ["configured", connection.name]
    else:
        api_key = connection.api_key.get_secret_value() if connection.api_key else ""
        identity = ["typed", connection.url, api_key]
    return _hmac(identity, data_dir, given)


def browser_fingerprint(token: str, data_dir: Path, given: SecretStr | None = None) -> str:
    """64 hex digits that stand for a browser's cookie where it must not be kept itself.

    Made like a `fingerprint`. Raises `OwnershipError`.
    """
    return _hmac(["browser", token], data_dir, given)


def _hmac(message: list[str], data_dir: Path, given: SecretStr | None) -> str:
    key = given.get_secret_value().encode() if given else folder_secret(data_dir)
    return hmac.new(key, json.dumps(message).encode(), hashlib.sha256).hexdigest()


@functools.lru_cache(maxsize=16)
def folder_secret(data_dir: Path) -> bytes:
    """This folder's secret, made at the first call; processes that race agree on one."""
    path = data_dir / _SECRET_FILE_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _create_secret_file(path)
        path.chmod(0o600)
        found = path.read_bytes()
    except OSError as error:
        raise OwnershipError(f"{path} cannot be used: {error.strerror or error}.") from error
    if len(found) != _SECRET_BYTES:
        raise OwnershipError(
            f"{path} is damaged.",
            hint="Delete it and start the console again; runs made before can then not be opened.",
        )
    return found


def _create_secret_file(path: Path) -> None:
    """Written whole under another name, then linked: nobody can read half a secret."""
    draft = path.with_name(f"{_SECRET_FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first
    finally:
        draft.unlink()
