"""The paths of uploaded files that a flow stores. Pure.

A server owns a path in the list of its user's files, and the paths of a flow's own uploads. Other
paths come from another machine, or their file was deleted.
"""

from collections.abc import Callable, Collection, Mapping

from lfclient.common.coerce import as_dict
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow


def missing_paths(flow: Flow, value: Json, files: Collection[str] | None) -> list[str]:
    """Return the paths in a field's value that the server doesn't own.

    `files` are the paths of the user's files. The result is empty if they are None.
    """
    if not isinstance(value, (str, list)):
        return []
    return [path for path in file_paths(value) if not _is_owned(path, flow.id, files)]


def remove_files(data: Json, files: Collection[str]) -> Json:
    """Return a flow's graph without the stored paths that are not in `files`."""
    return _with_entries(data, lambda entry: _without_missing(entry, files))


def dropped_files(old: JsonObject, new: JsonObject) -> dict[str, JsonObject]:
    """Return a component's old parameters, by name, with a file that the new definition lacks."""
    before, after = as_dict(old.get("template")), as_dict(new.get("template"))
    return {
        name: entry
        for name, entry in before.items()
        if as_dict(entry).get("type") == "file"
        and entry.get("file_path")
        and name in after
        and not as_dict(after[name]).get("file_path")
    }


def restore_files(
    flow: Flow,
    definition: JsonObject,
    former: Mapping[str, JsonObject],
    files: Collection[str] | None,
) -> JsonObject:
    """Return a definition with the `former` parameters' files that the server owns.

    `files` are as for `missing_paths`.
    """
    template: JsonObject = dict(definition["template"])
    for name, entry in former.items():
        if not missing_paths(flow, entry["file_path"], files):
            values = {key: entry[key] for key in ("value", "file_path") if key in entry}
            template[name] = {**template[name], **values}
    return {**definition, "template": template}


def replaced_files(flow: Flow, overrides: Collection[str]) -> JsonObject:
    """Return empty values, by key, for stored files that a run doesn't read.

    An override replaces the file, or its component doesn't run.
    """
    return {
        field.key: [] if field.is_list else ""
        for field in flow.fields
        if _stores_file(field) and (field.key in overrides or not field.runs)
    }


def _stores_file(field: Field) -> bool:
    return field.kind is FieldKind.FILE and bool(field.default)


def _is_owned(path: Json, flow_id: str, files: Collection[str] | None) -> bool:
    if files is None:
        return True
    is_upload = bool(flow_id) and str(path).startswith(f"{flow_id}/")
    return is_upload or (isinstance(path, str) and path in files)


def _with_entries(value: Json, change: Callable[[JsonObject], JsonObject]) -> Json:
    """Return the JSON with each file parameter changed."""
    if isinstance(value, list):
        return [_with_entries(part, change) for part in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "file" and ("file_path" in value or "value" in value):
        return change(value)
    return {name: _with_entries(part, change) for name, part in value.items()}


def _without_missing(entry: JsonObject, files: Collection[str]) -> JsonObject:
    """Return a file parameter without the paths that are not in `files`."""
    stored = entry.get("file_path") or entry.get("value")
    if not stored or not isinstance(stored, (str, list)):
        return entry
    kept = [path for path in file_paths(stored) if _is_owned(path, "", files)]
    if len(kept) == len(file_paths(stored)):
        return entry
    left: Json = kept if isinstance(stored, list) else ""
    return {**entry, "file_path": left, **({"value": ""} if "value" in entry else {})}
