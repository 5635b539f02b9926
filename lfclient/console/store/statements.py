"""What is said to the database about each run, put together once: that takes longer than its work.

In all of them `target_id` is its id; what an INSERT or UPDATE sets are the other values given.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, update

from lfclient.console.store.tables import LabelRow, ResponseChunkRow, RunRow, SearchTextRow

RUNS, TEXTS, PIECES = RunRow.__table__, SearchTextRow.__table__, ResponseChunkRow.__table__
LABELS = LabelRow.__table__
_THIS = bindparam("target_id")

# unless what is kept is newer, or another process's
CHANGE_RUN = (
    update(RUNS)
    .where(
        RUNS.c.id == _THIS,
        RUNS.c.version <= bindparam("max_version"),
        RUNS.c.worker == bindparam("current_worker"),
    )
    .returning(RUNS.c.response_bytes)
)
CHANGE_ANSWER = update(RUNS).where(RUNS.c.id == _THIS)
RUN = select(RUNS).where(RUNS.c.id == _THIS)
NEW_TEXT = insert(TEXTS).inline()
CHANGE_TEXT = update(TEXTS).where(TEXTS.c.run_id == _THIS)
NEW_PIECE = insert(PIECES)
NO_PIECES = delete(PIECES).where(PIECES.c.run_id == _THIS)
PIECES_OF = select(PIECES.c.body).where(PIECES.c.run_id == _THIS).order_by(PIECES.c.seq)
LABELS_OF = (
    select(LABELS.c.run_id, LABELS.c.label)
    .where(LABELS.c.run_id.in_(bindparam("target_ids", expanding=True)))
    .order_by(LABELS.c.label)
)
