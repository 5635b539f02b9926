"""Summarize the inputs and outputs of a run for lists, and collect its text for search."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from lfclient.common.filenames import uploaded_name
from lfclient.common.formatting import clip, clip_middle, format_count
from lfclient.console.content.markdown import one_line, plain_markdown, texts_in, truncate_texts
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.store.run_record import InputSummary, RunRecord
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import field_label
from lfclient.flows.validation import is_secret_field
from lfclient.resources.models import model_by_shape, model_label

MAX_SUMMARY_INPUTS = 10
# characters
MAX_INPUT_SUMMARY = 300
_MIN_VALUE = 80  # of a value among many in it
MAX_OUTPUT_SUMMARY = 200
MAX_SEARCHABLE_CHARACTERS = 20_000  # limit for inputs, and another for outputs
_ACCENTS = re.compile("[\u0300-\u036f]+")  # of Latin, Greek and Cyrillic letters
# of an uploaded file on the server
_UPLOADED_PATH = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/[^/\n]+")
# Markdown's marks at the beginning of a line, and around words. The words end at the next mark of
# the same kind, so that a text of many opening marks takes linear time.
_LINE_MARK = re.compile(r"^[ \t]*(?:(?:>|#{1,6}|[-*+]|\d{1,3}[.)])[ \t]+)+", re.MULTILINE)
_EMPHASIS = re.compile(
    r"(?<!\w)(\*{1,3}|_{1,3}|~~|`)(?=\S)((?:(?!(?<!\w)\1|\1(?!\w))[^\n])+)(?<=\S)\1(?!\w)"
)


def summarize_flow_inputs(flow: Flow, inputs: Mapping[str, Any]) -> InputSummary:
    """Summarize inputs with the labels of the flow's fields and the names of files and models.

    The chat text comes first, without a label, secrets last. The flow's own values are left out
    unless there are no others; its own chat text stays, after the others. Inputs that share a label
    are told apart.
    """
    fields = flow.fields_by_key
    own = {
        key
        for key, value in inputs.items()
        if key in fields and key not in flow.choices and fields[key].default == value
    }
    listed = [key for key in inputs if key not in own or fields[key].chat_input]

    def rank(key: str) -> int:
        field = fields.get(key)
        if field and field.chat_input:
            return 2 if key in own else 0
        return 3 if field and is_secret_field(field) else 1

    named = {
        key: _name(fields[key], inputs[key]) if key in fields else inputs[key]
        for key in sorted(listed or inputs, key=rank)
    }
    return summarize_inputs(
        named, _distinct_labels([fields[key] for key in inputs if key in fields])
    )


def _distinct_labels(fields: Sequence[Field]) -> dict[str, str]:
    """Return the labels by key. A shared one becomes the component's, or names the parameter.

    The parameter is for fields of one component.
    """
    labels = Counter(map(field_label, fields))
    labels_of_component = Counter((field.component, field_label(field)) for field in fields)

    def distinct_label(field: Field) -> str:
        label = field_label(field)
        if labels[label] == 1:
            return "" if field.chat_input else label
        if labels_of_component[field.component, label] == 1:
            return field.component_label()
        return f"{label} ({field.parameter})"

    return {field.key: distinct_label(field) for field in fields}


def _name(field: Field, value: Any) -> Any:
    if field.kind is FieldKind.FILE:
        return _without_folders(value)
    if field.resource == "knowledge_base" and isinstance(value, str):
        return value.replace("_", " ")  # the name that Langflow lists for this folder
    if field.kind is FieldKind.MODEL and not list(KIND_HANDLERS[field.kind].check(field, value)):
        return KIND_HANDLERS[field.kind].write(value)
    return value


def _without_folders(value: Any) -> Any:
    """Return the file names of one or more paths on the server."""
    if isinstance(value, str):
        return uploaded_name(value) or value
    if isinstance(value, list) and all(isinstance(path, str) for path in value):
        return ", ".join(map(_without_folders, value))
    return value


def summarize_inputs(
    overrides: Mapping[str, Any], labels: Mapping[str, str] | None = None
) -> InputSummary:
    """Return the labels and values of the first overrides, each value on one line.

    `overrides` (secrets masked) and `labels` are by `Component.parameter`.
    """
    labels = labels or {}
    limit = max(_MIN_VALUE, MAX_INPUT_SUMMARY // max(len(overrides), 1))
    return tuple(
        (
            clip(labels.get(key, key.partition(".")[2] or key), _MIN_VALUE),
            clip_middle(one_line(value), limit) or "empty",
        )
        for key, value in list(overrides.items())[:MAX_SUMMARY_INPUTS]
    )


def summarize_outputs(record: RunRecord) -> str:
    """Return the beginning of the first output on one line; without any, why the run failed.

    Of a table, that is its size and first values. `+1 output` says that there are others. A stopped
    run has the text that was written.
    """
    run = record.run
    outputs = [
        output
        for output in (run.outputs.values() if run else ())
        if not output.is_error and output.value not in (None, "", b"")
    ]
    if outputs:
        line = clip(handler_for(outputs[0]).summarize(outputs[0]), MAX_OUTPUT_SUMMARY)
        more = len(outputs) - 1
        return f"{line} · +{format_count(more, 'output')}" if more else line
    written = run.unfinished_messages if run and record.ended else []
    partial = plain_markdown(written[0].visible_text) if written else ""
    return clip(record.failure or partial, MAX_OUTPUT_SUMMARY)


def search_columns(record: RunRecord) -> dict[str, str]:
    """Return the columns of a record's searchable text: folded to search, and as it is read."""
    return {
        "body": fold_text(build_search_text(record)),
        "original": build_search_text(record, _strip_markup),
    }


