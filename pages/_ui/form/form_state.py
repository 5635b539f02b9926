"""The state of a flow's form: the home of what a person enters.

`FormState.entries` holds each value, and the draft in the database is its only copy. A widget gets
its value from there when it is first drawn. Its changes are read back at the start of each rerun.
`replaced` holds the entries before the last fill, for *Restore*. Only the browser has text that it
has not sent yet: `page.js`, and `chat_box.js` for Chat, keep that text.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import streamlit as st

from lfclient.common.json_text import LONE_SURROGATE, has_lone_surrogate
from lfclient.console.form.entries import EnteredValue, Entries, InvalidEntry, SentFile, json_draft
from lfclient.flows.field import Field, FieldKind, Problem
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import SECRET_HINT
from lfclient.flows.validation import (
    SECRET_MASK,
    is_changed,
    is_secret_field,
    mask_secrets,
)
from pages._ui.form.widgets import LiveWidget, Widget, shows_default
from pages._ui.state.browser import load_draft, save_draft

_FORMS = "forms"
FormUse = Literal["run", "chat", "present"]
_WIDGET_COUNT = "form-widgets-made"
_MAX_FORMS = 30  # forms per Streamlit session; the least recently used is dropped first


@dataclass
class FormState:
    """The entries of one flow: for its runs and its chat, for an opened run, or for a presentation.

    - `run_id`: the opened run whose inputs filled the form, or "".
    - `secrets`: the connection's, which are masked in whatever is stored.
    - `json_text`: the JSON editor's text, None until the editor is opened. `json_seed` is the text
      that it started with.
    - `files`: the finished uploads, by server path. `upload_counts`: file choices, by field key.
    - `source`: a sentence about the origin of the values that filled the form, or "".
    - `edited`: the keys of fields that have changed since the form was filled.
    - `hints`: what to check before a run, by field key. A change of the field removes its hint,
      unless the hint asks for a secret.
    - `replaced`: the entries before the last fill, if a person had entered any.
    - `was_refused`: whether a run was refused, so that each field shows its problem.
    - `scroll_token`: set until the page has scrolled to the first problem of a refused run.
    - `shown_key`: the field that a button elsewhere led to, or "".
    - `keys_to_open`: the fields that the form reveals when it is next drawn.
    - `flow`: the flow after its choices, unless `has_unapplied_choices`.
    - `seen_keys`: the fields that choices have shown.
    - `followers`: fields that get each value entered in another field, by that field's key.
    """

    owner: str
    flow: Flow
    use: FormUse = "run"
    run_id: str = ""
    secrets: tuple[str, ...] = ()
    entries: Entries = dataclasses.field(default_factory=Entries)
    live_widgets: dict[str, LiveWidget] = dataclasses.field(default_factory=dict)
    dropped_keys: list[str] = dataclasses.field(default_factory=list)
    json_text: str | None = None
    json_seed: str = ""
    json_error: str = ""
    saved_draft: str = ""
    files: dict[str, SentFile] = dataclasses.field(default_factory=dict)
    upload_counts: Counter[str] = dataclasses.field(default_factory=Counter)
    source: str = ""
    hints: dict[str, str] = dataclasses.field(default_factory=dict)
    edited: set[str] = dataclasses.field(default_factory=set)
    replaced: Entries | None = None
    was_refused: bool = False
    scroll_token: str = ""
    shown_key: str = ""
    keys_to_open: set[str] = dataclasses.field(default_factory=set)
    has_unapplied_choices: bool = False
    seen_keys: set[str] = dataclasses.field(default_factory=set)
    followers: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The form's name, unique among the forms of its owner."""
        part = "present" if self.use == "present" else self.run_id
        return f"{self.flow.id}-{part}" if part else self.flow.id

    def key(self, part: str) -> str:
        """Return the key of a part of the form."""
        return f"{part}-{self.owner[:12]}-{self.name}"

    @property
    def all_parameters_key(self) -> str:
        """The key of the expander that holds the components."""
        return self.key("all-parameters")

    def component_key(self, component_id: str) -> str:
        """Return the key of a component's expander."""
        return f"{self.key('open')}-{component_id}"

    @property
    def fields(self) -> dict[str, Field]:
        """The form's fields by key; a chat's form has neither its message nor attachments."""
        fields = self._all_fields
        if self.use != "chat":
            return fields
        return {k: each for k, each in fields.items() if not (each.chat_input or each.chat_files)}

    @property
    def _all_fields(self) -> dict[str, Field]:
        """The defaults of choices are those of the flow as it is stored."""
        fields = self.flow.fields_by_key
        if self.flow.refreshed:
            stored = self.flow.refreshed.stored.fields_by_key
            chosen = (key for key in self.flow.refreshed.choices if key in fields and key in stored)
            own = {key: replace(fields[key], default=stored[key].default) for key in chosen}
            fields = {**fields, **own}
        return fields

    def overrides(self) -> dict[str, Any]:
        """Return the values that differ from the flow, by field key."""
        values = self.entries.values
        return {key: values[key].value for key in self.fields if key in values}

    def masked_overrides(self) -> dict[str, Any]:
        """Return `overrides` for storage, with secrets masked."""
        return mask_secrets(self.flow, self.overrides(), self.secrets)

    def value(self, field: Field) -> Any:
        """Return the entered value, or the flow's own."""
        entered = self.entries.values.get(field.key)
        return field.default if entered is None else entered.value

    def set(self, field: Field, value: Any) -> None:
        """Set a value and rebuild the widget; None stands for the flow's own value."""
        self._put(field, value)
        self._discard_widget(field.key)

    def _put(self, field: Field, value: Any) -> None:
        """Set a value that the widget already shows."""
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

    def _discard_widget(self, key: str) -> None:
        """Discard the widget, so that it is rebuilt when it is next drawn."""
        live = self.live_widgets.pop(key, None)
        if live:
            for suffix in live.widget.suffixes:
                st.session_state.pop(live.key + suffix, None)

    def is_modified(self, key: str) -> bool:
        """Return whether a field differs from the flow."""
        entries = self.entries
        return key in entries.values or key in entries.invalid or bool(entries.uploads.get(key))

    @property
    def active_hints(self) -> dict[str, str]:
        """The hints to show: without those for secrets that have been entered."""
        hints, fields = self.hints.items(), self.fields
        return {
            key: hint
            for key, hint in hints
            if key in fields and not (hint == SECRET_HINT and self.is_modified(key))
        }

    def live_widget(self, field: Field, widget: Widget) -> LiveWidget:
        """Return the field's live widget of this type, or seed a new one.

        A new widget gets a key that was never used before.
        """
        live = self.live_widgets.get(field.key)
        if live is not None and type(live.widget) is type(widget):
            live.widget = widget  # its options may have changed
            return live
        self._discard_widget(field.key)
        st.session_state[_WIDGET_COUNT] = st.session_state.get(_WIDGET_COUNT, 0) + 1
        key = f"field-{st.session_state[_WIDGET_COUNT]}-{field.key}"
        value = self.value(field)
        invalid = self.entries.invalid.get(field.key)
        if invalid and set(invalid.states) == set(widget.suffixes) and widget.seeded:
            states = dict(invalid.states)
        else:
            states = widget.seed(field, value)
        if widget.seeded:
            st.session_state.update({key + suffix: shown for suffix, shown in states.items()})
        live = self.live_widgets[field.key] = LiveWidget(key, widget, states, value)
        return live

    def read_widgets(self) -> None:
        """Read the changes that the widgets received since the last rerun."""
        fields = self._all_fields
        for key, live in list(self.live_widgets.items()):
            current = live.current_states()
            if key not in fields or not current:
                self._discard_widget(key)
                continue
            states = {**live.states, **current}
            if states != live.states:
                live.states = states
                self._read_widget(fields[key], live)
                for other in self.followers.get(key, ()):
                    if other in fields:
                        self.set(fields[other], self.value(fields[key]))

    def _read_widget(self, field: Field, live: LiveWidget) -> None:
        try:
            value = live.widget.read(field, live.states, live.seed_value)
            if has_lone_surrogate(value):  # from a table's cell; no widget could show it again
                raise ValueError(LONE_SURROGATE)
        except ValueError as error:
            self.enter(field.key, InvalidEntry(live.states, str(error)))
            return
        self._put(field, None if shows_default(field, live.widget, live.states, value) else value)

    def discard_undrawn(self, drawn: Collection[str]) -> None:
        """Discard the widgets that this rerun did not draw."""
        for key in set(self.live_widgets) - set(drawn):
            self._discard_widget(key)

    def drop_stale(self) -> None:
        """Drop entries whose parameter is gone or has another kind now.

        Those of fields that a choice has hidden are kept, without effect.
        """
        if self.has_unapplied_choices:
            return
        kinds = {key: field.kind.value for key, field in self._all_fields.items()}
        for key, entered in list(self.entries.values.items()):
            if kinds.get(key) != entered.kind and not self.is_hidden(key):
                del self.entries.values[key]
                self._discard_widget(key)
                self.dropped_keys.append(key)
        for key in self.entries.invalid.keys() - kinds:
            del self.entries.invalid[key]

    def is_hidden(self, key: str) -> bool:
        """Return whether a choice has hidden a parameter that the flow can have."""
        stored = self.flow.refreshed.stored.fields_by_key if self.flow.refreshed else {}
        return key not in self._all_fields and (key in self.seen_keys or key in stored)

    def collect_uploads(self) -> bool:
        """Enter the server paths of uploads that finished; return whether there were any."""
        count, fields = len(self.files), self._all_fields
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

    def unfinished_uploads(self) -> list[Problem]:
        """Return a problem for each upload in progress: a run started now would lack the file."""
        return [
            Problem(key, "error", f"“{upload.name}” is still uploading.")
            for key in self.fields
            for upload in self.entries.uploads.get(key, ())
            if not upload.ended.is_set()
        ]

    def file_problems(self, fields: Iterable[Field]) -> list[Problem]:
        """Return the problems of failed uploads and of empty files."""
        problems = []
        for field in fields:
            for upload in self.entries.uploads.get(field.key, ()):
                problems += [Problem(field.key, "error", error) for error in upload.errors]
            paths = file_paths(self.value(field)) if field.kind is FieldKind.FILE else []
            for sent in [self.files[path] for path in paths if path in self.files]:
                if sent.warning:
                    problems.append(Problem(field.key, "warning", sent.warning))
        return problems

    def save(self) -> None:
        """Save the entries as a draft for a reload, without secrets.

        An opened run that was only read leaves no draft: they are limited in number.
        """
        entries = self.entries
        if self.run_id and not self.edited and not self.saved_draft:
            return
        to_draft = partial(Entries.to_draft, flow=self.flow, secrets=self.secrets)
        saved = to_draft(entries)
        has_edits = self.json_text != self.json_seed
        unsaved = entries.values.keys() - saved["values"].keys()
        draft = {
            **saved,
            "json": json_draft(self.json_text, self.flow, self.secrets) if has_edits else None,
            "files": self._files_in_use(),
            "source": self.source,
            "hints": {**self.hints, **dict.fromkeys(sorted(unsaved), SECRET_HINT)},
            "edited": sorted(self.edited),
            "replaced": to_draft(self.replaced) if self.replaced else None,
        }
        text = json.dumps(draft)
        if text != self.saved_draft:
            self.saved_draft = text
            save_draft(self.owner, self.name, draft)

    def _files_in_use(self) -> dict[str, list[Any]]:
        values = self.entries.values.values()
        files = [each.value for each in values if each.kind == FieldKind.FILE.value]
        used = {path for value in files for path in file_paths(value)}
        return {path: [sent.name, sent.size] for path, sent in self.files.items() if path in used}

    def load_values(self, overrides: Mapping[str, Any]) -> None:
        """Replace the form's values with valid overrides; a masked secret keeps the entered one."""
        for key, field in self.fields.items():
            self.drop_uploads(key)
            value = overrides.get(key)
            if not (value == SECRET_MASK and is_secret_field(field)):
                self.set(field, value)

    def reset(self, fields: Iterable[Field]) -> None:
        """Reset fields and their followers to the flow's own values."""
        known = self._all_fields
        for field in fields:
            followers = [known[key] for key in self.followers.get(field.key, ()) if key in known]
            for each in (field, *followers):
                self.drop_uploads(each.key)
                self.set(each, None)


