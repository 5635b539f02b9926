"""File fields: upload from this computer, choose from the server, or enter a path."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.common.filenames import safe_name, uploaded_name
from lfclient.common.formatting import clip, format_size
from lfclient.console.form import uploads
from lfclient.console.form.uploads import Upload
from lfclient.errors import LangflowError
from lfclient.flows.field import Field
from lfclient.flows.file_fields import accepts_file, file_paths, format_types
from lfclient.flows.stored_files import missing_paths
from lfclient.outputs.model import FileRef
from lfclient.wire.server_info import ServerInfo
from pages._ui.app import streamlit_patches
from pages._ui.connection import loading
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.form.widgets import PERSIST, TextArea, Widget, WidgetSpec, WidgetStates
from pages._ui.state import notices
from pages._ui.widgets import controls
from pages._ui.widgets.markdown import escape, inline_code

HERE, LISTED, TYPED = "This computer", "On the server", "Type a path"
_REFRESH_SECONDS = 0.3
_MAX_LISTED = 300  # files on the server that are offered


class FileUpload(Widget):
    """An upload field; chosen files are sent to the server at once."""

    suffixes = ()

    def __init__(self, form: FlowForm) -> None:
        self.form = form

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {}

    def draw(self, spec: WidgetSpec) -> None:
        field, state = spec.field, self.form.state
        # a new key after each choice empties the field: the files are listed below it
        key = f"{state.key(f'upload-{state.upload_counts[field.key]}')}-{field.key}"
        controls.file_uploader(
            spec.label,
            # no types and no size limit: files that the browser rejects are not reported here
            accept_multiple_files=field.is_list,
            key=key,
            on_change=_upload_chosen,
            args=(self.form, field, key),
            label_visibility="collapsed",
        )


class ServerFilePicker(Widget):
    """A choice of files on the server."""

    def __init__(self, form: FlowForm) -> None:
        self.form = form

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": file_paths(value) if field.is_list else (value or None)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return list(states[""] or []) if field.is_list else (states[""] or "")

    def draw(self, spec: WidgetSpec) -> None:
        field, server = spec.field, self.form.server
        try:
            files = server.files().value
        except LangflowError as error:
            loading.show(server, error, server.files, retry=f"retry-files-{field.key}")
            return
        fitting = [(ref.path, ref) for ref in files if ref.path and accepts_file(field, ref.path)]
        refs = dict(fitting[:_MAX_LISTED])
        options = spec.options(refs)
        arguments: dict[str, Any] = {
            "format_func": partial(_file_label, refs),
            "placeholder": "Choose a file" if options else "No files yet",
            **spec.hidden,
        }
        if field.is_list:
            st.multiselect(spec.label, options, **arguments)
        else:
            st.selectbox(spec.label, options, index=None, **arguments)
        unlisted = len(fitting) - _MAX_LISTED
        if unlisted > 0:
            st.caption(f"{unlisted} older files are not listed. Type a path instead.")
        if len(fitting) < len(files):
            st.caption(f"{len(files) - len(fitting)} files of other types are not listed.")


def _source(field: Field, state: FormState) -> str:
    """Return where the field's files come from: `HERE`, `LISTED` or `TYPED`."""
    return st.session_state.get(_source_key(field, state)) or HERE


def choose_widget(field: Field, form: FlowForm) -> Widget:
    """Return the widget for the chosen source of files."""
    chosen = _source(field, form.state)
    if chosen == HERE:
        return FileUpload(form)
    if chosen == LISTED:
        return ServerFilePicker(form)
    return TextArea() if field.is_list else Widget()


def draw_source(spec: WidgetSpec, state: FormState) -> None:
    """Draw the choice of a source of files."""
    key = _source_key(spec.field, state)
    st.session_state.setdefault(key, HERE)
    st.segmented_control(
        f"{spec.label}, from where",
        [HERE, LISTED, TYPED],
        key=key,
        required=True,
        label_visibility="collapsed",
        **PERSIST,
    )