def build_search_text(record: RunRecord, read_message: Callable[[str], str] = str) -> str:
    """Return a record's searchable text: the flow's name, then each text once, in lines.

    `read_message` is applied to the texts of messages, which are Markdown.
    """
    seen = set[str]()
    inputs = chain((record.flow_name,), _unseen(_input_texts(record.inputs), seen))
    outputs = _unseen(_output_texts(record, read_message), seen)
    return f"{_join(inputs)}\n{_join(outputs)}"


def _unseen(texts: Iterator[str], seen: set[str]) -> Iterator[str]:
    """Yield the texts that are not in `seen`, and add them: an output often repeats an input."""
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def fold_text(text: str) -> str:
    """Return `text` for comparison without case and without accents."""
    text = text.casefold()
    if text.isascii():
        return text
    without_accents = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", without_accents)


def _input_texts(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of inputs; models and uploaded files, known by their shape, as names."""
    for value in inputs.values():
        if model := model_by_shape(value):
            yield model_label(model)
        else:
            for text in texts_in(value):
                yield uploaded_name(text) if _UPLOADED_PATH.fullmatch(text) else text


def _output_texts(record: RunRecord, read_message: Callable[[str], str]) -> Iterator[str]:
    run = record.run
    cause = record.cause
    if cause:
        yield cause.message
    if record.problem:
        yield record.problem.message
    if run is None:
        return
    for error in run.errors:
        yield error.message
    for message in run.messages.values():
        yield read_message(message.visible_text)
    for output in run.outputs.values():
        is_markdown = output.markdown is not None
        texts = handler_for(output).texts(output.value)
        yield from map(read_message, texts) if is_markdown else texts


def _strip_markup(markdown: str) -> str:
    """Return the beginning of a message without most marks of Markdown; links stay as they are."""
    text = _LINE_MARK.sub("", markdown[:MAX_SEARCHABLE_CHARACTERS])
    return _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))


def _join(texts: Iterator[str]) -> str:
    return "\n".join(truncate_texts(texts, MAX_SEARCHABLE_CHARACTERS))
