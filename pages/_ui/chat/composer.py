"""Writing to a flow: the box for the text, Stop, and what is done with a text that was sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.errors import FileRefused, LangflowError
from lfclient.flows.field import Field
from lfclient.flows.file_fields import accepted_types
from lfclient.flows.model import Flow
from pages._ui.chat.conversation import Conversation
from pages._ui.connection.app_context import app_context
from pages._ui.form import file_fields
from pages._ui.run import controls as run_controls
from pages._ui.state import chat as chat_state
from pages._ui.state import notices


def draw(conversation: Conversation) -> None:
    """At the foot of the page, whatever its length."""
    flow = conversation.choice.flow
    # always there: the box would be another one, and lose the cursor, if it changed its place
    with st.bottom, st.container(key="conversation-stop"):
        if conversation.is_answering and conversation.record:
            run_controls.draw_stop_button(conversation.server, conversation.record)
    of = file_field(flow)
    # only one that stands in no container has the page follow the conversation to its end
    st.chat_input(
        f"Message {flow.name[:60]}",
        key=_key(conversation),
        accept_file="multiple" if of and of.is_list else bool(of),
        file_type=list(accepted_types(of)) or None if of else None,
        max_upload_size=file_fields.browser_limit_mb(conversation.choice.server_info)
        if of
        else None,
        on_submit=_on_submit,
        args=(conversation,),
    )


def file_field(flow: Flow) -> Field | None:
    """The parameter that takes the files of a message, if the flow has one."""
    return next((of for of in flow.fields if of.chat_files), None)


def _key(conversation: Conversation) -> str:
    return chat_state.chat_key("text", *conversation.key)


def _on_submit(conversation: Conversation) -> None:
    """Called before the page is drawn. A text that is not sent is put back into the box."""
    said = st.session_state[_key(conversation)]
    text = said if isinstance(said, str) else said.text if said else ""
    files = [] if isinstance(said, str) or not said else said.files
    if not text.strip() and not files:
        return
    try:
        _check(conversation, text)
        sent = send(conversation, text, _upload(conversation, files))
    except LangflowError as error:
        notices.set_notice(error)
        sent = False
    if not sent:
        st.session_state[_key(conversation)] = text


def _check(conversation: Conversation, text: str) -> None:
    record = conversation.record
    record = app_context().runner.get(record.id, conversation.server.owner) if record else None
    if record and not record.ended:
        raise LangflowError(
            "Not sent: the answer to the message before is still on its way.",
            hint="Wait for it, or stop it; your text is still in the box.",
        )
    if not text.strip():
        raise LangflowError(
            "Not sent: the files came without a word.",
            hint="Choose them again and say what is to be done with them.",
        )


def _upload(conversation: Conversation, files: Sequence[UploadedFile]) -> list[str]:
    """The paths at the server, once all are there."""
    choice, of = conversation.choice, file_field(conversation.choice.flow)
    if not files or of is None:
        return []
    with st.spinner("Sending the files"):
        begun = file_fields.upload_files(
            of, files, choice.server, choice.server_info, choice.flow.id
        )
        for upload in begun:
            upload.ended.wait()
    refusals = [refusal for upload in begun for refusal in upload.errors]
    if refusals:
        raise FileRefused(
            f"Not sent. {' '.join(refusals)}",
            hint="Your text is back in the box; choose the files again.",
        )
    return [upload.ref.path for upload in begun if upload.ref]


def send(conversation: Conversation, text: str, files: Sequence[str] = (), click: str = "") -> bool:
    """Start the run that answers a text; if it cannot be, a notice says why.

    `click` is the word of the button that was pressed, which counts once.
    """
    choice = conversation.choice
    values: dict[str, Any] = {of.key: text for of in choice.flow.fields if of.chat_input}
    of = file_field(choice.flow)
    if of and files:
        values[of.key] = list(files) if of.is_list else files[0]
    run_id = run_controls.start_run(
        choice, choice.mode, conversation.id, click or uuid.uuid4().hex, values
    )
    if run_id is None:
        return False
    chat_state.start_session(conversation.server.owner, choice.flow.id, conversation.id)
    return True
