"""Make a knowledge base from files, for a field that names one."""

from collections.abc import Sequence

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.client import LangflowClient
from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, format_count, format_size
from lfclient.console.wording.hints import error_hint
from lfclient.errors import FileRefused, InvalidRequest, LangflowError
from lfclient.flows.field import Field
from lfclient.resources.models import ModelOption, Provider, find_model
from lfclient.resources.server_resources import KnowledgeBase
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import ErrorCause, explain_error
from pages._ui.form import file_fields, provider_actions, provider_settings
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.model_picker import full_label
from pages._ui.form.widgets import PERSIST
from pages._ui.state import notices
from pages._ui.state.run_page import SHOWN_SETTINGS
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape

_MAX_SECONDS = 600.0
# The types that Langflow's editor takes, from 1.8 to 1.13. The server reads PDF and DOCX, and takes
# the bytes of any other file for text: those of an image or a presentation become garbage.
_FILE_TYPES = (
    "pdf",
    "docx",
    "txt",
    "md",
    "mdx",
    "html",
    "htm",
    "xhtml",
    "xml",
    "adoc",
    "asciidoc",
    "asc",
    "csv",
    "json",
    "yaml",
    "yml",
    "py",
    "js",
    "ts",
    "tsx",
    "sh",
    "sql",
)
_LIST_SECONDS = 30.0  # a redraw of the page, once the list is there, would close the dialog


class _FilesNotAdded(LangflowError):
    """The server could not add the files; `base` has its reason."""

    default_hint = "Check the embedding model's provider and the files, then try again."

    def __init__(self, base: KnowledgeBase, model: ModelOption) -> None:
        cause = explain_error(base.failure)
        if cause and cause.code is CauseCode.UNREACHABLE:
            cause = ErrorCause(CauseCode.PROVIDER_UNREACHABLE, model.provider)
        reason = f" {cause.message}" if cause else ""
        super().__init__(
            f"The files could not be added to “{base.name}”.{reason}",
            hint=error_hint(cause) if cause else None,
        )
        self.base = base


# the field for which the dialog is open, by `_id`; it stays open when the page is redrawn
_OPEN_FOR: Slot[str] = Slot("knowledge-dialog")
# the provider whose settings were opened from the dialog, which is back once they are closed
_OPENED_PROVIDER: Slot[str] = Slot("knowledge-provider")
_UPLOADER = "knowledge-files"


def draw(field: Field, form: FlowForm) -> None:
    """Draw the button that opens the dialog, and the dialog if it is open."""
    id = _id(field, form)
    st.button(
        "New knowledge base",
        key=f"new-knowledge-{field.key}",
        icon=":material/library_add:",
        on_click=_open,
        args=(id,),
    )
    provider = form.resources.provider(_OPENED_PROVIDER.get() or "")
    if _OPEN_FOR.get() == id and not (provider and provider_actions.is_open(provider, form)):
        _OPENED_PROVIDER.clear()
        _show(field, form)


def _id(field: Field, form: FlowForm) -> str:
    return f"{form.flow.id}-{field.key}"


def _open(id: str) -> None:
    _OPENED_PROVIDER.clear()
    _OPEN_FOR.set(id)


def _close() -> None:
    _keep_files(_OPEN_FOR.take() or "")


def _kept_files(id: str) -> Slot[list[UploadedFile]]:
    """Return the slot with the files that were chosen before the dialog was closed."""
    return Slot(f"knowledge-kept-{id}")


def _keep_files(id: str) -> None:
    """Keep the files of the uploader, which is empty when it is drawn again."""
    kept = _kept_files(id)
    kept.set([*(kept.get() or ()), *st.session_state.get(_UPLOADER, ())])


@st.dialog("New knowledge base", icon=":material/library_add:", on_dismiss=_close)
def _show(field: Field, form: FlowForm) -> None:
    """Ask for a name, an embedding model and files; choose the new knowledge base in the field.

    What was entered stays if the dialog is closed, also to set up a provider.
    """
    id = _id(field, form)
    models: Sequence[ModelOption] = ()
    try:
        with st.spinner("Loading the embedding models"):
            models = form.server.models("embedding", max_wait=_LIST_SECONDS).value
    except LangflowError as error:
        alerts.show(error)  # a model can still be typed
    name_key, model_key = f"knowledge-name-{id}", f"knowledge-model-{id}"
    name = st.text_input("Name", key=name_key, help="At least 3 characters", live=True, **PERSIST)
    model = _choose_model(models, form, model_key)
    providers = {one.name: one for one in form.resources.providers if _may_embed(one)}
    chosen = provider_settings.draw_choice(providers, "knowledge-providers")
    if chosen:
        _keep_files(id)
        _OPENED_PROVIDER.set(chosen.provider)
        SHOWN_SETTINGS.set(chosen)
        st.rerun()
    files = _choose_files(id)
    is_complete = bool(model and files and len(name.strip()) >= 3)
    if not is_complete:
        st.caption("Enter a name, choose a model and at least one file.")
    if st.button("Create", type="primary", disabled=not is_complete) and model:
        progress = st.empty()
        try:
            with progress:
                _create(field, form, name.strip(), model, files)
        except LangflowError as error:
            progress.empty()
            alerts.show(error)
            if isinstance(error, _FilesNotAdded):
                draw_failure(error.base)
            return
        _OPEN_FOR.clear()
        _kept_files(id).clear()
        for key in (name_key, model_key):
            del st.session_state[key]
        st.rerun()


