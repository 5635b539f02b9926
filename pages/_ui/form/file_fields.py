"""File fields: upload from this computer, choose from the server, or enter a path."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.typing import UploadedFile

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, format_size
from lfclient.errors import LangflowError
from lfclient.flows.field import Field
from lfclient.flows.file_fields import accepts_file, file_paths
from lfclient.outputs.model import FileRef
from lfclient.wire.server_info import ServerInfo
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import uploads
from pages._ui.form.form_state import FormState, empty_file_warning
from pages._ui.form.uploads import ChosenFile, Upload
from pages._ui.form.widgets import PERSIST, TextArea, Widget, WidgetSpec, WidgetStates
from pages._ui.widgets.markdown import escape, inline_code

HERE, LISTED, TYPED = "This computer", "On the server", "Type a path"
_REFRESH_SECONDS = 0.3
_MAX_LISTED = 300  # server files offered


@dataclass(frozen=True)
class FileContext:
    """The form and the server that its files are sent to."""

    form: FormState
    server: ServerSession
    server_info: ServerInfo


class FileUpload(Widget):
    """An upload field; chosen files are sent to the server at once."""

    suffixes = ()
    seeded = False

    def __init__(self, files: FileContext) -> None:
        self.files = files

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {}

    def draw(self, spec: WidgetSpec) -> None:
        field, form = spec.field, self.files.form
        draw_source(spec, form)
        # a new key after each choice empties the field: the files are listed below it
        key = f"upload-{form.upload_counts[field.key]}-{form.owner[:12]}-{form.flow_id}-{field.key}"
        st.file_uploader(
            spec.label,
            # no types and no size limit: files that the browser rejects are not reported here
            accept_multiple_files=field.is_list,
            key=key,
            on_change=_upload_chosen,
            args=(self.files, field, key),
            label_visibility="collapsed",
        )


class ServerFilePicker(Widget):
    """A choice of files on the server."""

    def __init__(self, files: FileContext) -> None:
        self.files = files

    def seed(self, field: Field, value: Any) -> WidgetStates:
        return {"": file_paths(value) if field.is_list else (value or None)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return list(states[""] or []) if field.is_list else (states[""] or "")

    def draw(self, spec: WidgetSpec) -> None:
        field = spec.field
        draw_source(spec, self.files.form)
        try:
            there = self.files.server.files().value
        except LangflowError as error:
            loading.show(self.files.server, error, retry=f"retry-files-{field.key}")
            return
        fitting = [(ref.path, ref) for ref in there if ref.path and accepts_file(field, ref.path)]
        refs = dict(fitting[:_MAX_LISTED])
        chosen = file_paths(st.session_state.get(spec.key))
        options = list(dict.fromkeys([*refs, *chosen]))
        arguments: dict[str, Any] = {
            "format_func": partial(_file_label, refs),
            "placeholder": "Choose a file" if options else "No files yet",
            **spec.hidden,
        }
        if field.is_list:
            st.multiselect(spec.label, options, **arguments)
        else:
            st.selectbox(spec.label, options, index=None, **arguments)
        if len(fitting) > _MAX_LISTED:
            st.caption(
                f"{len(fitting) - _MAX_LISTED} older files are not listed. Type a path instead."
            )
        if len(fitting) < len(there):
            st.caption(f"{len(there) - len(fitting)} files of other types are not listed.")


class FilePathInput(TextArea):
    """A box for the server paths of files."""

    def __init__(self, files: FileContext) -> None:
        super().__init__(height=70)
        self.files = files

    def draw(self, spec: WidgetSpec) -> None:
        draw_source(spec, self.files.form)
        super().draw(spec) if spec.field.is_list else Widget().draw(spec)


_SOURCES = {HERE: FileUpload, LISTED: ServerFilePicker, TYPED: FilePathInput}


def choose_widget(field: Field, files: FileContext) -> Widget:
    """Return the widget for the chosen source of files."""
    chosen = st.session_state.get(_source_key(field, files.form)) or HERE
    return _SOURCES[chosen](files)


def draw_source(spec: WidgetSpec, form: FormState) -> None:
    """Draw the choice of a source of files."""
    key = _source_key(spec.field, form)
    st.session_state.setdefault(key, HERE)
    st.segmented_control(
        f"{spec.label}, from where",
        list(_SOURCES),
        key=key,
        required=True,
        label_visibility="collapsed",
        **PERSIST,
    )


def draw_files(field: Field, files: FileContext, *, values: bool = True) -> None:
    """Draw a field's uploads and, with `values`, its attached files."""
    form = files.form
    there = list(dict.fromkeys(file_paths(form.value(field))))
    if values and len(there) > 1:
        _draw_count(field, len(there), form)
    for path in there:
        if values:
            _draw_attached(field, path, files)
        if path in form.files and not form.files[path].size:
            st.caption(
                f":orange[:material/warning:] {escape(empty_file_warning(form.files[path]))}"
            )
    for number, upload in enumerate(form.entries.uploads.get(field.key, [])):
        if upload.ended.is_set():
            _draw_failed(field, upload, number, files)
    if any(not upload.ended.is_set() for upload in form.entries.uploads.get(field.key, [])):
        _draw_uploading(field, form)


def _draw_count(field: Field, number: int, form: FormState) -> None:
    with _row(f"{field.key}-all"):
        st.markdown(f"**{number} files attached** :gray[· new files are added]")
        st.button(
            "Remove all",
            key=f"remove-all-{field.key}",
            type="tertiary",
            icon=":material/close:",
            help="Run without these files. They stay on the server.",
            on_click=remove_all_files,
            args=(form, field),
        )


