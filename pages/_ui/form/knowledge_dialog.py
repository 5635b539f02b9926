"""Make a knowledge base from files, for a field that names one."""

from collections.abc import Sequence

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.client import LangflowClient
from lfclient.common.filenames import safe_name
from lfclient.common.formatting import format_count
from lfclient.errors import FileRefused, InvalidRequest, LangflowError
from lfclient.flows.field import Field
from lfclient.resources.knowledge import KnowledgeBase
from lfclient.resources.models import ModelOption, find_model
from lfclient.runs.error_causes import UNREACHABLE, explain_error, explain_unreachable
from pages._ui.connection.app_context import open_client
from pages._ui.form import file_fields, provider_settings
from pages._ui.form.flow_form import FlowForm
from pages._ui.state import notices
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, file_uploader
from pages._ui.widgets.markdown import escape

_MAX_SECONDS = 600.0
_LIST_SECONDS = 30.0  # a redraw of the page, once the list is there, would close the dialog


class _FilesNotAdded(LangflowError):
    """The server could not add the files; `base` has its reason."""

    default_hint = "Check the embedding model's provider and the files, then try again."

    def __init__(self, base: KnowledgeBase, model: ModelOption) -> None:
        cause = explain_error(base.failure)
        if cause == UNREACHABLE:
            cause = explain_unreachable(model.provider)
        reason = f" {cause.message}" if cause else ""
        super().__init__(
            f"The files could not be added to “{base.name}”.{reason}",
            hint=cause.hint if cause else None,
        )
        self.base = base


# the key of the field for which the dialog is open; it stays open when the page is redrawn
OPEN_FOR: Slot[str] = Slot("knowledge-dialog")


@st.dialog("New knowledge base", icon=":material/library_add:", on_dismiss=OPEN_FOR.clear)
def show(field: Field, form: FlowForm) -> None:
    """Ask for a name, an embedding model and files; choose the new knowledge base in the field."""
    models: Sequence[ModelOption] = ()
    try:
        with st.spinner("Loading the embedding models"):
            models = form.server.models("embedding", max_wait=_LIST_SECONDS).value
    except LangflowError as error:
        alerts.show(error)  # a model can still be typed
    name_key = f"knowledge-name-{form.flow.id}-{field.key}"
    name = st.text_input(
        "Name",
        key=name_key,
        help="At least 3 characters",
        live=True,
        persist_state="session",  # the dialog may be closed to set up a provider
    )
    model = _choose_model(models, form)
    if provider_settings.has_menu(form):
        st.caption(f"Other providers are set up in Setup, under *{provider_settings.MENU}*.")
    files: Sequence[UploadedFile] = file_uploader.draw(
        "Files", accept_multiple_files=True, key="knowledge-files"
    )
    is_complete = bool(model and files and len(name.strip()) >= 3)
    if not is_complete:
        st.caption("Enter a name, choose a model and at least one file.")
    if st.button("Create", type="primary", disabled=not is_complete) and model:
        try:
            _create(field, form, name.strip(), model, files)
        except LangflowError as error:
            alerts.show(error)
            if isinstance(error, _FilesNotAdded):
                draw_failure(error.base)
            return
        OPEN_FOR.clear()
        del st.session_state[name_key]
        st.rerun()


def _choose_model(models: Sequence[ModelOption], form: FlowForm) -> ModelOption | None:
    """Draw the list of embedding models, where others can be typed; return the chosen one."""
    ready = {model.label: "" for model in models if model.is_ready}
    labels = ready or {model.label: " (not set up)" for model in models}
    text = st.selectbox(
        "Embedding model",
        labels,
        # of several, the first may not embed: a gateway doesn't tell which of its models do
        index=0 if len(labels) == 1 else None,
        accept_new_options=True,
        format_func=lambda label: label + labels.get(label, ""),
        key="knowledge-model",
        placeholder="Choose or type a model",
        help="Turns the text into numbers to search by. Runs need the same provider. "
        "Type a model that is not listed as “Provider: name”.",
    )
    try:
        return find_model(text, models, form.resources.providers) if text else None
    except ValueError as error:
        st.caption(f":red[:material/error: {escape(str(error))}]")
        return None


def draw_failure(base: KnowledgeBase) -> None:
    """Draw the server's text of why the last files could not be added, if it has one."""
    if base.failure:
        with st.expander("Details", icon=":material/code:"):
            st.code(base.failure, language=None, wrap_lines=True)


def _create(
    field: Field, form: FlowForm, name: str, model: ModelOption, files: Sequence[UploadedFile]
) -> None:
    """Create a knowledge base, choose it in the field, and add the files.

    It stays chosen if this is interrupted or the server stops responding: the server goes on, and
    Setup tells its status. Raises `LangflowError` if it can't be created or the files are refused.
    """
    form.server.require_change()
    connection = form.server.connection
    with st.status("Creating the knowledge base") as status, open_client(connection) as api:
        base = api.create_knowledge_base(name, model)
        form.state.set(field, base.dir_name)
        try:

            def report(now: KnowledgeBase) -> None:
                status.update(label=f"Adding files: {format_count(now.chunks, 'chunk')} so far")

            ended = api.ingest(base, _contents(files), timeout=_MAX_SECONDS, on_change=report)
        except (InvalidRequest, FileRefused):
            _discard(api, base)
            form.state.set(field, None)
            raise
        except LangflowError as error:
            notices.NOTICE.set(error)
            return
        finally:
            form.server.refresh()  # also if this is interrupted
        if not ended.is_ready:
            _discard(api, base)
            form.state.set(field, None)
            raise _FilesNotAdded(ended, model)
    form.server.reload_resources(form.flow)
    file_fields.release_files(files)


def _contents(files: Sequence[UploadedFile]) -> dict[str, bytes]:
    """Return the files' contents by name; a repeated name gets a number."""
    contents: dict[str, bytes] = {}
    for file in files:
        name = safe_name(file.name)
        stem, dot, extension = name.rpartition(".")
        number = 2
        while name in contents:
            name = f"{stem or extension} ({number}){dot}{extension if stem else ''}"
            number += 1
        contents[name] = file.getvalue()
    return contents


def _discard(api: LangflowClient, base: KnowledgeBase) -> None:
    """Delete a knowledge base without documents, so that its name can be used again."""
    try:
        api.delete_knowledge_base(base)
    except LangflowError as error:
        words = f"Couldn't delete the empty knowledge base “{base.name}”. {error.message}"
        st.caption(escape(words))
