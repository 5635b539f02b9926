"""Match the outputs of two runs."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

from lfclient.common.formatting import replace_surrogates
from lfclient.console.wording.component_names import ComponentNames
from lfclient.flows.model import Flow
from lfclient.outputs.model import Output
from lfclient.runs.model import Run

MatchKey: TypeAlias = tuple[str, str, int]  # component, part, number among equal names


@dataclass(frozen=True)
class OutputPair:
    """One component's output, or one of its named parts, in two runs; None where it is missing.

    `component` is its label, see `ComponentNames`. `key` is that of the first run that has it: a
    comparison of other runs with the same first run gives it the same key. `not_run` is the reason
    why a component did not run, "" if it ran or the reason is unknown.
    """

    key: MatchKey
    component: str
    part: str
    before: Output | None
    after: Output | None
    not_run: str = ""


def match_outputs(
    before: Run | None,
    after: Run | None,
    flows: tuple[Flow | None, Flow | None] = (None, None),
    *,
    one_flow: bool,
) -> list[OutputPair]:
    """Return the outputs in the order of the first run, then those that only the second has.

    With `one_flow`, outputs are matched by component. Otherwise they are matched by component name;
    the second of a name is matched with the second. If each run has a single output, these match.
    The `flows` of the runs name their components.
    """
    first, second = (
        _column(run, flow, one_flow) for run, flow in zip((before, after), flows, strict=True)
    )
    if not one_flow and len(first) == len(second) == 1:
        second = dict(zip(first, second.values(), strict=True))
    pairs = []
    for key in dict.fromkeys([*first, *second]):
        one, other = first.get(key), second.get(key)
        component, part, _ = one or other or ("", "", None)
        reason = _not_run_reason(after if one else before, key, one_flow)
        outputs = one and one[2], other and other[2]
        pairs.append(OutputPair(key, component, part, *outputs, "" if one and other else reason))
    return pairs


def _column(
    run: Run | None, flow: Flow | None, one_flow: bool
) -> dict[MatchKey, tuple[str, str, Output]]:
    column: dict[MatchKey, tuple[str, str, Output]] = {}
    if run is None:
        return column
    counts: Counter[tuple[str, str]] = Counter()
    names = ComponentNames(flow, run.components, run.outputs)
    for id, output in run.outputs.items():
        title = replace_surrogates(output.component_name)
        component = replace_surrogates(names.label(id, output.component_name))
        for key, value in (output.parts or {"": output}).items():
            part = replace_surrogates(key)
            name = (output.component_id if one_flow else title.casefold(), part)
            column[(*name, counts[name])] = (component, part, value)
            counts[name] += 1
    return column


def _not_run_reason(run: Run | None, key: MatchKey, one_flow: bool) -> str:
    for skipped in run.not_run if run else ():
        if key[0] == (skipped.component_id if one_flow else skipped.display_name.casefold()):
            return skipped.reason
    return ""
