"""What runs are found by, without accents."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from lfclient.console.store.migrate import rebuild_search_index

revision = "0005"
down_revision = "0004"

_AT_ONCE = 200
_MARKS = re.compile("[\u0300-\u036f]+")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        _fold(connection)
        return
    # with the index made anew at the end, not changed with each text: that takes less time and
    # room, mends a damaged one, and overwrites what earlier releases have deleted
    trigger = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = 'run_texts_update'"
    ).scalar_one()
    op.execute("DROP TRIGGER run_texts_update")
    _fold(connection)
    rebuild_search_index(connection)
    connection.exec_driver_sql(trigger)


def _fold(connection: sa.Connection) -> None:
    texts = sa.table("run_texts", sa.column("id"), sa.column("body"))
    some = sa.select(texts).order_by(texts.c.id).limit(_AT_ONCE)
    change = (
        sa.update(texts).where(texts.c.id == sa.bindparam("of")).values(body=sa.bindparam("new"))
    )
    last = -1
    while rows := connection.execute(some.where(texts.c.id > last)).all():
        last = rows[-1].id
        changed = [{"of": of, "new": new} for of, old in rows if (new := _folded(old)) != old]
        if changed:
            connection.execute(change, changed)


def _folded(text: str) -> str:
    """As texts are written by the release of this schema."""
    text = text.casefold()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
