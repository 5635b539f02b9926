"""Writing to a flow: the box for the text, Stop, and what is done with a text that was sent."""

from __future__ import annotations

import uuid

import streamlit as st

from lfclient import LangflowError
from pages._ui import run_panel, state
from pages._ui.backend import backend
from pages._ui.talk import Talk


def draw(talk: Talk) -> None:
    """At the foot of the page, whatever its length."""
    flow = talk.choice.flow
    # always there: the box would be another one, and lose the cursor, if it changed its place
    with st.bottom, st.container(key="talk-stop"):
        if talk.going and talk.record:
            run_panel.stop_button(talk.session, talk.record)
    # only one that stands in no container has the page follow the conversation to its end
    st.chat_input(
        f"Message {flow.name[:60]}",
        key=_key(talk),
        on_submit=_submitted,
        args=(talk,),
    )


def _key(talk: Talk) -> str:
    return state.talk_key("text", *talk.key)


def _submitted(talk: Talk) -> None:
    """Called before the page is drawn. A text that is not sent is put back into the box."""
    text = st.session_state[_key(talk)]
    if not text or not text.strip():
        return
    record = talk.record
    record = backend().runner.get(record.id, talk.session.owner) if record else None
    if record and not record.ended:
        state.leave_notice(
            LangflowError(
                "Not sent: the answer to the message before is still on its way.",
                hint="Wait for it, or stop it; your text is still in the box.",
            )
        )
        st.session_state[_key(talk)] = text
    elif not send(talk, text):
        st.session_state[_key(talk)] = text


def send(talk: Talk, text: str) -> bool:
    """Start the run that answers a text; if it cannot be, a notice says why."""
    choice = talk.choice
    texts = {of.key: text for of in choice.flow.fields if of.chat_input}
    run_id = run_panel.begin(choice, choice.mode, talk.id, uuid.uuid4().hex, texts)
    if run_id is None:
        return False
    state.begin_talk(talk.session.owner, choice.flow.id, talk.id)
    return True
