"""What is known of a run beside its answer: from its events, or from the server's build records.

Servers call a run `completed` whose component refused its value, leave most outputs empty and cut
the rest; the evidence is what sets that right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lfclient.common.coerce import as_dict
from lfclient.outputs.model import as_named_parts, extract_text
from lfclient.runs.components import RunError
from lfclient.wire.schemas import Build, ComponentOutput, MessageItem, parse
from lfclient.wire.sse import RawEvent


@dataclass
class BuildResult:
    """One component's build. `content` is its outputs as an answer would hold them."""

    valid: bool
    content: dict[str, Any] | None = None
    error: RunError | None = None


@dataclass
class Evidence:
    """`complete`: it covers the whole run, so what is not in it did not happen.

    `builds` goes by component id; `texts` are the messages' full texts, newest last; `answers`
    the terminal components' entries as an event gave them; `replaced` the components of which
    only a later run's build is kept.
    """

    complete: bool = False
    builds: dict[str, BuildResult] = field(default_factory=dict)
    inactivated: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    errors: list[RunError] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    session_id: str | None = None

    def add(self, event: RawEvent) -> None:
        """Take in an event of the run. Raises `BadAnswer` on wrong types."""
        if event.name == "end_vertex":
            _add_vertex(self, event.data)
        elif event.name == "add_message":
            _add_text(self, event.data)
        elif event.name == "output":
            component_id = event.data.get("component_id")
            if isinstance(component_id, str):
                parse(ComponentOutput, event.data, "event of an output")
                self.answers[component_id] = event.data
        elif event.name == "error":
            self.errors.append(error_from_message(event.data))

    @property
    def reasons(self) -> list[RunError]:
        """Why components failed, each reason once; a build's names its component for sure."""
        found = [built.error for built in self.builds.values() if built.error]
        known = {error.component_id for error in found}
        return found + [error for error in self.errors if error.component_id not in known]


def evidence_from_events(events: Iterable[RawEvent]) -> Evidence:
    """The evidence in a run's events, replayed from the first to the last."""
    found = Evidence(complete=True)
    for event in events:
        found.add(event)
    return found


def _add_vertex(found: Evidence, data: dict[str, Any]) -> None:
    build_data, meta = data.get("build_data"), data.get("output_meta")
    if not isinstance(build_data, dict):
        return
    build = parse(Build, build_data, "event of a component's end")
    name = meta.get("display_name") if isinstance(meta, dict) else None
    component_id = build_data.get("id")
    if isinstance(component_id, str):
        found.builds[component_id] = read_build(component_id, build, name)
        found.inactivated.discard(component_id)
    found.inactivated.update(build.inactivated_vertices or ())


def _add_text(found: Evidence, data: dict[str, Any]) -> None:
    if data.get("category") != "error" and isinstance(data.get("text"), str):
        found.texts.append(data["text"])
    if isinstance(data.get("session_id"), str):
        found.session_id = data["session_id"]


def evidence_from_builds(answer: object, job_id: str | None) -> Evidence:
    """The evidence in `GET /api/v1/monitor/builds`: only what this job built."""
    own, replaced = builds_of_job(answer, job_id)
    builds = {name: read_build(name, build, None) for name, build in own.items()}
    return Evidence(builds=builds, replaced=replaced)


def builds_of_job(answer: object, job_id: str | None) -> tuple[dict[str, Build], set[str]]:
    """The latest build of each component by this job, and whose builds a later run replaced."""
    shape = parse(dict[str, Any], answer, "list of builds")
    records = parse(dict[str, list[Build]], shape.get("vertex_builds") or {}, "list of builds")
    found, replaced = {}, set()
    for component_id, builds in records.items():
        own = [build for build in builds if job_id and build.job_id == job_id]
        if own:
            found[component_id] = own[-1]
        elif builds:
            replaced.add(component_id)
    return found, replaced


def message_texts(answer: object, job_id: str | None) -> list[str]:
    """The full texts in `GET /api/v1/monitor/messages`; those of this job, where that is said."""
    lines = parse(list[MessageItem], answer, "list of messages")
    lines = [line for line in lines if line.category != "error" and line.sender != "User"]
    return [line.text for line in lines if line.text and _may_belong_to(line, job_id)]


def find_error(answer: object, job_id: str | None) -> tuple[str, bool] | None:
    """The newest error message that may be of this job, and whether it surely is."""
    lines = parse(list[MessageItem], answer, "list of messages")
    errors = [line for line in lines if line.category == "error" and (line.text or "").strip()]
    errors = [line for line in errors if _may_belong_to(line, job_id)]
    if not errors:
        return None
    certain = bool((errors[-1].session_metadata or {}).get("graph_run_id"))
    return strip_preamble(errors[-1].text or ""), certain


def _may_belong_to(line: MessageItem, job_id: str | None) -> bool:
    run_id = (line.session_metadata or {}).get("graph_run_id")
    return not run_id or not job_id or run_id == job_id


def read_build(component_id: str, build: Build, name: str | None) -> BuildResult:
    """What a record of a component's build says of it."""
    outputs = (build.data or {}).get("outputs")
    content = as_named_parts(outputs)
    if build.valid:
        return BuildResult(True, content)
    traceback = None
    for part in (content or {}).values():
        message = part.get("message")
        if isinstance(message, dict) and isinstance(message.get("stackTrace"), str):
            traceback = message["stackTrace"]
    reason = failure_reason(build.params) or failure_reason(content) or "The component failed."
    error = RunError(reason, component_id=component_id, component=name, traceback=traceback)
    return BuildResult(False, content, error)


def failure_reason(value: Any) -> str:
    """The words in which a server tells a component's failure."""
    if isinstance(value, str):
        return strip_preamble(value)
    for part in (as_named_parts(value) or {}).values():
        message = part.get("message")
        if isinstance(message, dict) and isinstance(message.get("errorMessage"), str):
            return strip_preamble(message["errorMessage"])
    return ""


def strip_preamble(text: str) -> str:
    """The reason itself: "Error building Component X: \\n\\nreason" says the component first."""
    _, marker, reason = text.partition("Error building Component ")
    head, colon, tail = reason.partition(":")
    return tail.strip() if marker and colon and tail.strip() and "\n" not in head else text.strip()


def error_from_message(data: dict[str, Any]) -> RunError:
    """The reason in an error message, as events and a failed job's `error_detail` hold it.

    Its text may be missing: then the blocks say it, or its `error`.
    """
    inner = as_dict(data.get("data"))
    source = as_dict(as_dict(data.get("properties") or inner.get("properties")).get("source"))
    details = list(_blocks(data.get("content_blocks") or inner.get("content_blocks")))
    texts = [data.get("text"), inner.get("text"), data.get("error"), data.get("message")]
    texts += [block.get(key) for block in details for key in ("text", "reason")]
    text = next((one for one in map(extract_text, texts) if one and one.strip()), "")
    traceback = next((block["traceback"] for block in details if block.get("traceback")), None)
    return RunError(
        strip_preamble(text) or "The server gave no reason.",
        component_id=_str(source.get("id")),
        component=_str(source.get("display_name")),
        traceback=traceback if isinstance(traceback, str) else None,
    )


def _blocks(blocks: Any) -> Iterable[dict[str, Any]]:
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict):
            yield block
            yield from _blocks(block.get("contents"))


def _str(value: Any) -> str | None:
    return value if isinstance(value, str) else None