def _may_embed(provider: Provider) -> bool:
    """Return whether a provider that can be set up may have embedding models.

    Some have no models of any kind before they are set up.
    """
    may_embed = bool(provider.embedding_models) or not provider.language_models
    return may_embed and bool(provider.settings)


def _choose_model(models: Sequence[ModelOption], form: FlowForm, key: str) -> ModelOption | None:
    """Draw the list of embedding models, where others can be typed; return the chosen one."""
    providers = form.resources.providers
    entered = st.session_state.get(key)
    if entered:
        st.session_state[key] = full_label(entered, models, providers)
    ready = {model.label: "" for model in models if model.is_ready}
    labels = ready or {model.label: " (not set up)" for model in models}
    text = st.selectbox(
        "Embedding model",
        labels,
        # of several, the first may not embed: a gateway doesn't tell which of its models do
        index=0 if len(labels) == 1 else None,
        accept_new_options=True,
        format_func=lambda label: label + labels.get(label, ""),
        key=key,
        placeholder="Choose or type a model",
        help="Converts text to vectors for search. Runs need the same provider. "
        "Type a model that is not listed as “Provider: name”.",
        **PERSIST,
    )
    try:
        return find_model(text, models, providers) if text else None
    except ValueError as error:
        st.caption(f":red[:material/error: {escape(str(error))}]")
        return None


def _choose_files(id: str) -> Sequence[UploadedFile]:
    """Draw the file field, and the files that were chosen before the dialog was closed."""
    chosen = controls.file_uploader(
        "Files", type=_FILE_TYPES, accept_multiple_files=True, key=_UPLOADER
    )
    st.caption(
        "Langflow reads PDF, DOCX and text, such as Markdown, HTML, CSV or JSON. It can't read "
        "images, spreadsheets or presentations."
    )
    kept = _kept_files(id).get() or []
    for file in kept:
        with file_fields.file_row(f"kept-{file.file_id}"):
            size = format_size(file.size)
            st.markdown(
                f":green[:material/check_circle:] {escape(clip(file.name, 60))} :gray[{size}]"
            )
            file_fields.draw_remove_button(
                "Remove",
                f"remove-kept-{file.file_id}",
                _remove_file,
                kept,
                file,
                help="Make the knowledge base without this file",
            )
    return [*kept, *chosen]


def _remove_file(kept: list[UploadedFile], file: UploadedFile) -> None:
    kept.remove(file)
    file_fields.release_files([file])


def draw_failure(base: KnowledgeBase) -> None:
    """Draw the server's text of why the last files could not be added, if it has one."""
    if base.failure:
        with st.expander("Details"):
            st.code(base.failure, language=None, wrap_lines=True)


def _create(
    field: Field, form: FlowForm, name: str, model: ModelOption, files: Sequence[UploadedFile]
) -> None:
    """Create a knowledge base, choose it in the field, and add the files.

    It stays chosen if this is interrupted or the server stops responding: the server goes on, and
    Setup tells its status. Raises `LangflowError` if it can't be created or the files are refused.
    """
    form.server.require_change()
    with st.status("Creating the knowledge base") as status, form.server.open_client() as api:
        base = api.knowledge.create(name, model)
        form.state.set(field, base.dir_name)
        try:

            def report(now: KnowledgeBase) -> None:
                status.update(label=_progress_label(now))

            ended = api.knowledge.ingest(
                base, _contents(files), timeout=_MAX_SECONDS, on_change=report
            )
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


def _progress_label(base: KnowledgeBase) -> str:
    chunks = f": {format_count(base.chunks, 'chunk')} of text so far" if base.chunks else ""
    return f"Adding the files{chunks}"


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
        api.knowledge.delete(base)
    except LangflowError as error:
        words = f"Couldn't delete the empty knowledge base “{base.name}”. {error.message}"
        st.caption(escape(words))
