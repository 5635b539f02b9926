"""What is said to the database about each run, put together once: that takes longer than its work.

In all of them `the_run` is its id; what an INSERT or UPDATE sets are the other values given.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, update

from lfclient.console.store.tables import LabelRow, PieceRow, RunRow, TextRow

RUNS, TEXTS, PIECES = RunRow.__table__, TextRow.__table__, PieceRow.__table__
LABELS = LabelRow.__table__
_THIS = bindparam("the_run")

# unless what is kept is newer, or another process's
CHANGE_RUN = (
    update(RUNS)
    .where(
        RUNS.c.id == _THIS,
        RUNS.c.version <= bindparam("the_version"),
        RUNS.c.worker == bindparam("the_worker"),
    )
    .returning(RUNS.c.answer_bytes)
)
CHANGE_ANSWER = update(RUNS).where(RUNS.c.id == _THIS)
RUN_OF_CLICK = select(RUNS).where(
    RUNS.c.owner == bindparam("the_owner"), RUNS.c.click == bindparam("the_click")
)
RUN = select(RUNS).where(RUNS.c.id == _THIS)
NEW_TEXT = insert(TEXTS).inline()
CHANGE_TEXT = update(TEXTS).where(TEXTS.c.run_id == _THIS)
NEW_PIECE = insert(PIECES)
NO_PIECES = delete(PIECES).where(PIECES.c.run_id == _THIS)
PIECES_OF = select(PIECES.c.body).where(PIECES.c.run_id == _THIS).order_by(PIECES.c.seq)
LABELS_OF = (
    select(LABELS.c.run_id, LABELS.c.label)
    .where(LABELS.c.run_id.in_(bindparam("the_runs", expanding=True)))
    .order_by(LABELS.c.label)
)
