"""What a presented flow needs and its view does not take."""

from collections.abc import Collection, Iterator, Sequence

from lfclient.flows.field import Problem
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.flows.validation import REQUIRED_MESSAGE, SECRET_MASK
from pages._ui.form.flow_form import FlowForm
from pages._ui.present import problems
from pages._ui.present.presented import Presented, shown_inputs
from pages._ui.state.present import ENTERED, is_presenter
from pages._ui.widgets.alerts import NotReady

USE_ENTERED = "Use the values of the Run page"  # a button's label
_SAVE_SETTING = "Save it on the server, in Setup on the Run page."
_MAX_NAMED = 5  # fields in a sentence


def find_obstacle(
    presented: Presented, form: FlowForm, found: Sequence[Problem]
) -> NotReady | None:
    """Return the error of values that are missing or wrong and can't be entered in the view.

    `found` are the form's problems. A presenter also reads what may let the run fail, such as a
    model without a key.
    """
    shown = {field.key for field, _, _ in shown_inputs(presented, form)}
    hidden = [each for each in found if each.level == "error" and each.key not in shown]
    keys = list(dict.fromkeys(each.key for each in hidden))
    missing = [each.key for each in hidden if each.message == REQUIRED_MESSAGE]
    wrong = [key for key in keys if key not in missing]
    sentences = [
        *_name(form, "Not filled in", missing),
        *_name(form, "Not valid", wrong),
    ]
    if is_presenter(presented.flow.id):
        told = shown.union(keys)
        needs = [need for need in form.needs if not (need.is_met or need.package)]
        needs = [need for need in needs if told.isdisjoint(need.keys)]
        sentences += [need.message for need in needs]
        if not keys and any(need.provider for need in needs):
            return NotReady(" ".join(sentences), hint=_SAVE_SETTING)
        keys += [key for need in needs for key in need.keys]
    if not sentences:
        return None
    return NotReady(" ".join(sentences), hint=_hint(presented, form, keys))


def _name(form: FlowForm, words: str, keys: Sequence[str]) -> Iterator[str]:
    """Yield a sentence that names these fields, if there are any."""
    fields = form.flow.fields_by_key
    names = [qualified_label_for_key(fields, key) for key in keys[:_MAX_NAMED]]
    if names:
        yield f"{words}: {', '.join(names)}{', …' if len(keys) > _MAX_NAMED else '.'}"


def _hint(presented: Presented, form: FlowForm, keys: Collection[str]) -> str:
    if not is_presenter(presented.flow.id):
        return problems.TELL_SENDER
    entered = ENTERED.get()
    values = entered.overrides if entered and entered.flow_id == presented.flow.id else {}
    if keys and all(values.get(key, SECRET_MASK) not in (SECRET_MASK, "", [], {}) for key in keys):
        return f"Press “{USE_ENTERED}”."
    fields = form.flow.fields_by_key
    if any(fields[key].secret for key in keys if key in fields):  # presets have no secrets
        return "Set it in the flow or as a variable of the server."
    return "On the Run page, fill in what is missing and save it as the default preset."
