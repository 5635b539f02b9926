"""Words for flows that no server runs as they are."""

from lfclient.common.formatting import clip
from lfclient.flows.graph_gaps import find_gaps, is_before_1_0
from lfclient.flows.model import Flow

_MAX_GAPS = 5


def describe_gaps(flow: Flow) -> str:
    """Return why no server runs the flow and what to do, "" if nothing is missing."""
    name = clip(flow.name, 80)
    if is_before_1_0(flow):
        return (
            f"“{name}” was made before Langflow 1.0. Such flows no longer run: build it again in "
            "Langflow's editor."
        )
    gaps = list(dict.fromkeys(find_gaps(flow)))
    if not gaps:
        return ""
    listed = ", ".join(f"{clip(gap.place, 100)} lacks {gap.property}" for gap in gaps[:_MAX_GAPS])
    more = f" and {len(gaps) - _MAX_GAPS} more" if len(gaps) > _MAX_GAPS else ""
    return (
        f"“{name}” can't run as it is: {listed}{more}. Complete the file, or export the flow from "
        "Langflow's editor again."
    )
