"""What is entered into a flow's form: independent of which widgets are drawn at the moment.

The truth is `FormState`, one for each server and flow and session. Widgets are seeded from it and
read back into it at the beginning of each rerun, whether or not they are drawn again.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.flows.field import Field, FieldKind, Problem
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.validation import (
    SECRET_MASK,
    check_value,
    is_changed,
    is_secret_field,
    mask_secrets,
)
from pages._ui.form.entries import EnteredValue, Entries, PresetLink
from pages._ui.form.table_widgets import base_rows_key
from pages._ui.form.uploads import Upload
from pages._ui.form.widgets import Widget, WidgetStates, shows_default
from pages._ui.state import browser
from pages._ui.state.drafts import drafts

_FORMS = "forms"
_WIDGET_COUNT = "form-widgets-made"
_MAX_FORMS = 30  # in one session; the one not used for longest goes first


@dataclass
class LiveWidget:
    """A field's widget that is in the page: its key, what it is, what it was last seen to hold."""

    key: str
    widget: Widget
    states: WidgetStates
    seed_value: Any


@dataclass(frozen=True)
class SentFile:
    """A file that was sent to the server, as it was called here; its size in bytes."""

    name: str
    size: int


@dataclass
class Prefill:
    """Where a form's values came from, in a sentence, and what they were: `entries`.

    `hints` are what is to be said at fields, by key, until something else is entered there.
    """

    source: str
    entries: Entries
    hints: dict[str, str]


def empty_file_warning(sent: SentFile) -> str:
    """The warning about a file without content."""
    return f"“{sent.name}” is empty."


