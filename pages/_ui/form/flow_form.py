"""A flow's form, read and checked for a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from lfclient.console.form.check import CheckedForm, FormResult, check, with_uploads
from lfclient.errors import LangflowError
from lfclient.flows.field import FieldKind
from lfclient.flows.file_fields import file_paths
from lfclient.flows.stored_files import missing_paths
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import json_editor
from pages._ui.form.choices import apply_choices
from pages._ui.form.form_state import FormState
from pages._ui.state import run_options
from pages._ui.state.tab_choices import given_settings

_MAX_WAIT_SECONDS = 30.0  # how long a run waits for the server's lists


@dataclass(frozen=True, kw_only=True)
class FlowForm(CheckedForm):
    """The form of a flow in one rerun.

    It is read before it is drawn, so that a run can start and show its status first. Files are
    sent to `server`; `resources_error` says why its resources are unknown. `drawn` are the keys of
    the fields drawn so far, in order.
    """

    state: FormState
    server: ServerSession
    resources_error: LangflowError | None = None
    drawn: dict[str, None] = field(default_factory=dict)

    def draw_mode_button(self, place: str, mode: Mode | None) -> None:
        """Draw a button that selects a mode for this flow; nothing without a `mode`.

        `place` is unique on the page.
        """
        if mode:
            st.button(
                f"Use {MODES[mode].label.lower()} mode",
                key=f"use-mode-{place}",
                type="tertiary",
                icon=":material/swap_horiz:",
                on_click=run_options.set_flow_mode,
                args=(self.server.owner, self.flow.id, mode),
            )

    def check(self, mode: Mode, extra_overrides: Mapping[str, Any]) -> FormResult:
        """Return the current entries, with the JSON editor's, checked for a run in `mode`.

        `extra_overrides` are added and checked with them: a chat's message and attachments. Raises
        `LangflowError` if the server can't tell what the run needs.
        """
        json_editor.apply_pending(self.state)
        apply_choices(self.state, self.server, self.state.flow.stored, for_run=True)
        resources = self._wait_for_resources() if self.resources_error else self.resources
        return _read(self.state, self.server, self.server_info, mode, resources, extra_overrides)

    def _wait_for_resources(self) -> ServerResources:
        """Return what the server has for the flow, after a wait if the run needs it.

        Without it, a run lacks the provider keys that were entered, and a model the attributes that
        Langflow 1.8 needs.
        """
        fields = self.state.fields
        has_keys = bool(given_settings(self.server.owner))
        has_model = any(fields[key].kind is FieldKind.MODEL for key in self.state.overrides())
        if not (has_keys or has_model):
            return self.resources
        try:
            return self.server.resources(self.flow, _MAX_WAIT_SECONDS).value
        except LangflowError:
            if has_keys:
                raise
            return self.resources


def read_form(
    state: FormState,
    server: ServerSession,
    server_info: ServerInfo,
    mode: Mode,
    resources: ServerResources,
    resources_error: LangflowError | None = None,
    modes: Sequence[Mode] = (),
) -> FlowForm:
    """Read and check a form."""
    result = _read(state, server, server_info, mode, resources)
    return FlowForm(
        state=state,
        server=server,
        server_info=server_info,
        mode=mode,
        resources=with_uploads(resources, state),
        result=result,
        resources_error=resources_error,
        modes=modes,
    )


def _drop_missing_files(state: FormState, listed: frozenset[str] | None) -> None:
    """Drop the paths that the server lacks from lists of files that get an upload.

    `listed` are the paths of the user's files.
    """
    files = None if listed is None else listed | state.files.keys()
    for key, started in state.entries.uploads.items():
        field = state.fields.get(key)
        if field and field.takes_file and field.is_list and any(each.ref for each in started):
            paths = file_paths(state.value(field))
            missing = missing_paths(state.flow, paths, files)
            if missing:
                state.set(field, [path for path in paths if path not in missing])


def _read(
    state: FormState,
    server: ServerSession,
    server_info: ServerInfo,
    mode: Mode,
    resources: ServerResources,
    extra_overrides: Mapping[str, Any] | None = None,
) -> FormResult:
    """Read the widgets and the ended uploads, and return the form's result."""
    state.read_widgets()
    _drop_missing_files(state, resources.files)
    if state.collect_uploads():
        server.refresh("files.list")
    state.drop_stale()
    settings = given_settings(server.owner)
    return check(state, mode, resources, server_info, settings, extra_overrides)
