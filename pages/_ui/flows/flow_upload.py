"""Adding flows from a file: what it contains is shown first."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.common.formatting import clip, format_count, list_names
from lfclient.console.wording.flow_outline import outline_flow
from lfclient.console.wording.graph_gaps import describe_gaps
from lfclient.errors import LangflowError
from lfclient.flows.definitions import foreign_components
from lfclient.flows.flow_file import MAX_FILE_BYTES, newer_release, read_flows
from lfclient.flows.model import Flow
from lfclient.flows.need import NeedKind
from lfclient.flows.needs import find_needs
from lfclient.flows.outdated import outdated_code
from lfclient.resources.catalogue import Catalogue
from pages._ui.connection import flow_resources, loading
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows, existing_names, server_version
from pages._ui.state.flow_choice import Addition
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, escape_message

_MAX_LISTED = 20
_MAX_NEEDS = 5
_NEEDS_SECONDS = 5.0  # how long to wait for what the server has
_MAX_NAMED = 5  # of the components with code


def draw(server: ServerSession, addition: Addition) -> None:
    """Draw the file field, and what the chosen file contains with a button to add it.

    `addition` is as for `add_flows`.
    """
    chosen: UploadedFile | None = controls.file_uploader(
        "Flow (JSON) or project (ZIP) exported from Langflow",
        type=["json", "zip"],
        max_upload_size=MAX_FILE_BYTES // 1_000_000,  # MB
        key="flow-file",
    )
    if chosen is None:
        return
    content = chosen.getvalue()
    try:
        flows = read_flows(content)
    except LangflowError as error:
        alerts.show_message(f"{clip(chosen.name, 60)} was not added", error.message, error.hint)
        return
    names = existing_names(server)
    taken = [flow for flow in flows if flow.name in names]
    _draw_contents(flows, {flow.name for flow in taken})
    load = partial(server.fetch, *flow_resources.CATALOGUE)
    catalogue = None
    try:
        catalogue = load().value
    except StillLoading as wait:
        loading.show(server, wait, load, retry="retry-catalogue")
        return
    except LangflowError:  # the warning says that the code was not compared
        pass
    _draw_warning(server, flows, catalogue)
    if len(flows) == 1:
        _draw_needs(server, flows[0])
    if taken:
        st.caption("Existing flows are not changed: a new flow with a taken name gets a number.")
    label = f"Add {len(flows)} flows" if len(flows) > 1 else "Add a copy" if taken else "Add"
    if st.button(label, key="add-flow-file", type="primary", icon=":material/add:"):
        with alerts.show_errors(), st.spinner("Adding the flows…"):
            add_flows(server, lambda _: content, addition)
            st.rerun()


def _draw_contents(flows: Sequence[Flow], taken: set[str]) -> None:
    lines = []
    for flow in flows[:_MAX_LISTED]:
        name, facts = escape(clip(flow.name, 80)), escape(outline_flow(flow).facts)
        mark = " :orange-badge[Name exists]" if flow.name in taken else ""
        lines.append(f"- **{name}** :gray[· {facts}]{mark}")
    if len(flows) > _MAX_LISTED:
        lines.append(f"- {len(flows) - _MAX_LISTED} more")
    st.markdown("\n".join(lines))


def _draw_needs(server: ServerSession, flow: Flow) -> None:
    """Draw what the flow needs and the server lacks."""
    try:
        resources = server.resources(flow, _NEEDS_SECONDS).value
    except LangflowError:  # Setup shows the needs later
        return
    needs = [need for need in find_needs(flow, {}, resources) if not need.is_met]
    # the warning names outdated components
    lines = [escape_message(need.message) for need in needs if need.kind is not NeedKind.OUTDATED]
    more = len(lines) - _MAX_NEEDS
    if more > 1:
        lines[_MAX_NEEDS:] = [f"{more} more"]
    if lines:
        st.markdown("\n".join(["Needed before it runs:", "", *(f"- {line}" for line in lines)]))


def _draw_warning(
    server: ServerSession, flows: Sequence[Flow], catalogue: Catalogue | None
) -> None:
    """Draw what a person should know before adding the flows."""
    paragraphs = [escape_message(text) for text in map(describe_gaps, flows) if text]
    compared = catalogue or Catalogue({})
    own = compared.code_digests
    names = _count_foreign(flows, lambda _: own)
    outdated = names - _count_foreign(flows, lambda flow: own | outdated_code(flow, compared))
    if names:
        paragraphs += _describe_code(names - outdated, outdated, is_compared=catalogue is not None)
    version = server_version(server)
    newer = next(filter(None, (newer_release(flow, version) for flow in flows)), "")
    if version and newer:
        paragraphs.append(
            f"Made with Langflow {escape(clip(newer, 20))}, but this server runs "
            f"{escape(version)}. Some components may not work."
        )
    if paragraphs:
        st.warning("\n\n".join(paragraphs), icon=":material/warning:")
    if len(names) > _MAX_NAMED:
        label, lines = f"All {names.total():,} components", "\n".join(_with_counts(names))
        controls.lazy_expander(label, "flow-code", lambda: st.text(lines))


def _count_foreign(flows: Sequence[Flow], known: Callable[[Flow], frozenset[str]]) -> Counter[str]:
    """Count components by name whose code is not among the digests `known` for their flow."""
    return Counter(chain.from_iterable(foreign_components(flow, known(flow)) for flow in flows))


def _describe_code(
    own: Counter[str], outdated: Counter[str], *, is_compared: bool
) -> Iterator[str]:
    """Yield a warning of code in the file, and the components with `own` or `outdated` code."""
    yield "**Code from this file will run on the server.** Add it only if you trust the author."
    lines = []
    if own:
        one = "is only in this file, or was edited"
        many = "are only in this file, or were edited"
        what = (one if own.total() == 1 else many) if is_compared else "with code"
        lines.append(f"- {_list_components(own, what)}")
    if outdated:
        verb = "differs" if outdated.total() == 1 else "differ"
        listed = _list_components(outdated, f"{verb} from the server's, by version or by a change")
        lines.append(f"- {listed}. *Update* in Setup replaces this code.")
    yield "\n".join(lines)
    if not is_compared:
        yield "The server did not list its own components to compare the code with."


def _list_components(names: Counter[str], what: str) -> str:
    listed = list_names([escape(name) for name in _with_counts(names)], _MAX_NAMED)
    return f"{format_count(names.total(), 'component')} {what}: {listed}"


def _with_counts(names: Counter[str]) -> list[str]:
    return [
        f"{clip(name, 60)} ({count})" if count > 1 else clip(name, 60)
        for name, count in names.items()
    ]