@dataclass
class FormState:
    """Everything entered for one flow, for its runs or for its `chat`. `wrong` are texts that make
    no value, by key.

    `uploads` are the files, by key, that were chosen and are not there yet, or failed; `files` what
    is known of those that are there, by path; `choices` how often one was chosen, by key.
    `filled` is what it was last filled with from elsewhere, `former` what had been typed by then.
    `refused`: a run of it was, so that each field says what it lacks; `to_sight` is a mark for the
    first of them, until it was brought into sight.
    """

    owner: str
    flow_id: str
    chat: bool = False
    values: dict[str, EnteredValue] = dataclasses.field(default_factory=dict)
    invalid: dict[str, WidgetStates] = dataclasses.field(default_factory=dict)
    errors: dict[str, str] = dataclasses.field(default_factory=dict)
    live_widgets: dict[str, LiveWidget] = dataclasses.field(default_factory=dict)
    dropped_keys: list[str] = dataclasses.field(default_factory=list)
    json_text: str | None = None
    json_seed: str = ""
    json_error: str = ""
    saved_draft: str = ""
    uploads: dict[str, list[Upload]] = dataclasses.field(default_factory=dict)
    files: dict[str, SentFile] = dataclasses.field(default_factory=dict)
    upload_counts: Counter[str] = dataclasses.field(default_factory=Counter)
    preset_link: PresetLink | None = None
    prefill: Prefill | None = None
    previous: list[Entries] = dataclasses.field(default_factory=list)
    was_refused: bool = False
    scroll_token: str = ""

    @property
    def name(self) -> str:
        """Tells it from other forms of its owner."""
        return f"{self.flow_id}-chat" if self.chat else self.flow_id

    def overrides(self, fields: Mapping[str, Field]) -> dict[str, Any]:
        """What differs from the flow."""
        return {key: self.values[key].value for key in fields if key in self.values}

    def value(self, field: Field) -> Any:
        """What is entered, else the flow's own."""
        entered = self.values.get(field.key)
        return field.default if entered is None else entered.value

    def set(self, field: Field, value: Any) -> None:
        """Enter a value from outside its widget, which is made anew; None stands for the flow's."""
        self.put(field, value)
        self.discard_widget(field.key)

    def put(self, field: Field, value: Any) -> None:
        """Enter a value as its widget shows it."""
        self.invalid.pop(field.key, None)
        self.errors.pop(field.key, None)
        if is_changed(field, value):
            self.values[field.key] = EnteredValue(field.kind.value, value)
        else:
            self.values.pop(field.key, None)

    def discard_widget(self, key: str) -> None:
        """Have the widget made anew when it is next drawn."""
        gone = self.live_widgets.pop(key, None)
        if gone:
            for suffix in gone.widget.suffixes:
                st.session_state.pop(gone.key + suffix, None)
            st.session_state.pop(base_rows_key(gone.key), None)

    def is_modified(self, key: str) -> bool:
        """Whether a field differs from the flow."""
        return key in self.values or key in self.invalid or bool(self.uploads.get(key))

    def has_widget(self, field: Field, widget: Widget) -> bool:
        """Whether the field's widget is there, and still of the right sort."""
        live = self.live_widgets.get(field.key)
        return live is not None and type(live.widget) is type(widget)

    def make_widget(self, field: Field, widget: Widget) -> LiveWidget:
        """Seed a new widget with what is entered; its key was never used before."""
        self.discard_widget(field.key)
        st.session_state[_WIDGET_COUNT] = st.session_state.get(_WIDGET_COUNT, 0) + 1
        key = f"field-{st.session_state[_WIDGET_COUNT]}-{field.key}"
        base = self.value(field)
        states = self.invalid.get(field.key)
        if states is None or set(states) != set(widget.suffixes) or not widget.seeded:
            states = widget.seed(field, base)
        if widget.seeded:
            for suffix, shown in states.items():
                st.session_state[key + suffix] = shown
        else:
            st.session_state[base_rows_key(key)] = base
        self.live_widgets[field.key] = LiveWidget(key, widget, dict(states), base)
        return self.live_widgets[field.key]

    def read_widgets(self, fields: Mapping[str, Field]) -> None:
        """Take over what people did to the widgets since the last rerun."""
        for key, live in list(self.live_widgets.items()):
            found = {
                suffix: _copy_state(st.session_state[live.key + suffix], live.widget)
                for suffix in live.widget.suffixes
                if live.key + suffix in st.session_state
            }
            field = fields.get(key)
            if field is None or (not found and live.widget.seeded):
                self.discard_widget(key)
                continue
            states = {**live.states, **found}
            if states == live.states:
                continue
            live.states = states
            self._read_widget(field, live, states)

    def _read_widget(self, field: Field, live: LiveWidget, states: WidgetStates) -> None:
        try:
            value = live.widget.read(field, states, live.seed_value)
        except ValueError as error:
            self.values.pop(field.key, None)
            self.invalid[field.key] = states
            self.errors[field.key] = str(error)
            return
        self.put(field, None if shows_default(field, live.widget, states, value) else value)

    def discard_undrawn(self, drawn: Collection[str]) -> None:
        """Let go of the widgets that this rerun did not draw."""
        for key in set(self.live_widgets) - set(drawn):
            self.discard_widget(key)

    def drop_stale(self, fields: Mapping[str, Field]) -> None:
        """Drop what was entered for a parameter that is gone, or is of another kind now."""
        for key, entered in list(self.values.items()):
            field = fields.get(key)
            if field is None or field.kind.value != entered.kind:
                del self.values[key]
                self.discard_widget(key)
                self.dropped_keys.append(key)
        for key in [key for key in self.invalid if key not in fields]:
            del self.invalid[key]
            self.errors.pop(key, None)

    def collect_uploads(self, fields: Mapping[str, Field]) -> bool:
        """Enter the paths of the files that have arrived at the server since the last rerun.

        Whether there are any.
        """
        known = len(self.files)
        for key, uploads in list(self.uploads.items()):
            field = fields.get(key)
            if field is None:
                self.drop_uploads(key)
                continue
            for upload in [each for each in uploads if each.ref]:
                uploads.remove(upload)
                self.files[upload.ref.path] = SentFile(upload.name, upload.size)
                before = self.value(field) or []
                self.set(field, [*before, upload.ref.path] if field.is_list else upload.ref.path)
        return len(self.files) > known

    def drop_uploads(self, key: str, *, only_ended: bool = False) -> None:
        """Forget the files of a field that are not there; with `only_ended` those that failed."""
        for upload in list(self.uploads.get(key, [])):
            if upload.ended.is_set() or not only_ended:
                upload.cancel()
                self.uploads[key].remove(upload)

    def unfinished_uploads(self) -> list[Problem]:
        """Which files are on their way: a run that is started now would go without them."""
        return [
            Problem(key, "error", f"“{upload.name}” is still being sent.")
            for key, uploads in self.uploads.items()
            for upload in uploads
            if not upload.ended.is_set()
        ]

    def file_problems(self, fields: Mapping[str, Field]) -> list[Problem]:
        """What is wrong with the files that were chosen, and those that are there."""
        found = [
            Problem(key, "error", sentence)
            for key, uploads in self.uploads.items()
            for upload in uploads
            for sentence in upload.errors
        ]
        for field in fields.values():
            if field.kind is FieldKind.FILE:
                sent = [
                    self.files[path] for path in file_paths(self.value(field)) if path in self.files
                ]
                empty = [empty_file_warning(each) for each in sent if not each.size]
                found += [Problem(field.key, "warning", sentence) for sentence in empty]
        return found

    def save(self, flow: Flow) -> None:
        """Keep what is entered for a reload, without secrets."""
        entries = Entries(self.values, self.invalid, self.errors, self.preset_link)
        draft = {
            **(entries.to_draft(flow) if entries or self.preset_link else {}),
            "json": self._json_without_secrets(flow),
            "files": self._files_in_use(),
            "former": [each.to_draft(flow) for each in self.previous],
            "filled": self.prefill
            and [self.prefill.source, self.prefill.entries.to_draft(flow), self.prefill.hints],
        }
        text = json.dumps(draft)
        if text != self.saved_draft:
            self.saved_draft = text
            drafts().save((browser.browser_id(), self.owner, self.name), draft)

    def _files_in_use(self) -> dict[str, list[Any]]:
        given = [each for each in self.values.values() if each.kind == FieldKind.FILE.value]
        used = {path for each in given for path in file_paths(each.value)}
        return {path: [sent.name, sent.size] for path, sent in self.files.items() if path in used}

    def _json_without_secrets(self, flow: Flow) -> str | None:
        """The text of the JSON editor; None if it holds a secret, or may hold one."""
        try:
            typed = json.loads(self.json_text or "null")
        except ValueError:
            return None if any(is_secret_field(field) for field in flow.fields) else self.json_text
        return (
            self.json_text
            if isinstance(typed, dict) and mask_secrets(flow, typed) == typed
            else None
        )


