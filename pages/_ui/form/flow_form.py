"""A flow's form, read and checked for a run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, end_sentence
from lfclient.errors import LangflowError
from lfclient.flows.field import Field, FieldKind, Problem, ProblemCode
from lfclient.flows.file_fields import file_paths
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.flows.provider_needs import provider_overrides
from lfclient.flows.stored_files import missing_paths
from lfclient.flows.validation import (
    check_overrides,
    check_value,
    error_messages,
)
from lfclient.resources.models import Provider, offered_value
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.modes import MODES, Mode
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import json_editor
from pages._ui.form.choices import apply_choices
from pages._ui.form.form_state import FormState
from pages._ui.state import run_options
from pages._ui.state.tab_choices import given_settings

_TEXTS = (FieldKind.PROMPT, FieldKind.MULTILINE)
_MAX_WAIT_SECONDS = 30.0  # how long a run waits for the server's lists


@dataclass(frozen=True)
class FormResult:
    """The overrides to send, and their problems."""

    overrides: dict[str, Any]
    problems: list[Problem]

    @property
    def ready(self) -> bool:
        """Whether no problem prevents a run."""
        return not any(problem.level == "error" for problem in self.problems)


@dataclass(frozen=True)
class FlowForm:
    """The form of a flow in one rerun: its state, its result for a run in `mode`, and its problems.

    It is read before it is drawn, so that a run can start and show its status first. Files are
    sent to `server`; `resources` are what it has for the flow, and `resources_error` says why they
    are unknown. `modes` are those that a person may choose here. `problems` are those to draw, by
    field, and `drawn` the keys of the fields drawn so far, in order.
    """

    state: FormState
    server: ServerSession
    server_info: ServerInfo
    mode: Mode
    resources: ServerResources
    result: FormResult
    problems: Mapping[str, list[Problem]]
    resources_error: LangflowError | None = None
    modes: Sequence[Mode] = ()
    drawn: dict[str, None] = field(default_factory=dict)

    @property
    def flow(self) -> Flow:
        """The flow of the form."""
        return self.state.flow

    @property
    def run_flow(self) -> Flow:
        """The flow with `runs` of its components as in `mode`."""
        return self.flow.for_mode(self.mode, self.server_info)

    @cached_property
    def needs(self) -> Sequence[Need]:
        """What the flow needs, met by the result or not."""
        overrides = self.result.overrides
        return find_needs(self.flow, overrides, self.resources, self.mode, self.server_info)

    @cached_property
    def hints(self) -> Mapping[str, str]:
        """What to check before a run, by field: such as a secret to enter again.

        Without the keys of providers that have one, of this tab or on the server.
        """
        providers = (need for need in self.needs if need.provider and need.is_met)
        met = {key for need in providers for key in need.keys} - self.state.entries.values.keys()
        return {key: hint for key, hint in self.state.active_hints.items() if key not in met}

    @cached_property
    def better_modes(self) -> Mapping[str, Mode]:
        """The modes in which what is wrong with a field in this one is right, by field.

        Only those in which nothing else is wrong: their buttons would lead to and fro.
        """
        is_fine = not self.problems and all(need.is_met for need in self.needs)
        if is_fine or not self.modes:
            return {}
        wrong = self._wrong_in(self.mode)
        better = {
            mode: wrong - there for mode in self.modes if (there := self._wrong_in(mode)) < wrong
        }
        return {key: mode for mode in reversed(better) for key in better[mode]}

    def _wrong_in(self, mode: Mode) -> set[str]:
        """Return the keys of the fields with a problem, or that lack something, in this mode."""
        overrides, server = self.result.overrides, self.server_info
        problems = check_overrides(self.flow, overrides, mode, server)
        needs = find_needs(self.flow, overrides, self.resources, mode, server)
        lacking = {key for need in needs if not need.is_met for key in need.keys}
        return lacking | {each.key for each in problems}

    @cached_property
    def unused_providers(self) -> Mapping[str, Provider]:
        """The providers, by name, that have settings and no component that uses their models."""
        used = {need.provider.name for need in self.needs if need.provider}
        providers = self.resources.providers
        return {one.name: one for one in providers if one.settings and one.name not in used}

    def has_error(self, key: str) -> bool:
        """Return whether a problem of this field prevents a run."""
        return any(problem.level == "error" for problem in self.problems.get(key, ()))

    def has_warning(self, key: str) -> bool:
        """Return whether a person should look at this field, such as at a secret to enter again."""
        return any(problem.level == "warning" for problem in self.problems.get(key, ()))

    @cached_property
    def distinctions(self) -> Mapping[str, str]:
        """The first words of their text, by id, of components that share a name.

        Without those that have no text, or the same words as another of their name.
        """
        named: dict[str, tuple[str, str]] = {}
        for each in self.state.fields.values():
            text = each.default if each.kind in _TEXTS and each.has_shared_name else ""
            if isinstance(text, str) and text.strip():
                first_words = clip(" ".join(text.split()), 30)
                named.setdefault(each.component, (each.component_name, first_words))
        count = Counter(named.values())
        return {id: name[1] for id, name in named.items() if count[name] == 1}

    @property
    def variables(self) -> Sequence[str]:
        """The names of the server's variables."""
        return sorted(self.resources.variables or ())

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
    resources = _with_uploads(resources, state)
    problems: dict[str, list[Problem]] = {}
    uploading = state.unfinished_uploads()  # drawn as progress, not as errors
    form = FlowForm(
        state, server, server_info, mode, resources, result, problems, resources_error, modes
    )
    refused = state.flow.refreshed.errors if state.flow.refreshed else {}
    hints = [
        *form.hints.items(),
        *((key, f"{end_sentence(error.message)} {error.hint}") for key, error in refused.items()),
    ]
    for problem in [*result.problems, *(Problem(key, "warning", hint) for key, hint in hints)]:
        if problem not in uploading:
            problems.setdefault(problem.key, []).append(problem)
    return form


