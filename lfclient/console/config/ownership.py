"""Who may see a run: fingerprints of server and key that reveal neither."""

import functools
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.errors import LangflowError

_SECRET_FILE_NAME = "owner.key"
_SECRET_BYTES = 32


class OwnershipError(LangflowError):
    """The secret file cannot be created or read."""

    default_hint = (
        "Check that the console's data folder (LFCONSOLE_DATA_DIR) is writable and has free space."
    )


def owner_fingerprint(
    connection: Connection, data_dir: Path, secret: SecretStr | None = None
) -> str:
    """Return 64 hex digits that are equal for two visitors if each may see the other's runs.

    - Configured servers: the fingerprint depends on the server's name only, so runs survive a new
      key or URL. The local Langflow differs from a configured server of the same name.
    - Other servers: the fingerprint depends on the URL and the key's user, so runs survive a new
      key of the user. If the user is unknown, it depends on the key instead.

    The HMAC key is `secret`, which several consoles may share, or else the data folder's secret.
    Raise `OwnershipError` if the data folder's secret cannot be created or read.
    """
    if connection.user_id is None:
        return connection_fingerprint(connection, data_dir, secret)
    return _hmac(["user", connection.url, connection.user_id], data_dir, secret)


def connection_fingerprint(
    connection: Connection, data_dir: Path, secret: SecretStr | None = None
) -> str:
    """Return 64 hex digits that also differ between two keys of one user.

    In all else, the fingerprint is like `owner_fingerprint`.
    """
    if connection.source == "local":
        identity = ["local", connection.name]
    elif connection.source != "typed":
        identity = ["configured", connection.name]
    else:
        identity = ["typed", connection.url, connection.key or ""]
    return _hmac(identity, data_dir, secret)


def browser_fingerprint(browser_id: str, data_dir: Path, secret: SecretStr | None = None) -> str:
    """Return 64 hex digits that identify a browser where its ID must not be stored.

    Uses the same key as `owner_fingerprint`, and raises the same errors.
    """
    return _hmac(["browser", browser_id], data_dir, secret)


def cookie_signature(token: str, data_dir: Path, secret: SecretStr | None = None) -> str:
    """Return the signature of a browser's cookie with this token, as 64 hex digits.

    Uses the same key as `owner_fingerprint`, and raises the same errors.
    """
    return _hmac(["cookie", token], data_dir, secret)


def _hmac(message: list[str], data_dir: Path, secret: SecretStr | None) -> str:
    key = secret.get_secret_value().encode() if secret else folder_secret(data_dir)
    return hmac.new(key, json.dumps(message).encode(), hashlib.sha256).hexdigest()


@functools.lru_cache(maxsize=16)
def folder_secret(data_dir: Path) -> bytes:
    """Return the secret of this folder, creating it first if needed.

    Processes that start at the same time agree on one secret. Raise `OwnershipError` if the file
    is damaged, or cannot be created or read.
    """
    path = data_dir / _SECRET_FILE_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _create_secret_file(path)
        path.chmod(0o600)
        secret = path.read_bytes()
    except OSError as error:
        raise OwnershipError(f"Couldn't use {path}: {error.strerror or error}.") from error
    if len(secret) != _SECRET_BYTES:
        raise OwnershipError(
            f"{path} is damaged.",
            hint="Delete it and start the console again. Earlier runs can't be opened then.",
        )
    return secret


def _create_secret_file(path: Path) -> None:
    """Write the file under another name and link it, so that no process reads half a secret."""
    handle, draft = tempfile.mkstemp(dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process created it first
            os.link(draft, path)
    finally:
        os.unlink(draft)
