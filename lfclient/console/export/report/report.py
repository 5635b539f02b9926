"""Render the HTML report of a run: its facts, inputs, outputs and components."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lfclient.common.formatting import clean_text, clip, format_duration, format_timing
from lfclient.common.redaction import Redactor
from lfclient.console.config.prices import PriceTable
from lfclient.console.export.report.blocks import BlockBuilder, JsonTruncator
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames, describe_decision
from lfclient.console.wording.run_notes import cached_results_text, describe_notes
from lfclient.console.wording.statuses import component_state_label, not_run_label, run_status_label
from lfclient.console.wording.timeline import timeline_bars
from lfclient.console.wording.tokens import component_usage_text, cost_text, usage_text
from lfclient.flows.field import FieldKind, Variable
from lfclient.flows.field_kinds import KIND_HANDLERS
from lfclient.flows.model import Flow, stored_secrets
from lfclient.flows.run_inputs import InputValue, describe_inputs
from lfclient.outputs.model import FileRef
from lfclient.runs.components import ComponentRun, HumanInput
from lfclient.wire.modes import MODES

_TEMPLATES = FileSystemLoader(Path(__file__).parent)
MAX_INPUT_LENGTH = 20_000  # characters of a value
_MIN_BAR_PERCENT = 0.4  # so that the shortest bars stay visible


def report_html(
    record: RunRecord,
    flow: Flow | None,
    *,
    fetch: Callable[[FileRef, int], bytes] | None = None,
    secrets: Iterable[str] = (),
    prices: PriceTable | None = None,
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
        facts=run_facts(record, names, now, prices),
        inputs=input_rows(record, flow, redact),
        flow_missing="" if flow else run_record.FLOW_MISSING,
        inputs_unknown=run_record.explain_missing_inputs(record),
        stop_result=describe_notes(record.stop_result),
        cached=cached_results_text(run, flow) if run else "",
        outputs=BlockBuilder(redact, fetch).build(run, names),
        unfinished=run.unfinished_messages if run else (),
        components=component_rows(record, names, prices),
        status=run_status_label(record),
        not_run_label=not_run_label,
        now=format_time(now),
    )


@dataclass(frozen=True)
class ComponentRow:
    """A component. `left` and `width` of its bar are in percent, None without a bar."""

    name: str
    state: str
    label: str
    duration: str = ""
    tokens: str = ""
    left: float | None = None
    width: float | None = None


def run_facts(
    record: RunRecord,
    names: ComponentNames,
    now: datetime,
    prices: PriceTable | None,
) -> list[tuple[str, str]]:
    """Return the names and values of the known facts."""
    run = record.run
    facts = {
        "Server": record.server_name,
        "Mode": MODES[record.mode].label,
        "Session": record.session_id or (run.session_id if run else None),
        "Started": format_time(record.created_at),
        "Ended": format_time(record.ended_at) if record.ended_at else None,
        "Duration": format_duration(record.elapsed(now)),
        "Tokens": usage_text(record.usage),
        "Cost": cost_text(run.usage_by_model if run else {}, prices),
        "Job": record.job_id,
        "Run": record.id,
    }
    known = [(name, value) for name, value in facts.items() if value]
    decided = run.decided if run else ()
    return known + [("Decision", _describe(question, names)) for question in decided]


def _describe(question: HumanInput, names: ComponentNames) -> str:
    """Describe a decision and its question."""
    decision = ", ".join(filter(None, describe_decision(question, format_time)))
    label = names.label(question.component_id or "")
    prompt = ": ".join(filter(None, [label, clip(question.prompt, 500)]))
    return f"{decision} ({prompt})"


def format_time(moment: datetime) -> str:
    """Format a time in UTC: the report may be opened in any time zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def input_rows(
    record: RunRecord, flow: Flow | None, redact: Callable[[str], str]
) -> list[tuple[str, str, str, bool]]:
    """Return the label, key and value of each input, and whether it is the flow's default."""
    return [
        (
            f"{value.component_label()}: {value.label}",
            value.key,
            clip(_value_text(value, redact), MAX_INPUT_LENGTH),
            value.is_default,
        )
        for value in describe_inputs(record.overrides, record.flow_defaults, flow)
    ]


def _value_text(entry: InputValue, redact: Callable[[str], str]) -> str:
    value, field = entry.value, entry.field
    if isinstance(value, Variable):
        return f"Server variable {value.name}"
    if isinstance(value, str):
        return redact(value)
    if field and field.kind is FieldKind.MODEL:
        handler = KIND_HANDLERS[field.kind]
        if not list(handler.check(field, value)):
            return redact(handler.write(value))
    return json.dumps(JsonTruncator(redact).truncate(value), indent=2, ensure_ascii=False)


def component_rows(
    record: RunRecord, names: ComponentNames, prices: PriceTable | None
) -> list[ComponentRow]:
    """Return the components in order of their start; those without a duration come last."""
    components = record.run.components if record.run else {}
    named = [(names.label(id), component) for id, component in components.items()]
    bars = timeline_bars(named)
    end = max((bar.seconds + (bar.start or 0) for bar in bars), default=0) or 1

    def row(name: str, component: ComponentRun) -> ComponentRow:
        label = component_state_label(component.state, ended=record.ended)
        tokens = component_usage_text(component, prices)
        return ComponentRow(name, component.state.value, label, tokens=tokens)

    timed = [
        replace(
            row(bar.name, bar.run),
            duration=format_timing(bar.seconds),
            left=round(min(100 * (bar.start or 0) / end, 100 - _MIN_BAR_PERCENT), 2),
            width=round(max(100 * bar.seconds / end, _MIN_BAR_PERCENT), 2),
        )
        for bar in bars
    ]
    return timed + [row(name, component) for name, component in named if component.seconds is None]