def form_state(owner: str, flow: Flow, *, chat: bool = False) -> FormState:
    """This session's, begun with what this browser had entered before a reload.

    A `chat` has its own: what is set for a run, and above all a file, is not for each message.
    """
    forms: dict[tuple[str, str, bool], FormState] = st.session_state.setdefault(_FORMS, {})
    key = (owner, flow.id, chat)
    form = forms.pop(key, None)
    if form is None:
        form = FormState(owner, flow.id, chat)
        draft = drafts().get((browser.browser_id(), owner, form.name)) or {}
        if "values" in draft:
            entries = Entries.read(draft)
            form.values, form.invalid, form.errors = entries.values, entries.invalid, entries.errors
            form.preset_link = entries.preset_link
        if draft.get("filled"):
            source, filled, hints = draft["filled"]
            form.prefill = Prefill(source, Entries.read(filled), hints)
        form.previous = [Entries.read(each) for each in draft.get("former", ())]
        form.json_text = draft.get("json")
        form.files = {path: SentFile(*sent) for path, sent in draft.get("files", {}).items()}
    forms[key] = form
    for old in list(forms)[: max(len(forms) - _MAX_FORMS, 0)]:
        forms.pop(old).discard_undrawn(set())
    return form


def load_values(form: FormState, flow: Flow, overrides: Mapping[str, Any]) -> None:
    """Make the form hold these overrides and nothing else, secrets that were masked excepted.

    What the flow has no place for, or not of that sort, is dropped and named on the form.
    """
    known = {field.key for field in flow.fields}
    form.dropped_keys += [key for key in overrides if key not in known]
    for field in flow.fields:
        form.drop_uploads(field.key)
        value = overrides.get(field.key)
        if value == SECRET_MASK and is_secret_field(field):
            continue
        if value is not None and any(p.level == "error" for p in check_value(field, value)):
            form.dropped_keys.append(field.key)
            value = None
        form.set(field, value)


def reset_fields(form: FormState, fields: Sequence[Field]) -> None:
    """Bring fields back to the flow's own values."""
    for field in fields:
        form.drop_uploads(field.key)
        form.set(field, None)


def _copy_state(value: Any, widget: Widget) -> Any:
    """A widget's state, copied where Streamlit may change it under our hands."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if widget.seeded:
        return value
    return {part: copy.deepcopy(changes) for part, changes in value.items() if changes}
