"""Redaction of a conversation: messages may repeat a secret that was sent or that the flow stores.

Stored messages are cached for all visitors of a connection. Each visitor has different secrets,
from the form and from earlier runs. So messages and runs' records are redacted when they are read.
"""

from collections.abc import Iterable
from dataclasses import replace

from lfclient.common.redaction import Redactor
from lfclient.console.store.notes import Notes
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import stored_secrets
from lfclient.flows.validation import collect_secrets
from lfclient.runs.components import HumanInput, Message
from lfclient.runs.model import Run
from pages._ui.connection.app_context import app_context
from pages._ui.form.flow_form import FlowForm

# Fewer characters reveal nothing of a secret, and innocent words end in them.
_MIN_PARTIAL_SECRET = 3


class _ChatRedactor(Redactor):
    """A redactor that redacts `sent` secrets only as a whole.

    Sent secrets may be another visitor's. If a secret's start were cut off a stopped answer, a
    visitor could guess the secret one character after the other.
    """

    def __init__(self, own: Iterable[str], sent: Iterable[str]) -> None:
        self._own = Redactor(own)
        super().__init__([*own, *sent])

    def partial_match_length(self, text: str) -> int:
        return self._own.partial_match_length(text)


def form_redactor(form: FlowForm) -> Redactor:
    """Return a redactor for the secrets in a form, its flow, and the owner's earlier runs."""
    flow = form.flow
    own = {*collect_secrets(flow, form.result.overrides), *stored_secrets(flow)}
    return _ChatRedactor(own, app_context().runner.sent_secrets(form.server.connection))


def redact_record(record: RunRecord, redactor: Redactor) -> RunRecord:
    """Return a run without secrets in its problem, notes, errors and open question.

    The inputs stay, to be sent again. The messages and outputs also stay, because they may be
    large. Redact them when they are drawn.
    """
    text, run, problem = redactor.redact_text, record.run, record.problem
    if problem:
        problem = replace(problem, message=text(problem.message), hint=text(problem.hint))
    return replace(
        record,
        notes=_redact_notes(record.notes, redactor),
        stop_result=_redact_notes(record.stop_result, redactor),
        problem=problem,
        run=run and _redact_run(run, redactor),
    )


def _redact_notes(notes: Notes, redactor: Redactor) -> Notes:
    return tuple(replace(note, text=redactor.redact_text(note.text)) for note in notes)


def _redact_run(run: Run, redactor: Redactor) -> Run:
    text, question = redactor.redact_text, run.waiting_for
    errors = (
        replace(each, message=text(each.message), traceback=each.traceback and text(each.traceback))
        for each in run.errors
    )
    return replace(
        run,
        errors=tuple(errors),
        waiting_for=question and _redact_question(question, redactor),
    )


def _redact_question(question: HumanInput, redactor: Redactor) -> HumanInput:
    """Return a question without secrets in its texts. Its IDs stay for the server."""
    text = redactor.redact_text
    decisions = (replace(each, label=text(each.label)) for each in question.decisions)
    return replace(question, prompt=text(question.prompt), decisions=tuple(decisions))


def redact_messages(messages: Iterable[Message], redactor: Redactor) -> list[Message]:
    """Return messages without secrets in texts, blocks, sender names and file names."""
    return [_redact_message(message, redactor) for message in messages]


def _redact_message(message: Message, redactor: Redactor) -> Message:
    """Return a message without secrets, or a secret's start at the end of an incomplete text."""
    redact = redactor.redact_text
    text = redact_start(message.visible_text, redactor, is_cut=not message.complete)
    blocks = redactor.redact_value(list(message.blocks))
    return replace(
        message,
        text=text,
        streamed="",
        blocks=tuple(blocks),
        sender_name=redact(message.sender_name),
        files=tuple(map(redact, message.files)),
    )


def redact_start(text: str, redactor: Redactor, is_cut: bool) -> str:
    """Return a text without secrets. If the text is cut, also drop a partial secret at its end."""
    text = redactor.redact_text(text)
    length = redactor.partial_match_length(text) if is_cut else 0
    return text[:-length] if length >= _MIN_PARTIAL_SECRET else text
