"""What follows from a form: the overrides of a run, and their problems."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from lfclient.common.formatting import clip, end_sentence
from lfclient.console.form.form import Form
from lfclient.flows.field import Field, FieldKind, Problem, ProblemCode
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.needs import find_needs
from lfclient.flows.provider_needs import provider_overrides
from lfclient.flows.validation import check_overrides, check_value, error_messages
from lfclient.resources.models import Provider, offered_value
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.modes import Mode
from lfclient.wire.server_info import ServerInfo

_TEXTS = (FieldKind.PROMPT, FieldKind.MULTILINE)


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
class CheckedForm:
    """A form that was checked for a run in `mode`, on a server that has `resources` for its flow.

    `modes` are those that a person may choose.
    """

    state: Form
    server_info: ServerInfo
    mode: Mode
    resources: ServerResources
    result: FormResult
    modes: Sequence[Mode] = ()

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
    def problems(self) -> Mapping[str, list[Problem]]:
        """The problems and hints to show, by field. An upload in progress is none."""
        form, shown = self.state, list(self.result.problems)
        shown += [Problem(key, "warning", hint) for key, hint in self.hints.items()]
        for key, error in (form.flow.refreshed.errors if form.flow.refreshed else {}).items():
            shown.append(Problem(key, "warning", f"{end_sentence(error.message)} {error.hint}"))
        by_field: dict[str, list[Problem]] = {}
        for problem in shown:
            if problem.code is not ProblemCode.UPLOADING:
                by_field.setdefault(problem.key, []).append(problem)
        return by_field

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


def check(
    state: Form,
    mode: Mode,
    resources: ServerResources,
    server_info: ServerInfo,
    settings: Mapping[str, str],
    extra_overrides: Mapping[str, Any] | None = None,
) -> FormResult:
    """Return the overrides of a run in `mode`, and their problems.

    `settings` are values of the providers' settings for this run, by name. `extra_overrides` are
    checked with the form's: a chat's message and attachments. Without them, only the form's own
    fields are required.
    """
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
    resources = with_uploads(resources, state)
    needs = find_needs(state.flow, overrides, resources, mode, server_info)
    overrides = provider_overrides(state.flow, needs, settings) | overrides
    is_partial = extra_overrides is None
    overrides |= extra_overrides or {}
    problems = [
        problem
        for problem in check_overrides(state.flow, overrides, mode, server_info)
        if problem.key not in errors
        and not (is_partial and problem.key not in fields and problem.code is ProblemCode.REQUIRED)
    ]
    problems += [Problem(key, "error", error) for key, error in errors.items()]
    problems += state.file_problems(fields.values())
    # a field whose value was refused or is still uploading is not missing
    missing = [each for each in problems if each.code is ProblemCode.REQUIRED]
    wrong = {each.key for each in problems if each.level == "error" and each not in missing}
    problems = [each for each in problems if each not in missing or each.key not in wrong]
    if state.json_error:
        problems.append(Problem("Overrides as JSON", "error", state.json_error))
    return FormResult(overrides, problems)


def with_uploads(resources: ServerResources, state: Form) -> ServerResources:
    """Return the resources with the form's uploads, which the list of files may still lack."""
    files = resources.files
    return resources if files is None else replace(resources, files=files | state.files.keys())


def _as_offered(field: Field, value: Any, resources: ServerResources) -> Any:
    """Return a field's value; a model with the attributes that the server gives it."""
    if field.kind is not FieldKind.MODEL or error_messages(check_value(field, value)):
        return value
    return offered_value(value, field.choices, resources.models.get(field.model_kind, ()))