def hint(field: Field, form: FlowForm) -> str:
    """Return a hint on the files that the field takes."""
    types = format_types(field)
    chosen = _source(field, form.state)
    if chosen == HERE:
        limit = max_upload_mb(form.server_info)
        size = f"{limit / 1024:.3g} GB" if limit >= 1024 else f"{limit:g} MB"
        each = " each" if field.is_list else ""
        return f"{types}, up to {size}{each}" if types else f"Up to {size}{each}"
    takes = f"Takes {types}." if types else ""
    if chosen == LISTED:
        return takes
    each = ", one per line" if field.is_list else ""
    return f"The path of a file on the server, as Langflow names it{each}. {takes}"


def draw_files(field: Field, form: FlowForm, *, is_open: bool = True) -> None:
    """Draw a field's uploads and, unless its open widget shows them, its attached files."""
    state = form.state
    values = _source(field, state) == HERE or not is_open
    paths = list(dict.fromkeys(file_paths(state.value(field))))
    missing = missing_paths(form.flow, paths, form.resources.files) if field.takes_file else []
    paths = [path for path in paths if path not in missing]
    for path in missing if values else ():
        name = escape(clip(uploaded_name(path), 60))
        st.caption(f":material/info: The server has no “{name}”. Choose your own file.")
    if values and len(paths) > 1:
        with file_row(f"{field.key}-all"):
            st.markdown(f"**{len(paths)} files attached** :gray[· new files are added]")
            draw_remove_button(
                "Remove all",
                f"remove-all-{field.key}",
                _remove_all_files,
                state,
                field,
                help="Run without these files. They stay on the server.",
            )
    for path in paths:
        if values:
            _draw_attached(field, path, state)
        sent = state.files.get(path)
        if sent and sent.warning:
            st.caption(f":orange[:material/warning:] {escape(sent.warning)}")
    started = state.entries.uploads.get(field.key, [])
    for number, upload in enumerate(started):
        if upload.ended.is_set():
            _draw_failed(field, upload, number, state)
    uploading = sum(not upload.ended.is_set() for upload in started)
    if uploading:
        _draw_uploading(field, state, uploading)


def _draw_attached(field: Field, path: str, state: FormState) -> None:
    sent = state.files.get(path)
    name = safe_name(sent.name) if sent else uploaded_name(path)
    size = f" :gray[{format_size(sent.size)}]" if sent else ""
    icon = ":green[:material/check_circle:]" if sent else ":material/draft:"
    with file_row(f"{field.key}-{path}"):
        with st.container(gap=None):
            where = f"On the server: {inline_code(clip(path, 120))}"
            st.markdown(f"{icon} {escape(clip(name, 60))}{size}", help=where)
            if sent and name != sent.name:
                st.caption(f"Chosen as “{escape(clip(sent.name, 60))}”; renamed to a safe name.")
        key = f"remove-{field.key}-{path}"
        draw_remove_button("Remove", key, _remove_file, state, field, path)


def _draw_failed(field: Field, upload: Upload, number: int, state: FormState) -> None:
    with file_row(f"{field.key}-failed-{number}"):
        words = f"{escape(clip(upload.name, 60))} :gray[{format_size(upload.size)}]"
        with st.container(gap=None):
            st.markdown(f":red[:material/error:] {words}")
            for error in upload.errors:
                st.caption(f":red[{escape(error)}]")
            st.caption("Remove it or choose another file before you run.")
        key = f"drop-{number}-{field.key}"
        draw_remove_button("Remove", key, _drop_upload, state, field, upload)


