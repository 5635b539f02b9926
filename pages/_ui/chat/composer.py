"""The message box and Stop button, and sending a message."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.common.formatting import remove_bidi_controls
from lfclient.errors import FileRefused, LangflowError
from lfclient.flows.file_fields import accepted_types
from pages._ui.chat import sidebar as chat_sidebar
from pages._ui.chat.conversation import Conversation
from pages._ui.connection import connect
from pages._ui.connection.app_context import app_context
from pages._ui.form import file_fields
from pages._ui.form.flow_form import FlowForm
from pages._ui.run import controls as run_controls
from pages._ui.state import chat as chat_state
from pages._ui.state import notices, run_page
from pages._ui.widgets import controls, focus
from pages._ui.widgets.alerts import NOT_STARTED, MissingValue
from pages._ui.widgets.markdown import escape


class _NotAnswered(LangflowError):
    """The error of a message that was sent before the previous message's answer."""


def draw_notice(conversation: Conversation) -> None:
    """Draw a callback's notice, unless it is about an answer that has arrived."""
    if isinstance(notices.NOTICE.get(), _NotAnswered) and not conversation.is_answering:
        notices.NOTICE.clear()
    connect.draw_notice()


def draw(conversation: Conversation) -> None:
    """Draw the message box at the bottom of the window."""
    form = conversation.form
    # always drawn, because a box that changes its position loses the cursor
    with st.bottom, st.container(key="talk-stop"):
        if conversation.is_answering and conversation.record:
            run_controls.draw_stop_button(form.server, conversation.record)
        elif text := _obstacle(form):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                words = escape(text)  # red only once it has prevented a message
                st.caption(f":red[{words}]" if form.state.was_refused else words, width="content")
                _draw_way_to_setup(form)
    files = form.flow.chat_field("files")
    # Streamlit scrolls to new messages only if the box is in no container
    st.chat_input(
        f"Message {remove_bidi_controls(form.flow.name)[:60]}",
        key=conversation.key("text"),
        accept_file="multiple" if files and files.is_list else bool(files),
        file_type=(list(accepted_types(files)) or None) if files else None,
        max_upload_size=file_fields.browser_limit_mb(form.server_info) if files else None,
        on_submit=_on_submit,
        args=(conversation,),
    )
    if chat_state.TO_BOX.take():
        focus.focus_box(uuid.uuid4().hex, conversation.key("text"))
    if files:
        controls.draw_refused_upload()


def _draw_way_to_setup(form: FlowForm) -> None:
    """Draw a button to Setup's missing or invalid values. On a phone, it opens the sidebar."""
    need = next((need for need in form.needs if not need.is_met), None)
    wrong = [key for key in form.state.fields if form.has_error(key)]
    keys = need.keys if need else wrong
    st.button(
        "Open Setup" if need else "Go to the field",
        key="show-obstacle",
        type="tertiary",
        on_click=_show_obstacle,
        args=(form, need.provider.name if need and need.provider else "", next(iter(keys), "")),
    )


def _show_obstacle(form: FlowForm, provider: str, key: str) -> None:
    chat_sidebar.open_parameters(form)  # the form scrolls to the field once it is drawn
    if provider:
        run_page.SHOWN_SETTINGS.set(run_page.ShownSettings(provider))
    elif key:
        run_page.SHOWN_FIELD.set(key)


def _obstacle(form: FlowForm) -> str:
    """Return why the parameters prevent a message or may let it fail, or "" if they don't."""
    is_complete = all(need.is_met for need in form.needs)
    if form.result.ready:
        return "" if is_complete else "Setup is not complete: the message may fail."
    fields = form.flow.fields_by_key.keys() - form.state.fields.keys()
    unmarked = [each.message for each in form.result.problems if each.key in fields]
    what = "Correct the marked values" if is_complete else "Complete Setup"
    return " ".join(unmarked) or f"{what} before you send a message."


def _on_submit(conversation: Conversation) -> None:
    """Send the text before the page is drawn. If that fails, put it back into the box."""
    entered = st.session_state[conversation.key("text")]
    text, files = (entered, []) if isinstance(entered, str) else (entered.text, entered.files)
    if not text.strip() and not files:
        return
    try:
        _check(conversation, text)
        _send(conversation, text, _upload(conversation, files), uuid.uuid4().hex)
    except LangflowError as error:
        _notify(error, conversation.form)
        st.session_state[conversation.key("text")] = text
    finally:
        file_fields.release_files(files)


def _notify(error: LangflowError, form: FlowForm) -> None:
    """Save an error for the page, unless the line above the box shows it.

    The line shows missing values of the form's fields, which are marked. Attachments have no field.
    """
    marked = form.state.fields.keys()
    if not (isinstance(error, MissingValue) and error.keys and error.keys <= marked):
        notices.NOTICE.set(error)


def _check(conversation: Conversation, text: str) -> None:
    record = conversation.record
    record = app_context().runner.get(record.id, conversation.form.server.owner) if record else None
    if record and not record.ended:
        raise _NotAnswered(
            "Couldn't send the message: the previous one has not been answered yet.",
            hint="Wait for the answer, or stop it. Your text is still in the box.",
        )
    if not text.strip():
        raise LangflowError(
            "Couldn't send the files without a message.",
            hint="Choose them again and enter a message.",
        )


def _upload(conversation: Conversation, files: Sequence[UploadedFile]) -> list[str]:
    form, field = conversation.form, conversation.form.flow.chat_field("files")
    if not files or field is None:
        return []
    with st.spinner("Uploading files"):
        uploads = file_fields.upload_files(field, files, form)
        for upload in uploads:
            upload.ended.wait()
    refusals = [refusal for upload in uploads for refusal in upload.errors]
    if refusals:
        raise FileRefused(
            f"Couldn't send the message. {' '.join(refusals)}",
            hint="Your text is back in the box. Choose the files again.",
        )
    return [upload.ref.path for upload in uploads if upload.ref and upload.ref.path]


def send_again(conversation: Conversation, text: str, files: Sequence[str], run_id: str) -> None:
    """Send the message of a run again, as the callback of a button.

    Repeated clicks start one run.
    """
    try:
        _send(conversation, text, files, f"again {run_id}")
    except LangflowError as error:
        _notify(error, conversation.form)


@contextmanager
def _name_message() -> Iterator[None]:
    """Make an error report that the message was not sent, instead of the run."""
    try:
        yield
    except LangflowError as error:
        error.message = error.message.replace(NOT_STARTED, "The message was not sent.")
        raise


@_name_message()
def _send(conversation: Conversation, text: str, files: Sequence[str], submit_token: str) -> None:
    """Start the run that answers a text. All calls with the same `submit_token` start one run."""
    form = conversation.form
    inputs = (field for field in form.flow.fields if field.chat_input and field.runs)
    values: dict[str, Any] = {field.key: text for field in inputs}
    field = form.flow.chat_field("files")
    if field and files:
        values[field.key] = list(files) if field.is_list else files[0]
    overrides = run_controls.check_values(form, form.mode, values)
    run_controls.start_runs(form, overrides, form.mode, [conversation.id], submit_token)
    chat_state.start_session(form.server.owner, form.flow.id, conversation.id)