def _with_uploads(resources: ServerResources, state: FormState) -> ServerResources:
    """Return the resources with the form's uploads, which the list of files may still lack."""
    files = resources.files
    return resources if files is None else replace(resources, files=files | state.files.keys())


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
    """Return the form's result. Without `extra_overrides`, only its own fields are required."""
    state.read_widgets()
    _drop_missing_files(state, resources.files)
    if state.collect_uploads():
        server.refresh("files.list")
    state.drop_stale()
    fields = state.fields
    errors = {key: each.error for key, each in state.entries.invalid.items() if key in fields}
    overrides = {
        key: _as_offered(fields[key], value, resources) for key, value in state.overrides().items()
    }
    for each in fields.values():
        if (each.chat_input or each.chat_files) and not each.runs:
            overrides.pop(each.key, None)  # a record would name it as a message of the run
        elif each.chat_input:
            overrides.setdefault(each.key, each.default or "")
    resources = _with_uploads(resources, state)
    needs = find_needs(state.flow, overrides, resources, mode, server_info)
    overrides = provider_overrides(state.flow, needs, given_settings(server.owner)) | overrides
    is_partial = extra_overrides is None
    overrides |= extra_overrides or {}
    problems = [
        problem
        for problem in check_overrides(state.flow, overrides, mode, server_info)
        if problem.key not in errors
        and not (is_partial and problem.key not in fields and problem.code is ProblemCode.REQUIRED)
    ]
    problems += [Problem(key, "error", error) for key, error in errors.items()]
    problems += [*state.file_problems(fields.values()), *state.unfinished_uploads()]
    # a field whose value was refused or is still uploading is not missing
    missing = [each for each in problems if each.code is ProblemCode.REQUIRED]
    wrong = {each.key for each in problems if each.level == "error" and each not in missing}
    problems = [each for each in problems if each not in missing or each.key not in wrong]
    if state.json_error:
        problems.append(Problem("Overrides as JSON", "error", state.json_error))
    return FormResult(overrides, problems)


def _as_offered(field: Field, value: Any, resources: ServerResources) -> Any:
    """Return a field's value; a model with the attributes that the server gives it."""
    if field.kind is not FieldKind.MODEL or error_messages(check_value(field, value)):
        return value
    return offered_value(value, field.choices, resources.models.get(field.model_kind, ()))
