"""Keeps of an answer what is to be kept, and removes what is too old or too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from lfclient.keeping import Keeping
from lfclient.outputs import Output
from lfclient.progress import ComponentRun
from lfclient.run import Run, RunStatus
from lfclient.store import statements
from lfclient.store.codec import dump_run
from lfclient.store.database import Database
from lfclient.store.drafts import KeptDrafts
from lfclient.store.models import PieceRow, RunRow
from lfclient.store.not_kept import NO_OUTPUTS
from lfclient.store.quick import Execute
from lfclient.store.record import AnswerKept, RunRecord
from lfclient.store.rows import microseconds

UNFINISHED = [status.value for status in RunStatus if not status.ended]
_AT_ONCE = 200  # rows of one transaction, so that nobody waits long for it
_TOGETHER = 1_000_000  # bytes of an answer that are handed over at once

_UNTOLD = "*This console keeps no questions: where the run was started, it may still be shown.*"


def wanted(record: RunRecord, run: Run, keeping: Keeping) -> tuple[AnswerKept, Run]:
    """What of a run's answer is to be kept, as far as it is not too large."""
    if not keeping.outputs:
        return AnswerKept.NOT_WANTED, without_values(run, AnswerKept.NOT_WANTED)
    if record.inputs_kept and keeping.inputs:
        return record.answer_kept, run  # of one that was read, a part may be missing already
    return AnswerKept.WITHOUT_INPUTS, without_inputs(run)


def write_answer(
    execute: Execute,
    run_id: str,
    run: Run,
    kept: AnswerKept,
    keeping: Keeping,
    before: int,
) -> dict[str, Any]:
    """Put a run's answer in the place of what there was; the columns that tell what of it.

    `run` is what is `wanted` of it, and `kept` says what that is. `before` is how many bytes there
    are to be replaced.
    """
    for smaller, part in _smaller_and_smaller(run, kept):
        if before:
            execute(statements.NO_PIECES, {"the_run": run_id})
        size = before = 0
        some: list[dict[str, Any]] = []
        for seq, body in enumerate(dump_run(part)):
            size += len(body)
            if smaller not in NO_OUTPUTS and size > (keeping.answer_bytes or size):
                break
            some.append({"run_id": run_id, "seq": seq, "body": body})
            if size - before > _TOGETHER:
                execute(statements.NEW_PIECE, some)
                before, some = size, []
        else:
            if some:
                execute(statements.NEW_PIECE, some)
            return {"answer_kept": smaller.value, "answer_bytes": size}
    raise AssertionError("an answer without its values is always kept")


def _smaller_and_smaller(run: Run, kept: AnswerKept) -> Iterator[tuple[AnswerKept, Run]]:
    yield kept, run
    if kept is AnswerKept.WHOLE:
        yield AnswerKept.WITHOUT_RAW, replace(run, raw={})
    yield AnswerKept.TOO_LARGE, without_values(run, AnswerKept.TOO_LARGE)


def without_inputs(run: Run) -> Run:
    """What a run returned, without all else in which its inputs may stand."""
    messages = {name: each for name, each in run.messages.items() if each.sender == "Machine"}
    return replace(_without_parts(run), messages=messages)


def without_values(run: Run, why: AnswerKept) -> Run:
    """What happened in a run, without what it returned or said."""

    def emptied(output: Output) -> Output:
        return replace(
            output, value=None, note=f"Not kept: {NO_OUTPUTS[why]}.", parts={}, extras=()
        )

    outputs = {name: emptied(output) for name, output in run.outputs.items()}
    return replace(_without_parts(run), messages={}, outputs=outputs)


def _without_parts(run: Run) -> Run:
    """Without the raw answer, what each component returned, logged and failed at, and the words of
    a question.
    """

    def emptied(component: ComponentRun) -> ComponentRun:
        error = component.error and replace(component.error, traceback=None)
        return replace(component, output=None, log=(), error=error)

    return replace(
        run,
        raw={},
        metadata={},
        components={name: emptied(component) for name, component in run.components.items()},
        errors=tuple(replace(error, traceback=None) for error in run.errors),
        waiting_for=run.waiting_for and replace(run.waiting_for, prompt=_UNTOLD),
    )


class Cleaner:
    """Removes what is to be kept no longer, in small transactions."""

    def __init__(self, database: Database, keeping: Keeping, drafts: KeptDrafts) -> None:
        self._database = database
        self._keeping = keeping
        self._drafts = drafts

    def clean(self, now: datetime) -> list[str]:
        """Remove what is too old or too much; the ids of the runs that are gone.

        Raises `StoreError`; what was removed before stays so, and the next call goes on.
        """
        gone: list[str] = []
        if self._keeping.days is not None:
            since = microseconds(now - timedelta(days=self._keeping.days))
            gone += self._remove(RunRow.created_at < since)
        if self._keeping.runs is not None:
            youngest = select(RunRow.created_at).order_by(RunRow.created_at.desc())
            with self._database.read() as connection:
                limit = connection.execute(youngest.offset(self._keeping.runs).limit(1)).scalar()
            if limit is not None:
                gone += self._remove(RunRow.created_at <= limit)
        keep = {"days": self._keeping.days, "keep": self._keeping.inputs}
        if any([self._drafts.clean(now, **keep), self._make_room(), gone]):
            self._database.overwrite()
        return gone

    def _remove(self, which: ColumnElement[bool]) -> list[str]:
        removable = (which, ~RunRow.starred, RunRow.status.not_in(UNFINISHED))
        some = select(RunRow.id).where(*removable).limit(_AT_ONCE)
        gone: list[str] = []
        while True:
            with self._database.write() as connection:
                # asked again of the row itself, which may have got its star meanwhile
                removed = delete(RunRow).where(RunRow.id.in_(some), *removable)
                ids = list(connection.execute(removed.returning(RunRow.id)).scalars())
            gone += ids
            if len(ids) < _AT_ONCE:
                return gone

    def _make_room(self) -> bool:
        """Whether there was something to remove."""
        if self._keeping.total_bytes is None:
            return False
        taken = select(func.coalesce(func.sum(RunRow.answer_bytes), 0))
        oldest = (
            select(RunRow.id, RunRow.answer_bytes)
            .where(RunRow.answer_bytes > 0, ~RunRow.starred, RunRow.status.not_in(UNFINISHED))
            .order_by(RunRow.created_at)
            .limit(_AT_ONCE)
        )
        removed = False
        while True:
            with self._database.write() as connection:
                if not self._database.cleans(connection):
                    return removed
                surplus = int(connection.execute(taken).scalar_one()) - self._keeping.total_bytes
                leaving = []
                for run_id, size in connection.execute(oldest):
                    if surplus <= 0:
                        break
                    leaving.append(run_id)
                    surplus -= size
                if not leaving:
                    return removed
                removed = True
                connection.execute(delete(PieceRow).where(PieceRow.run_id.in_(leaving)))
                connection.execute(
                    update(RunRow)
                    .where(RunRow.id.in_(leaving))
                    .values(answer_bytes=0, answer_kept=AnswerKept.REMOVED.value)
                )
