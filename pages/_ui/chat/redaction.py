"""Redaction of a conversation: messages may repeat a secret that was sent or that the flow stores.

What a server has stored is cached for all who use its connection, so it is redacted when it is
read: each visitor's form has secrets of its own.
"""

from collections.abc import Iterable
from dataclasses import replace

from lfclient.common.redaction import Redactor
from lfclient.flows.model import stored_secrets
from lfclient.flows.validation import collect_secrets
from lfclient.runs.components import Message
from pages._ui.form.flow_form import FlowForm


def form_redactor(form: FlowForm) -> Redactor:
    """Return a redactor of the secrets that are in a form or stored in its flow."""
    flow = form.flow
    return Redactor([*collect_secrets(flow, form.result.overrides), *stored_secrets(flow)])


def redact_messages(messages: Iterable[Message], redactor: Redactor) -> list[Message]:
    """Return messages without secrets in their texts and blocks."""
    return [_redact_message(message, redactor) for message in messages]


def _redact_message(message: Message, redactor: Redactor) -> Message:
    """Return a message without secrets, nor the start of one at the end of an incomplete text."""
    text = redact_start(message.visible_text, redactor, is_cut=not message.complete)
    blocks = redactor.redact_value(list(message.blocks))
    return replace(message, text=text, streamed="", blocks=tuple(blocks))


def redact_start(text: str, redactor: Redactor, is_cut: bool) -> str:
    """Return a text without secrets. If the text is cut, also drop a partial secret at its end."""
    text = redactor.redact_text(text)
    return text[: len(text) - redactor.partial_match_length(text)] if is_cut else text
