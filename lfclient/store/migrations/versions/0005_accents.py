"""What runs are found by, without accents."""

import sqlalchemy as sa
from alembic import op

from lfclient.store.summary import folded

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AT_ONCE = 200


def upgrade() -> None:
    texts = sa.table("run_texts", sa.column("id"), sa.column("body"))
    some = sa.select(texts).order_by(texts.c.id).limit(_AT_ONCE)
    change = (
        sa.update(texts).where(texts.c.id == sa.bindparam("of")).values(body=sa.bindparam("new"))
    )
    connection = op.get_bind()
    last = -1
    while rows := connection.execute(some.where(texts.c.id > last)).all():
        last = rows[-1].id
        changed = [{"of": of, "new": new} for of, old in rows if (new := folded(old)) != old]
        if changed:
            connection.execute(change, changed)