def _draw_attached(field: Field, path: str, files: FileContext) -> None:
    form = files.form
    known = form.files.get(path)
    name = safe_name(known.name) if known else path.rpartition("/")[2]
    size = f" :gray[{format_size(known.size)}]" if known else ""
    icon = ":green[:material/check_circle:]" if known else ":material/draft:"
    with _row(f"{field.key}-{path}"):
        with st.container(gap=None):
            where = f"On the server: {inline_code(clip(path, 120))}"
            st.markdown(f"{icon} {escape(clip(name, 60))}{size}", help=where)
            if known and name != known.name:
                st.caption(f"Chosen as “{escape(clip(known.name, 60))}”; renamed to a safe name.")
        _draw_remove_button("Remove", f"remove-{field.key}-{path}", remove_file, form, field, path)


def _draw_failed(field: Field, upload: Upload, number: int, files: FileContext) -> None:
    with _row(f"{field.key}-failed-{number}"):
        words = f"{escape(clip(upload.name, 60))} :gray[{format_size(upload.size)}]"
        with st.container(gap=None):
            st.markdown(f":red[:material/error:] {words}")
            for sentence in upload.errors:
                st.caption(f":red[{escape(sentence)}]")
            st.caption("Remove it or choose another file before you run.")
        _draw_remove_button(
            "Remove", f"drop-{number}-{field.key}", drop_upload, files.form, field, upload
        )


@st.fragment(run_every=_REFRESH_SECONDS)
def _draw_uploading(field: Field, form: FormState) -> None:
    going = [each for each in form.entries.uploads.get(field.key, []) if not each.ended.is_set()]
    if not going:
        st.rerun()
    for number, upload in enumerate(going):
        share = min(upload.sent_bytes / max(upload.size, 1), 1.0)
        with _row(f"{field.key}-going-{number}"):
            st.progress(share, f"{escape(clip(upload.name, 60))} :gray[{_progress_text(upload)}]")
            _draw_remove_button(
                "Cancel upload",
                f"stop-sending-{number}-{field.key}",
                drop_upload,
                form,
                field,
                upload,
            )


def _progress_text(upload: Upload) -> str:
    if upload.sent_bytes >= upload.size:
        return f"{format_size(upload.size)}, saving on the server"
    return f"{format_size(upload.sent_bytes)} of {format_size(upload.size)} sent"


def _row(key: str) -> Any:
    return st.container(
        key=f"file-row-{key}", horizontal=True, vertical_alignment="center", gap="small"
    )


def _draw_remove_button(label: str, key: str, on_click: Any, *args: Any) -> None:
    st.button(
        label,
        key=key,
        type="tertiary",
        icon=":material/close:",
        help="Run without this file. A copy on the server stays there.",
        on_click=on_click,
        args=args,
    )


def remove_file(form: FormState, field: Field, path: str) -> None:
    """Remove a file from the field; it stays on the server."""
    left = [each for each in file_paths(form.value(field)) if each != path]
    form.set(field, left if field.is_list else "")


def remove_all_files(form: FormState, field: Field) -> None:
    """Remove all files from the field; they stay on the server."""
    form.drop_uploads(field.key)
    form.set(field, [])


def drop_upload(form: FormState, field: Field, upload: Upload) -> None:
    """Cancel an upload and forget it."""
    upload.cancel()
    form.entries.uploads[field.key] = [
        each for each in form.entries.uploads.get(field.key, []) if each is not upload
    ]


def _upload_chosen(files: FileContext, field: Field, key: str) -> None:
    """Upload the chosen files and forget failed uploads, in a callback before the page is drawn."""
    form, found = files.form, st.session_state[key]
    several = found if isinstance(found, list) else [found]
    given = [each for each in several if isinstance(each, UploadedFile)]
    form.upload_counts[field.key] += 1
    form.drop_uploads(field.key, only_ended=field.is_list)
    begun = upload_files(field, given, files.server, files.server_info, form.flow_id)
    form.entries.uploads.setdefault(field.key, []).extend(begun)
    uploads.wait_for_uploads(begun)


def upload_files(
    field: Field,
    given: Sequence[UploadedFile],
    server: ServerSession,
    server_info: ServerInfo,
    flow_id: str,
) -> list[Upload]:
    """Check chosen files and start to upload the valid ones."""
    beside = flow_id if field.stored_with_flow else None

    def send(name: str, content: BinaryIO, progress: Callable[[int], object]) -> FileRef:
        return server.upload(
            name, content, server_info=server_info, flow_id=beside, on_progress=progress
        )

    chosen = [ChosenFile(each.name, each.size, each) for each in given]
    begun = uploads.start_uploads(field, chosen, send, server_info.limits.max_upload_mb)
    _release_from_streamlit([each.file_id for each in given])
    return begun


def _release_from_streamlit(file_ids: Sequence[str]) -> None:
    """Remove files from Streamlit's memory, which would hold them as long as its session."""
    context = get_script_run_ctx()
    if context is None:
        return
    manager: Any = context.uploaded_file_mgr  # its protocol does not declare `remove_file`
    for file_id in file_ids:
        manager.remove_file(context.session_id, file_id)


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


def _source_key(field: Field, form: FormState) -> str:
    return f"file-way-{form.owner[:12]}-{form.flow_id}-{field.key}"
