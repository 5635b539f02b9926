"""Adding flows from a file: what it contains is shown first."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import chain

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip, format_count, list_names
from lfclient.console.wording.flow_outline import outline_flow
from lfclient.console.wording.graph_gaps import describe_gaps
from lfclient.errors import LangflowError
from lfclient.flows.definitions import digest_code, foreign_components
from lfclient.flows.flow_file import MAX_FILE_BYTES, newer_release, read_flows
from lfclient.flows.model import Flow
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows, existing_names, server_version
from pages._ui.state.flow_choice import Addition
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape, escape_message

_MAX_LISTED = 20
_MAX_NAMED = 5  # of the components with code
_TTL_SECONDS = 60.0  # of the server's own code


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
    load = partial(server.fetch, "component code", _TTL_SECONDS, _load_own_code)
    try:
        _draw_warning(server, flows, load().value)
    except LangflowError as error:
        loading.show(server, error, load, retry="retry-component-code")
        return
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


def _load_own_code(api: LangflowClient) -> frozenset[str] | None:
    """Return digests of the server's own code, None if it does not list its components."""
    try:
        return digest_code(api.editor.catalogue())
    except LangflowError:
        return None


def _draw_warning(
    server: ServerSession, flows: Sequence[Flow], own_code: frozenset[str] | None
) -> None:
    """Draw what a person should know before adding the flows."""
    found = (foreign_components(flow, own_code or ()) for flow in flows)
    names = Counter(chain.from_iterable(found))
    paragraphs = [escape_message(text) for text in map(describe_gaps, flows) if text]
    if names:
        paragraphs += _describe_code(names, len(flows), is_compared=own_code is not None)
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


def _describe_code(names: Counter[str], flow_count: int, *, is_compared: bool) -> list[str]:
    total = names.total()
    components = f"{format_count(total, 'component')} {'run' if total > 1 else 'runs'}"
    contrast = ", not the server's own" if is_compared else ""
    listed = list_names([escape(name) for name in _with_counts(names)], _MAX_NAMED)
    trusted = "flows only if you trust their" if flow_count > 1 else "flow only if you trust its"
    reason = (
        "Langflow's own components also differ if the file was made with another version."
        if is_compared
        else "The server did not list its own components to compare the code with."
    )
    return [
        f"**{components} code from this file{contrast}:** {listed}.",
        f"Add the {trusted} author. {reason}",
    ]


def _with_counts(names: Counter[str]) -> list[str]:
    return [
        f"{clip(name, 60)} ({count})" if count > 1 else clip(name, 60)
        for name, count in names.items()
    ]
