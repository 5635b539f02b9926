"""The form of a flow: the home of the values that a person, a link or a row of a table gives it."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from lfclient.console.form.entries import EnteredValue, Entries, InvalidEntry, SentFile, json_draft
from lfclient.flows.field import Field, FieldKind, Problem, ProblemCode
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import SECRET_HINT
from lfclient.flows.validation import SECRET_MASK, is_changed, is_secret_field, mask_secrets

FormUse = Literal["run", "chat", "present"]


@dataclass
class Form:
    """The entries of one flow: for its runs and its chat, for an opened run, or for a presentation.

    - `flow`: the flow after its choices, unless `has_unapplied_choices`.
    - `secrets`: the connection's, which are masked in whatever is stored.
    - `files`: the finished uploads, by server path.
    - `source`: a sentence about the origin of the values that filled the form, or "".
    - `edited`: the keys of fields that have changed since the form was filled.
    - `hints`: what to check before a run, by field key. A change of the field removes its hint,
      unless the hint asks for a secret.
    - `replaced`: the entries before the last fill, if a person had entered any, for *Restore*.
    - `seen_keys`: the fields that choices have shown.
    - `dropped_keys`: the fields whose entries no longer fit the flow.
    - `followers`: fields that get each value entered in another field, by that field's key.
    - `json_text`: the JSON editor's text, None until the editor is opened. `json_seed` is the text
      that it started with, `json_error` why it can't be read.
    """

    flow: Flow
    use: FormUse = "run"
    secrets: tuple[str, ...] = ()
    entries: Entries = dataclasses.field(default_factory=Entries)
    files: dict[str, SentFile] = dataclasses.field(default_factory=dict)
    source: str = ""
    edited: set[str] = dataclasses.field(default_factory=set)
    hints: dict[str, str] = dataclasses.field(default_factory=dict)
    replaced: Entries | None = None
    has_unapplied_choices: bool = False
    seen_keys: set[str] = dataclasses.field(default_factory=set)
    dropped_keys: list[str] = dataclasses.field(default_factory=list)
    followers: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    json_text: str | None = None
    json_seed: str = ""
    json_error: str = ""

    @property
    def fields(self) -> dict[str, Field]:
        """The form's fields by key; a chat's form has neither its message nor attachments."""
        fields = self.all_fields
        if self.use != "chat":
            return fields
        return {k: each for k, each in fields.items() if not (each.chat_input or each.chat_files)}

    @property
    def all_fields(self) -> dict[str, Field]:
        """All fields of the flow by key; choices have the defaults of the flow as it is stored."""
        fields = self.flow.fields_by_key
        if self.flow.refreshed:
            stored = self.flow.refreshed.stored.fields_by_key
            chosen = (key for key in self.flow.refreshed.choices if key in fields and key in stored)
            own = {key: replace(fields[key], default=stored[key].default) for key in chosen}
            fields = {**fields, **own}
        return fields

    def value(self, field: Field) -> Any:
        """Return the entered value, or the flow's own."""
        entered = self.entries.values.get(field.key)
        return field.default if entered is None else entered.value

    def overrides(self) -> dict[str, Any]:
        """Return the values that differ from the flow, by field key."""
        values = self.entries.values
        return {key: values[key].value for key in self.fields if key in values}

    def masked_overrides(self) -> dict[str, Any]:
        """Return `overrides` for storage, with secrets masked."""
        return mask_secrets(self.flow, self.overrides(), self.secrets)

    def is_modified(self, key: str) -> bool:
        """Return whether a field differs from the flow."""
        entries = self.entries
        return key in entries.values or key in entries.invalid or bool(entries.uploads.get(key))

    def set(self, field: Field, value: Any) -> None:
        """Set a value; None stands for the flow's own value."""
        is_own = not is_changed(field, value)
        self.enter(field.key, None if is_own else EnteredValue(field.kind.value, value))

    def enter(self, key: str, entry: EnteredValue | InvalidEntry | None) -> None:
        """Replace what was entered in a field; None removes it."""
        values, invalid = self.entries.values, self.entries.invalid
        before = values.pop(key, None), invalid.pop(key, None)
        if isinstance(entry, EnteredValue):
            values[key] = entry
        elif entry:
            invalid[key] = entry
        if before != (values.get(key), invalid.get(key)):
            self.edited.add(key)
            if self.hints.get(key) != SECRET_HINT:
                self.hints.pop(key, None)

    def reset(self, fields: Iterable[Field]) -> None:
        """Reset fields and their followers to the flow's own values."""
        known = self.all_fields
        for field in fields:
            followers = [known[key] for key in self.followers.get(field.key, ()) if key in known]
            for each in (field, *followers):
                self.drop_uploads(each.key)
                self.set(each, None)

    def load_values(self, overrides: Mapping[str, Any]) -> None:
        """Replace the form's values with valid overrides; a masked secret keeps the entered one."""
        for key, field in self.fields.items():
            self.drop_uploads(key)
            value = overrides.get(key)
            if not (value == SECRET_MASK and is_secret_field(field)):
                self.set(field, value)

    def drop_stale(self) -> None:
        """Drop entries whose parameter is gone or has another kind now.

        Those of fields that a choice has hidden are kept, without effect.
        """
        if self.has_unapplied_choices:
            return
        kinds = {key: field.kind.value for key, field in self.all_fields.items()}
        for key, entered in list(self.entries.values.items()):
            if kinds.get(key) != entered.kind and not self.is_hidden(key):
                del self.entries.values[key]
                self.dropped_keys.append(key)
        for key in self.entries.invalid.keys() - kinds:
            del self.entries.invalid[key]

    def is_hidden(self, key: str) -> bool:
        """Return whether a choice has hidden a parameter that the flow can have."""
        stored = self.flow.refreshed.stored.fields_by_key if self.flow.refreshed else {}
        return key not in self.all_fields and (key in self.seen_keys or key in stored)

    @property
    def active_hints(self) -> dict[str, str]:
        """The hints to show: without those for secrets that have been entered."""
        hints, fields = self.hints.items(), self.fields
        return {
            key: hint
            for key, hint in hints
            if key in fields and not (hint == SECRET_HINT and self.is_modified(key))
        }

    def collect_uploads(self) -> bool:
        """Enter the server paths of uploads that finished; return whether there were any."""
        count, fields = len(self.files), self.all_fields
        for key, uploads in list(self.entries.uploads.items()):
            if key not in fields:
                self.drop_uploads(key)
                continue
            field = fields[key]
            for upload in list(uploads):
                path = upload.ref.path if upload.ref else None
                if path is None:
                    continue
                uploads.remove(upload)
                self.files[path] = SentFile(upload.name, upload.size)
                self.set(field, [*(self.value(field) or []), path] if field.is_list else path)
        return len(self.files) > count

    def drop_uploads(self, key: str, *, only_ended: bool = False) -> None:
        """Cancel and forget a field's uploads; with `only_ended`, forget the failed ones only."""
        for upload in list(self.entries.uploads.get(key, [])):
            if upload.ended.is_set() or not only_ended:
                upload.cancel()
                self.entries.uploads[key].remove(upload)

    def file_problems(self, fields: Iterable[Field]) -> list[Problem]:
        """Return the problems of unfinished and failed uploads, and of empty files."""
        problems = []
        for field in fields:
            for upload in self.entries.uploads.get(field.key, ()):
                problems += [Problem(field.key, "error", error) for error in upload.errors]
                if not upload.ended.is_set():
                    message = f"“{upload.name}” is still uploading."
                    problems.append(Problem(field.key, "error", message, ProblemCode.UPLOADING))
            paths = file_paths(self.value(field)) if field.kind is FieldKind.FILE else []
            for sent in [self.files[path] for path in paths if path in self.files]:
                if sent.warning:
                    problems.append(Problem(field.key, "warning", sent.warning))
        return problems

    def to_draft(self) -> dict[str, Any]:
        """Return the form as JSON, without secrets."""
        entries, secrets = self.entries, self.secrets
        saved = entries.to_draft(self.flow, secrets)
        has_edits = self.json_text != self.json_seed
        unsaved = entries.values.keys() - saved["values"].keys()
        return {
            **saved,
            "json": json_draft(self.json_text, self.flow, secrets) if has_edits else None,
            "files": self._files_in_use(),
            "source": self.source,
            "hints": {**self.hints, **dict.fromkeys(sorted(unsaved), SECRET_HINT)},
            "edited": sorted(self.edited),
            "replaced": self.replaced.to_draft(self.flow, secrets) if self.replaced else None,
        }

    def restore(self, draft: Mapping[str, Any]) -> None:
        """Fill a new form with what `to_draft` returned.

        Raises `KeyError`, `TypeError` or `ValueError` for the draft of another version.
        """
        fields, replaced = self.flow.fields_by_key, draft["replaced"]
        self.entries = Entries.from_draft(draft, fields)
        self.json_text = draft["json"]
        self.files = {path: SentFile(*sent) for path, sent in draft["files"].items()}
        self.source, self.hints = draft["source"], draft["hints"]
        self.edited = set(draft["edited"])
        self.replaced = Entries.from_draft(replaced, fields) if replaced else None

    def _files_in_use(self) -> dict[str, list[Any]]:
        values = self.entries.values.values()
        files = [each.value for each in values if each.kind == FieldKind.FILE.value]
        used = {path for value in files for path in file_paths(value)}
        return {path: [sent.name, sent.size] for path, sent in self.files.items() if path in used}
