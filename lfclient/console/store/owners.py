"""Change the owner of records."""

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update
from sqlalchemy.orm import aliased

from lfclient.console.store.tables import DraftRow, LabelRow, PresetRow, RunRow


def change_owner(connection: Connection, old: str, new: str) -> list[str]:
    """Give all runs, presets and drafts of one owner to another; return the ids of the runs.

    Those that the new owner already has stay: runs of the same job, presets of the same name,
    drafts of the same form.
    """
    theirs = aliased(RunRow)
    run_ids = connection.execute(
        update(RunRow)
        .where(
            RunRow.owner == old,
            _has_none(theirs.owner == new, theirs.submit_token == RunRow.submit_token),
            _has_none(theirs.owner == new, theirs.job_id == RunRow.job_id),
        )
        .values(owner=new, version=RunRow.version + 1)
        .returning(RunRow.id)
    ).scalars()
    moved = list(run_ids)
    if moved:
        of_moved = select(RunRow.id).where(RunRow.owner == new, RunRow.id == LabelRow.run_id)
        labels = update(LabelRow).where(LabelRow.owner == old, of_moved.exists())
        connection.execute(labels.values(owner=new))
    preset = aliased(PresetRow)
    same_flow = and_(preset.owner == new, preset.flow_id == PresetRow.flow_id)
    connection.execute(
        update(PresetRow)
        .where(PresetRow.owner == old, _has_none(same_flow, preset.name == PresetRow.name))
        .values(
            owner=new,
            is_default=and_(
                PresetRow.is_default, _has_none(same_flow, preset.is_default.is_(True))
            ),
        )
    )
    draft = aliased(DraftRow)
    same_form = and_(draft.browser == DraftRow.browser, draft.name == DraftRow.name)
    connection.execute(
        update(DraftRow)
        .where(DraftRow.owner == old, _has_none(draft.owner == new, same_form))
        .values(owner=new)
    )
    return moved


def _has_none(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return ~exists().where(*conditions)
