"""What a presented flow needs and its view does not take."""

from collections.abc import Iterable, Iterator, Sequence

from lfclient.common.formatting import list_names
from lfclient.console.wording.hints import describe_need
from lfclient.flows.field import Problem, ProblemCode
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.needs import find_needs
from lfclient.flows.run_inputs import qualified_label_for_key
from pages._ui.form.flow_form import FlowForm
from pages._ui.present import problems
from pages._ui.present.presented import Presented, shown_keys
from pages._ui.state.present import visitor_presents
from pages._ui.widgets.alerts import NotReady

_MAX_NAMED = 5  # fields in a sentence


def find_obstacle(
    presented: Presented, form: FlowForm, found: Sequence[Problem]
) -> NotReady | None:
    """Return the error of values that are missing or wrong and can't be entered in the view.

    `found` are the form's problems. A presenter reads the names of the fields, and also what may
    make the run fail, such as a model without a key.
    """
    shown = shown_keys(presented, form)
    hidden = [each for each in found if each.level == "error" and each.key not in shown]
    if not visitor_presents():
        return NotReady(problems.NOT_SHOWN, hint=problems.TELL_SENDER) if hidden else None
    missing = [each.key for each in hidden if each.code is ProblemCode.REQUIRED]
    wrong = [each.key for each in hidden if each.key not in missing]
    known = shown.union(missing, wrong)
    needs = [
        need
        for need in form.needs
        if not (need.is_met or need.package or need.kind is NeedKind.OUTDATED)
    ]
    needs = [need for need in needs if known.isdisjoint(need.keys)]
    sentences = [
        *_name(form, "Not filled in", missing),
        *_name(form, "Not valid", wrong),
        *map(describe_need, needs),
    ]
    if not sentences:
        return None
    wrong += [key for need in needs if need.kind is NeedKind.PROMPT for key in need.keys]
    needs = [need for need in needs if need.kind is not NeedKind.PROMPT]
    rest = [need for need in needs if not (need.provider or need.missing_variable)]
    missing += [key for need in rest for key in need.keys]
    hints = _hints(form, missing, wrong)
    if any(need.provider for need in needs):
        hints.append(saving_advice(form, "the provider's settings"))
    return NotReady(" ".join(sentences), hint=" ".join(hints))


def saving_advice(form: FlowForm, what: str) -> str:
    """Return where a presenter saves settings of a provider for the audience, or who can."""
    if form.server.may_change:
        return f"Save {what} on the server, in Setup on the Run page."
    return f"Ask the operator of this console to save {what} on the server."


def find_tab_needs(form: FlowForm) -> list[Need]:
    """Return what providers lack without the settings that only this tab has, such as a key."""
    met = {need.provider.name for need in form.needs if need.provider and need.is_met}
    shared = find_needs(
        form.flow, form.state.overrides(), form.resources, form.mode, form.server_info
    )
    return [need for need in shared if need.missing and need.provider and need.provider.name in met]


def _name(form: FlowForm, words: str, keys: Iterable[str]) -> Iterator[str]:
    """Yield a sentence that names these fields, if there are any."""
    fields = form.flow.fields_by_key
    names = [qualified_label_for_key(fields, key) for key in dict.fromkeys(keys)]
    if names:
        yield f"{words}: {list_names(names, _MAX_NAMED)}."


def _hints(form: FlowForm, missing: Sequence[str], wrong: Sequence[str]) -> list[str]:
    """Return where a presenter enters these values, one sentence for each place."""
    fields = form.flow.fields_by_key
    secrets = {key for key in (*missing, *wrong) if key in fields and fields[key].secret}
    hints = ["Set secrets in the flow or as variables of the server."] if secrets else []
    tasks = [
        *(["fill in what is missing"] if not secrets.issuperset(missing) else ()),
        *(["correct what is not valid"] if not secrets.issuperset(wrong) else ()),
    ]
    if tasks:  # presentations have no secrets
        hints.append(f"On the Run page, {', '.join(tasks)}, then click Present.")
    return hints