def form_state(
    owner: str,
    flow: Flow,
    secrets: tuple[str, ...] = (),
    *,
    use: FormUse = "run",
    run_id: str = "",
) -> FormState:
    """Return the form state of this Streamlit session, restored from this browser's draft.

    A chat shares the form of the runs, so that a model or a key is entered once. A presentation has
    its own: it begins with the values that its audience gets. So does each opened run, `run_id`: to
    read it changes nothing that a person has entered.
    """
    forms: dict[tuple[str, str, str], FormState] = st.session_state.setdefault(_FORMS, {})
    key = (owner, flow.id, run_id or ("run" if use == "chat" else use))
    state = forms.pop(key, None)
    if state is None:
        state = FormState(owner, flow, use, run_id)
        if draft := load_draft(owner, state.name):
            try:
                state.entries = Entries.from_draft(draft, flow.fields_by_key)
                state.json_text = draft["json"]
                state.files = {path: SentFile(*sent) for path, sent in draft["files"].items()}
                state.source, state.hints = draft["source"], draft["hints"]
                state.keys_to_open.update(state.hints)
                state.edited = set(draft["edited"])
                if draft["replaced"]:
                    state.replaced = Entries.from_draft(draft["replaced"], flow.fields_by_key)
            except (KeyError, TypeError, ValueError):  # another version's draft
                state = FormState(owner, flow, use, run_id)
    state.secrets, state.use = secrets, use
    state.read_widgets()
    if state.flow.refreshed is None:  # else `apply_choices` replaces it
        state.flow = flow
    forms[key] = state
    for old in list(forms)[: max(len(forms) - _MAX_FORMS, 0)]:
        forms.pop(old).discard_undrawn(set())
    return state
