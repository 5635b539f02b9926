"""Store shared results: whoever knows the token of one may see it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, select

from lfclient.common.json_types import JsonObject
from lfclient.console.store.database import Database
from lfclient.console.store.tables import ShareRow

_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Share:
    """A run that is shared by its owner; `content` is how to show it."""

    run_id: str
    owner: str
    content: JsonObject


class ShareStore:
    """Shared results. Only the hash of a token is stored. They are deleted with their runs.

    Every method raises `StoreError`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, owner: str, run_id: str, content: JsonObject) -> str:
        """Share an owner's run and return the token, which can't be read again.

        Raise `ConstraintViolated` if the run was deleted.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = {
            "token_hash": _hash(token),
            "run_id": run_id,
            "owner": owner,
            "content": content,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as connection:
            connection.execute(insert(ShareRow).values(row))
        return token

    def get(self, token: str) -> Share | None:
        """Return the share of a token, or None if it was revoked or its run deleted."""
        columns = (ShareRow.run_id, ShareRow.owner, ShareRow.content)
        with self._database.read() as connection:
            query = select(*columns).where(ShareRow.token_hash == _hash(token))
            row = connection.execute(query).one_or_none()
        return Share(*row) if row else None

    def count(self, owner: str, run_id: str) -> int:
        """Return how many tokens share an owner's run."""
        query = select(func.count()).where(ShareRow.owner == owner, ShareRow.run_id == run_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def shared_runs(self, owners: Sequence[str], run_ids: Sequence[str]) -> set[str]:
        """Return which of these runs of the owners a token shares."""
        query = select(ShareRow.run_id).where(
            ShareRow.owner.in_(owners), ShareRow.run_id.in_(run_ids)
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def revoke(self, owner: str, run_id: str) -> None:
        """Revoke all tokens of an owner's run."""
        statement = delete(ShareRow).where(ShareRow.owner == owner, ShareRow.run_id == run_id)
        with self._database.write() as connection:
            connection.execute(statement)


def _hash(token: str) -> str:
    """Return the hash under which a token is stored; a random token needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
