"""Adding flows from a file: what it contains is shown first."""

from collections.abc import Sequence

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.common.formatting import clip
from lfclient.console.wording.flow_outline import outline_flow
from lfclient.errors import LangflowError
from lfclient.flows.flow_file import MAX_FILE_BYTES, newer_release, read_flows
from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows, existing_names, server_version
from pages._ui.state.flow_choice import Addition
from pages._ui.widgets import alerts, file_uploader
from pages._ui.widgets.markdown import escape

_MAX_LISTED = 20


def draw(server: ServerSession, addition: Addition) -> None:
    """Draw the file field, and what the chosen file contains with a button to add it.

    `addition` is as for `add_flows`.
    """
    chosen: UploadedFile | None = file_uploader.draw(
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
    _draw_newer(server, flows)
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


def _draw_newer(server: ServerSession, flows: Sequence[Flow]) -> None:
    """Warn if a flow was made with a newer release than the server's."""
    version = server_version(server)
    newer = next(filter(None, (newer_release(flow, version) for flow in flows)), "")
    if version and newer:
        st.warning(
            f"Made with Langflow {escape(clip(newer, 20))}, but this server runs "
            f"{escape(version)}. Some components may not work.",
            icon=":material/warning:",
        )
