"""A run as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lfclient.common.formatting import replace_surrogates
from lfclient.common.redaction import Redactor
from lfclient.console.export.report import facts
from lfclient.console.export.report.blocks import BlockBuilder
from lfclient.console.presentation.component_names import ComponentNames
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.model import Flow, stored_secrets
from lfclient.outputs.model import FileRef

_FOLDER = Path(__file__).parent


_TEMPLATES = FileSystemLoader(_FOLDER)


def report_html(
    record: RunRecord,
    flow: Flow | None,
    *,
    fetch: Callable[[FileRef, int], bytes] | None = None,
    secrets: Iterable[str] = (),
    now: datetime | None = None,
) -> str:
    """The report of a run, as it stands at `now` if it still goes on.

    `fetch` gives the bytes of a file that the run returned, or raises a `LangflowError`, which is
    then said, also if there are more bytes than it is told to give; those that are too large or too
    many are named only. None of `secrets` is in it, nor those that were masked in the record, nor
    those that the flow stores; files and images are left as they are.
    """
    redactor = Redactor([*secrets, *stored_secrets(flow)])

    def clean(text: str) -> str:
        return replace_surrogates(redactor.redact_text(text))

    def put(value: Any) -> Any:
        """A value where the page has it, before it is escaped."""
        if isinstance(value, str) and not isinstance(value, Markup):
            return clean(value)
        return "" if value is None else value

    environment = Environment(
        loader=_TEMPLATES,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=put,
    )
    now = now or datetime.now(UTC)
    return environment.get_template("report.html.j2").render(
        record=record,
        run=record.run,
        names=ComponentNames(flow, record.run.components if record.run else {}),
        facts=facts.run_facts(record, flow, now),
        inputs=facts.input_rows(record, flow, clean),
        inputs_unknown=omissions.explain_missing_inputs(record),
        outputs=BlockBuilder(clean, fetch).build(record.run),
        unfinished=record.run.unfinished_messages if record.run else (),
        components=facts.component_rows(record, flow),
        status=facts.status_label(record),
        now=facts.format_time(now),
    )
