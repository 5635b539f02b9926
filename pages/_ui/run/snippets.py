"""A run as code, ready to copy into a program."""

from dataclasses import replace

import streamlit as st

from lfclient.console.snippets.snippet import (
    FILE_NAMES,
    Language,
    write_short_snippet,
    write_snippet,
)
from lfclient.console.snippets.snippet_request import API_KEY
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.runs.outcome import terminals_without_value
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import input_values
from pages._ui.state import run_options, run_page
from pages._ui.widgets import alerts, controls, copy_button, downloads
from pages._ui.widgets.markdown import escape

MAX_SHOWN_CHARS = 200_000
_MAX_LINES = 60
_LINE_CHARS = 80  # about what a line of a wide window holds
_FOLDED_HEIGHT = 409  # pixels of 20 lines, of code that has more than _MAX_LINES
_HIGHLIGHTING = {Language.CURL: "bash", Language.LFCLIENT: "python"}


def draw(server: ServerSession, record: RunRecord) -> None:
    """Draw the code in the chosen language, or why there is none."""
    if input_values.show_omission(record):
        return

    def load() -> tuple[ServerInfo, Flow]:
        return server.info().value, server.flow(record.flow_id).value

    try:
        server_info, flow = load()
    except LangflowError as error:
        loading.show(server, error, load, retry="retry-snippet")
        return
    head = st.container(horizontal=True, vertical_alignment="center")
    with head:
        language = controls.view_switch(
            "Language",
            list(Language),
            run_page.SNIPPET_LANGUAGE,
            format_func=lambda one: one.value,
            persist_state="session",
        )
    url, with_key = server.connection.url, bool(server.connection.api_key)
    try:
        code = write_snippet(language, record, flow, server_info, url, with_key=with_key)
    except LangflowError as error:
        alerts.show(error)
        return
    run = replace(record, session_id=run_options.named_session(record.session_id))
    short = write_short_snippet(language, run, flow, server_info, url, with_key=with_key)
    if short:
        with head:
            is_for_production = st.toggle(
                "For production",
                key=run_page.SNIPPET_FOR_PRODUCTION,
                help="Handles errors and follows background runs",
                persist_state="session",
            )
        if not is_for_production:
            record, code = run, short
    key = f"snippet-{record.id}-{language.name}"
    is_shown = len(code) <= MAX_SHOWN_CHARS
    with head:
        if is_shown:
            copy_button.draw(f"copy-{key}", code)
        downloads.draw_button("Download script", code, FILE_NAMES[language], f"save-{key}")
    if is_shown:
        st.code(
            code,
            language=_HIGHLIGHTING[language],
            wrap_lines=True,
            height="content" if _is_short(code) else _FOLDED_HEIGHT,
        )
    else:
        st.caption(f"Too long to show: {len(code):,} characters. Download it instead.")
    if language is Language.CURL:
        _warn_left_empty(flow)
    description = "Runs the flow with the inputs of this run and prints the outputs."
    if record.session_id:
        description += " Uses the session of this run."
    if with_key:
        description += f" Reads the API key from {escape(API_KEY)}."
    st.caption(description)


def _is_short(code: str) -> bool:
    lines = sum(len(line) // _LINE_CHARS + 1 for line in code.splitlines())
    return lines <= _MAX_LINES


def _warn_left_empty(flow: Flow) -> None:
    names = [escape(flow.component_label(leaf.id, 60)) for leaf in terminals_without_value(flow)]
    if names:
        st.caption(
            f":orange[:material/warning: Langflow's API returns null as the content of "
            f"{', '.join(names)}. “{Language.LFCLIENT.value}” prints the full content.]"
        )
