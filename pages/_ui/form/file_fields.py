"""Fields that take files: chosen here and sent, found on the server, or named by their path."""

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
from pages._ui.form.form_state import FormState, empty_words
from pages._ui.form.uploads import Chosen, Upload
from pages._ui.form.widgets import KEEP, Area, Draw, States, Widget
from pages._ui.widgets.markdown import escape, inline_code

HERE, LISTED, TYPED = "This computer", "On the server", "Type a path"
_EVERY_SECONDS = 0.3
_MOST = 300  # files of the server that are offered


@dataclass(frozen=True)
class Files:
    """Whose form it is, and the server that its files go to."""

    form: FormState
    server: ServerSession
    server_info: ServerInfo


class FromHere(Widget):
    """Files that are chosen in the browser and sent to the server at once."""

    suffixes = ()
    seeded = False

    def __init__(self, files: Files) -> None:
        self.files = files

    def seed(self, field: Field, value: Any) -> States:
        return {}

    def draw(self, to: Draw) -> None:
        of, form = to.field, self.files.form
        way(to, form)
        # a new key for each choice: what was chosen is listed below, and held once
        key = f"upload-{form.choices[of.key]}-{form.owner[:12]}-{form.flow_id}-{of.key}"
        st.file_uploader(
            to.label,
            # no types, no server's limit: what a browser refuses by itself is never heard of here
            accept_multiple_files=of.is_list,
            key=key,
            on_change=_chosen,
            args=(self.files, of, key),
            label_visibility="collapsed",
        )