@st.fragment(run_every=_REFRESH_SECONDS)
def _draw_uploading(field: Field, state: FormState, count: int) -> None:
    """Draw the uploads in progress; redraw the page, which has the others, once one ends.

    `count` is their number when the page was drawn.
    """
    started = state.entries.uploads.get(field.key, [])
    uploading = [each for each in started if not each.ended.is_set()]
    if len(uploading) < count:
        notices.rerun()
    for number, upload in enumerate(uploading):
        share = min(upload.sent_bytes / max(upload.size, 1), 1.0)
        with file_row(f"{field.key}-going-{number}"):
            st.progress(share, f"{escape(clip(upload.name, 60))} :gray[{_progress_text(upload)}]")
            key = f"stop-sending-{number}-{field.key}"
            draw_remove_button("Cancel upload", key, _drop_upload, state, field, upload)


def _progress_text(upload: Upload) -> str:
    if upload.sent_bytes >= upload.size:
        return f"{format_size(upload.size)}, saving on the server"
    return f"{format_size(upload.sent_bytes)} of {format_size(upload.size)} sent"


def file_row(key: str) -> Any:
    """Return a container for a file and its button."""
    return st.container(key=f"file-row-{key}", horizontal=True, vertical_alignment="center")


def draw_remove_button(
    label: str,
    key: str,
    on_click: Any,
    *args: Any,
    help: str = "Run without this file. A copy on the server stays there.",
) -> None:
    """Draw the button at the end of a file's row; `args` go to `on_click`."""
    st.button(
        label,
        key=key,
        type="tertiary",
        icon=":material/close:",
        help=help,
        on_click=on_click,
        args=args,
    )


def _remove_file(state: FormState, field: Field, path: str) -> None:
    left = [each for each in file_paths(state.value(field)) if each != path]
    state.set(field, left if field.is_list else "")


def _remove_all_files(state: FormState, field: Field) -> None:
    state.drop_uploads(field.key)
    state.set(field, [])


def _drop_upload(state: FormState, field: Field, upload: Upload) -> None:
    upload.cancel()
    others = [each for each in state.entries.uploads.get(field.key, []) if each is not upload]
    state.entries.uploads[field.key] = others


def _upload_chosen(form: FlowForm, field: Field, key: str) -> None:
    """Upload the chosen files and forget failed uploads, in a callback before the page is drawn."""
    state, chosen = form.state, st.session_state[key]
    files = chosen if isinstance(chosen, list) else [chosen]
    state.upload_counts[field.key] += 1
    state.drop_uploads(field.key, only_ended=field.is_list)
    started = upload_files(field, [each for each in files if isinstance(each, UploadedFile)], form)
    state.entries.uploads.setdefault(field.key, []).extend(started)
    uploads.wait_for_uploads(started)


def upload_files(field: Field, files: Sequence[UploadedFile], form: FlowForm) -> list[Upload]:
    """Check chosen files and start to upload the valid ones."""
    flow_id = form.flow.id if field.stored_with_flow else None
    send = partial(form.server.upload, server_info=form.server_info, flow_id=flow_id)
    limit_mb = form.server_info.limits.max_upload_mb
    return uploads.start_uploads(field, files, send, limit_mb, streamlit_patches.upload_releaser())


def release_files(files: Iterable[UploadedFile]) -> None:
    """Remove files that are not sent from Streamlit's memory."""
    release = streamlit_patches.upload_releaser()
    for file in files:
        release(file)


def browser_limit_mb(server_info: ServerInfo) -> int:
    """Return the size limit for the browser, in whole megabytes."""
    return max(1, math.ceil(max_upload_mb(server_info)))


def max_upload_mb(server_info: ServerInfo) -> float:
    """Return the smaller of the server's and the console's size limit, in megabytes."""
    own, its = float(st.get_option("server.maxUploadSize")), server_info.limits.max_upload_mb
    return own if its is None else min(own, its)


def _file_label(refs: Mapping[str, FileRef], path: str) -> str:
    ref = refs.get(path)
    return f"{ref.name} · {format_size(ref.size)}" if ref else path


def _source_key(field: Field, state: FormState) -> str:
    return f"{state.key('file-way')}-{field.key}"
