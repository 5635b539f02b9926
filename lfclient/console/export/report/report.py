"""Render the HTML report of a run."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lfclient.common.formatting import clean_text
from lfclient.common.redaction import Redactor
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.report import facts
from lfclient.console.export.report.blocks import BlockBuilder
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.run_notes import cached_results_text, describe_notes
from lfclient.console.wording.statuses import not_run_label, run_status_label
from lfclient.flows.model import Flow, stored_secrets
from lfclient.outputs.model import FileRef

_TEMPLATES = FileSystemLoader(Path(__file__).parent)


def report_html(
    record: RunRecord,
    flow: Flow | None,
    *,
    fetch: Callable[[FileRef, int], bytes] | None = None,
    secrets: Iterable[str] = (),
    prices: PriceTable | None = None,
    labels: Sequence[str] = (),
    now: datetime | None = None,
) -> str:
    """Return the report of a run, as of `now` if it is still running.

    `fetch(ref, max_bytes)` returns the bytes of an output file, or raises `LangflowError`, also if
    the file is larger; the report then gives the reason. Files beyond the limits are only named.

    The report contains none of `secrets`, of the secrets that the record masks, and of those that
    the flow stores; without the flow, it says so. Files and images are not redacted.
    """
    redactor = Redactor([*secrets, *stored_secrets(flow)])

    def redact(text: str) -> str:
        return clean_text(redactor.redact_text(text))

    def finalize(value: object) -> object:
        """Redact a value before Jinja escapes it."""
        if isinstance(value, str) and not isinstance(value, Markup):
            return redact(value)
        return "" if value is None else value

    environment = Environment(
        loader=_TEMPLATES,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    now = now or datetime.now(UTC)
    record = record.with_tool_states(flow)
    run = record.run
    names = ComponentNames(flow, run.components if run else {}, run.outputs if run else {})
    return environment.get_template("report.html.j2").render(
        record=record,
        run=run,
        names=names,
        facts=facts.run_facts(record, names, now, prices, labels),
        inputs=facts.input_rows(record, flow, redact),
        flow_missing="" if flow else omissions.FLOW_MISSING,
        inputs_unknown=omissions.explain_missing_inputs(record),
        stop_result=describe_notes(record.stop_result),
        cached=cached_results_text(run, flow) if run else "",
        outputs=BlockBuilder(redact, fetch).build(run, names),
        unfinished=run.unfinished_messages if run else (),
        components=facts.component_rows(record, names, prices),
        status=run_status_label(record),
        not_run_label=not_run_label,
        now=facts.format_time(now),
    )