class Listed(Widget):
    """Files that are on the server already."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def seed(self, field: Field, value: Any) -> States:
        return {"": file_paths(value) if field.is_list else (value or None)}

    def read(self, field: Field, states: Mapping[str, Any], base: Any) -> Any:
        return list(states[""] or []) if field.is_list else (states[""] or "")

    def draw(self, to: Draw) -> None:
        of = to.field
        way(to, self.files.form)
        try:
            there = self.files.server.files().value
        except LangflowError as error:
            loading.show(self.files.server, error, retry=f"retry-files-{of.key}")
            return
        fitting = [ref for ref in there if ref.path and accepts_file(of, ref.path)]
        refs = {ref.path: ref for ref in fitting[:_MOST]}
        chosen = file_paths(st.session_state.get(to.key))
        options = list(dict.fromkeys([*refs, *chosen]))
        arguments: dict[str, Any] = {
            "format_func": partial(_in_words, refs),
            "placeholder": "Choose, the newest first" if options else "There is none yet",
            **to.hidden,
        }
        if of.is_list:
            st.multiselect(to.label, options, **arguments)
        else:
            st.selectbox(to.label, options, index=None, **arguments)
        if len(fitting) > _MOST:
            st.caption(f"{len(fitting) - _MOST} older ones are not listed: type the path of one.")
        if len(fitting) < len(there):
            st.caption(f"{len(there) - len(fitting)} of other types are not listed.")


class Typed(Area):
    """Paths of files, as the server names them."""

    def __init__(self, files: Files) -> None:
        super().__init__(height=70)
        self.files = files

    def draw(self, to: Draw) -> None:
        way(to, self.files.form)
        super().draw(to) if to.field.is_list else Widget().draw(to)


_WAYS = {HERE: FromHere, LISTED: Listed, TYPED: Typed}


def widget(of: Field, files: Files) -> Widget:
    """The widget for the way that was chosen."""
    chosen = st.session_state.get(_way_key(of, files.form))
    return _WAYS.get(chosen, FromHere)(files)


def way(to: Draw, form: FormState) -> None:
    """Draw the choice between the ways to give a file."""
    key = _way_key(to.field, form)
    st.session_state.setdefault(key, HERE)
    st.segmented_control(
        f"{to.label}, from where",
        list(_WAYS),
        key=key,
        required=True,
        label_visibility="collapsed",
        **KEEP,
    )


def draw_files(of: Field, files: Files, *, values: bool = True) -> None:
    """The files of a field, each with what became of it; `values`: those that are there, too."""
    form = files.form
    there = list(dict.fromkeys(file_paths(form.value(of))))
    if values and len(there) > 1:
        _count(of, len(there), form)
    for path in there:
        if values:
            _there(of, path, files)
        if path in form.files and not form.files[path].size:
            st.caption(f":orange[:material/warning:] {escape(empty_words(form.files[path]))}")
    for number, upload in enumerate(form.uploads.get(of.key, [])):
        if upload.ended.is_set():
            _not_there(of, upload, number, files)
    if any(not upload.ended.is_set() for upload in form.uploads.get(of.key, [])):
        _on_their_way(of, form)


def _count(of: Field, number: int, form: FormState) -> None:
    with _row(f"{of.key}-all"):
        st.markdown(f"**{number} files go along** :gray[· what you choose is added]")
        st.button(
            "Remove all",
            key=f"remove-all-{of.key}",
            type="tertiary",
            icon=":material/close:",
            help="Run without these files; what is on the server stays there",
            on_click=remove_all,
            args=(form, of),
        )


def _there(of: Field, path: str, files: Files) -> None:
    form = files.form
    known = form.files.get(path)
    name = safe_name(known.name) if known else path.rpartition("/")[2]
    size = f" :gray[{format_size(known.size)}]" if known else ""
    icon = ":green[:material/check_circle:]" if known else ":material/draft:"
    with _row(f"{of.key}-{path}"):
        with st.container(gap=None):
            where = f"On the server: {inline_code(clip(path, 120))}"
            st.markdown(f"{icon} {escape(clip(name, 60))}{size}", help=where)
            if known and name != known.name:
                st.caption(f"Chosen as “{escape(clip(known.name, 60))}”; the name was made safe.")
        _button("Remove", f"remove-{of.key}-{path}", remove, form, of, path)


def _not_there(of: Field, upload: Upload, number: int, files: Files) -> None:
    with _row(f"{of.key}-failed-{number}"):
        words = f"{escape(clip(upload.name, 60))} :gray[{format_size(upload.size)}]"
        with st.container(gap=None):
            st.markdown(f":red[:material/error:] {words}")
            for sentence in upload.refusals:
                st.caption(f":red[{escape(sentence)}]")
            st.caption("Nothing runs until you remove it or choose another file.")
        _button("Remove", f"drop-{number}-{of.key}", drop, files.form, of, upload)


@st.fragment(run_every=_EVERY_SECONDS)
def _on_their_way(of: Field, form: FormState) -> None:
    going = [each for each in form.uploads.get(of.key, []) if not each.ended.is_set()]
    if not going:
        st.rerun()
    for number, upload in enumerate(going):
        share = min(upload.sent / max(upload.size, 1), 1.0)
        with _row(f"{of.key}-going-{number}"):
            st.progress(share, f"{escape(clip(upload.name, 60))} :gray[{_how_far(upload)}]")
            _button("Stop sending", f"stop-sending-{number}-{of.key}", drop, form, of, upload)


def _how_far(upload: Upload) -> str:
    if upload.sent >= upload.size:
        return f"{format_size(upload.size)}, the server is storing it"
    return f"{format_size(upload.sent)} of {format_size(upload.size)} sent"


def _row(key: str) -> Any:
    return st.container(
        key=f"file-row-{key}", horizontal=True, vertical_alignment="center", gap="small"
    )


def _button(label: str, key: str, on_click: Any, *args: Any) -> None:
    st.button(
        label,
        key=key,
        type="tertiary",
        icon=":material/close:",
        help="Run without this file; what is on the server stays there",
        on_click=on_click,
        args=args,
    )


def remove(form: FormState, of: Field, path: str) -> None:
    """Run without this file; it stays on the server."""
    left = [each for each in file_paths(form.value(of)) if each != path]
    form.set(of, left if of.is_list else "")


def remove_all(form: FormState, of: Field) -> None:
    """Run without any file here; they stay on the server."""
    form.drop_uploads(of.key)
    form.set(of, [])


def drop(form: FormState, of: Field, upload: Upload) -> None:
    """Forget a file that is not there; what is left of it is not sent."""
    upload.drop()
    form.uploads[of.key] = [each for each in form.uploads.get(of.key, []) if each is not upload]


def _chosen(files: Files, of: Field, key: str) -> None:
    """Called before the page is drawn: what was chosen is sent, and those that failed forgotten."""
    form, found = files.form, st.session_state[key]
    several = found if isinstance(found, list) else [found]
    given = [each for each in several if isinstance(each, UploadedFile)]
    form.choices[of.key] += 1
    form.drop_uploads(of.key, only_ended=of.is_list)
    begun = begin(of, given, files.server, files.server_info, form.flow_id)
    form.uploads.setdefault(of.key, []).extend(begun)
    uploads.wait(begun)


def begin(
    of: Field,
    given: Sequence[UploadedFile],
    server: ServerSession,
    server_info: ServerInfo,
    flow_id: str,
) -> list[Upload]:
    """Check files that were chosen for a parameter of a flow, and send those that are right."""
    beside = flow_id if of.stored_with_flow else None

    def send(name: str, content: BinaryIO, progress: Callable[[int], object]) -> FileRef:
        return server.upload(
            name, content, server_info=server_info, flow_id=beside, on_progress=progress
        )

    chosen = [Chosen(each.name, each.size, each) for each in given]
    begun = uploads.begin(of, chosen, send, server_info.limits.max_upload_mb)
    _let_go([each.file_id for each in given])
    return begun


def _let_go(file_ids: Sequence[str]) -> None:
    """Streamlit holds what was chosen for as long as its session: the upload's is then the last."""
    context = get_script_run_ctx()
    for file_id in file_ids if context else ():
        context.uploaded_file_mgr.remove_file(context.session_id, file_id)


def limit(server_info: ServerInfo) -> int:
    """Whole megabytes for a browser that is to refuse by itself what is larger."""
    return max(1, math.ceil(limit_mb(server_info)))


def limit_mb(server_info: ServerInfo) -> float:
    """Megabytes that a file may have: the server's limit, or less if the console takes less."""
    own, its = float(st.get_option("server.maxUploadSize")), server_info.limits.max_upload_mb
    return own if its is None else min(own, its)


def _in_words(refs: Mapping[str, FileRef], path: str) -> str:
    ref = refs.get(path)
    return f"{ref.name} · {format_size(ref.size)}" if ref else path


def _way_key(of: Field, form: FormState) -> str:
    return f"file-way-{form.owner[:12]}-{form.flow_id}-{of.key}"
