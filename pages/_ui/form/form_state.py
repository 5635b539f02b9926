"""The form of a flow in a Streamlit session.

`Form.entries` holds each value, and the draft in the database is its only copy. A widget gets its
value from there when it is first drawn. Its changes are read back at the start of each rerun. Only
the browser has text that it has not sent yet: `page.js`, and `chat_box.js` for Chat, keep that
text.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
from typing import Any

import streamlit as st

from lfclient.common.json_text import LONE_SURROGATE, has_lone_surrogate
from lfclient.console.form.entries import InvalidEntry
from lfclient.console.form.form import Form, FormUse
from lfclient.flows.field import Field
from lfclient.flows.model import Flow
from pages._ui.form.widgets import LiveWidget, Widget, shows_default
from pages._ui.state.browser import load_draft, save_draft

_FORMS = "forms"
_WIDGET_COUNT = "form-widgets-made"
_MAX_FORMS = 30  # forms per Streamlit session; the least recently used is dropped first


@dataclass
class FormState(Form):
    """A flow's form in a Streamlit session: with its widgets, and what its page shows of it.

    - `run_id`: the opened run whose inputs filled the form, or "".
    - `upload_counts`: file choices, by field key.
    - `was_refused`: whether a run was refused, so that each field shows its problem.
    - `scroll_token`: set until the page has scrolled to the first problem of a refused run.
    - `shown_key`: the field that a button elsewhere led to, or "".
    - `keys_to_open`: the fields that the form reveals when it is next drawn.
    """

    _: KW_ONLY
    owner: str
    run_id: str = ""
    live_widgets: dict[str, LiveWidget] = dataclasses.field(default_factory=dict)
    saved_draft: str = ""
    upload_counts: Counter[str] = dataclasses.field(default_factory=Counter)
    was_refused: bool = False
    scroll_token: str = ""
    shown_key: str = ""
    keys_to_open: set[str] = dataclasses.field(default_factory=set)

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

    def set(self, field: Field, value: Any) -> None:
        """Set a value and rebuild the widget; None stands for the flow's own value."""
        super().set(field, value)
        self._discard_widget(field.key)

    def drop_stale(self) -> None:
        """Drop entries whose parameter is gone or has another kind now, and their widgets."""
        count = len(self.dropped_keys)
        super().drop_stale()
        for key in self.dropped_keys[count:]:
            self._discard_widget(key)

    def _discard_widget(self, key: str) -> None:
        """Discard the widget, so that it is rebuilt when it is next drawn."""
        live = self.live_widgets.pop(key, None)
        if live:
            for suffix in live.widget.suffixes:
                st.session_state.pop(live.key + suffix, None)

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
        fields = self.all_fields
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
        is_own = shows_default(field, live.widget, live.states, value)
        super().set(field, None if is_own else value)

    def discard_undrawn(self, drawn: Collection[str]) -> None:
        """Discard the widgets that this rerun did not draw."""
        for key in set(self.live_widgets) - set(drawn):
            self._discard_widget(key)

    def save(self) -> None:
        """Save the entries as a draft for a reload, without secrets.

        An opened run that was only read leaves no draft: they are limited in number.
        """
        if self.run_id and not self.edited and not self.saved_draft:
            return
        draft = self.to_draft()
        text = json.dumps(draft)
        if text != self.saved_draft:
            self.saved_draft = text
            save_draft(self.owner, self.name, draft)


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
        state = FormState(flow, use, owner=owner, run_id=run_id)
        if draft := load_draft(owner, state.name):
            try:
                state.restore(draft)
                state.keys_to_open.update(state.hints)
            except (KeyError, TypeError, ValueError):  # another version's draft
                state = FormState(flow, use, owner=owner, run_id=run_id)
    state.secrets, state.use = secrets, use
    state.read_widgets()
    if state.flow.refreshed is None:  # else `apply_choices` replaces it
        state.flow = flow
    forms[key] = state
    for old in list(forms)[: max(len(forms) - _MAX_FORMS, 0)]:
        forms.pop(old).discard_undrawn(set())
    return state
