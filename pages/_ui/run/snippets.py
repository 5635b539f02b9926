"""The run that is shown as code, to be copied into a program."""

from __future__ import annotations

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.snippets.snippet import Language, write_snippet
from lfclient.console.snippets.snippet_request import API_KEY
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.outcome import terminals_without_value
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values
from pages._ui.state import run_page
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape

MAX_SHOWN_CHARS = 200_000
_HIGHLIGHTING: dict[Language, str] = {
    Language.CURL: "bash",
    Language.HTTPX: "python",
    Language.LFCLIENT: "python",
    Language.TYPESCRIPT: "typescript",
}


def draw_folded(server: ServerSession, record: RunRecord) -> None:
    """The same behind an expander."""
    key = f"snippets-{record.id}"
    controls.lazy_expander("This run as code", ":material/code:", key, lambda: draw(server, record))


def draw(server: ServerSession, record: RunRecord) -> None:
    """The code in the language that is chosen, or why there is none."""
    if input_values.show_omission(record):
        return
    try:
        server_info, flow = server.info().value, server.flow(record.flow_id).value
    except LangflowError as error:
        loading.show(server, error, retry="retry-snippet")
        return
    language = controls.view_switch(
        "Language",
        list(Language),
        run_page.SNIPPET_LANGUAGE,
        format_func=lambda one: one.value,
        persist_state="session",
    )
    connection = server.connection
    try:
        code = write_snippet(
            language, record, flow, server_info, connection.url, with_key=bool(connection.api_key)
        )
    except LangflowError as error:
        alerts.show(error)
        return
    if len(code) <= MAX_SHOWN_CHARS:
        height = 420 if code.count("\n") > 20 else "content"
        st.code(code, language=_HIGHLIGHTING[language], height=height)
    else:
        st.caption(f"{len(code):,} characters: too long to be shown. Save it to read it.")
    if language is not Language.LFCLIENT:
        _warn_left_empty(flow)
    st.caption(_description(record, with_key=bool(connection.api_key)))
    st.download_button(
        "Save",
        code.encode(),
        file_name=language.file_name,  # as its own first lines call it
        mime="text/plain",
        key=f"save-snippet-{record.id}-{language.name}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def _warn_left_empty(flow: Flow) -> None:
    names = [escape(clip(leaf.display_name, 60)) for leaf in terminals_without_value(flow)]
    if names:
        st.caption(
            f":orange[:material/warning: Langflow's API answers with null for the content of "
            f"{', '.join(names)}, and so does this. “{Language.LFCLIENT.value}” prints it whole.]"
        )


def _description(record: RunRecord, *, with_key: bool) -> str:
    said = ["It does the same again and prints the outputs."]
    if record.session_id:
        said.append("It runs in the session of this run.")
    if with_key:
        said.append(f"The API key is read from {escape(API_KEY)}.")
    return " ".join(said)
