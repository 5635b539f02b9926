"""The evidence of a run's outcome in its events or the server's build records.

Servers report a run as `completed` even if a component rejected its value, leave most outputs empty
and truncate the rest. The evidence corrects that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.outputs.model import as_named_parts, extract_text
from lfclient.runs.components import Message, RunError
from lfclient.wire.schemas import Build, BuildList, ComponentOutput, MessageItem

_PREAMBLE = re.compile(r"Error building Component ([^:\n]{1,500}):\s*(.*\S)", re.DOTALL)
# what 1.8 to 1.10 say of a provider that was not reached; the traceback says more
_CODE = re.compile(r"\s*Code: \S+\s*")
_RAISED = re.compile(r"^(?!Code: )[\w.]+: (.*\S)", re.MULTILINE)  # an error, in a traceback
# what 1.13 says of a model that was not reached, and of one that broke off its answer to an agent
_CONNECTION_ERROR = re.compile(r"\s*Connection error\.+\s*")
_BROKEN_OFF = re.compile(r"^[\w.]+: (peer closed connection without sending .*\S)", re.MULTILINE)


@dataclass
class BuildResult:
    """The result of a component's build. `content` has its outputs as a response would."""

    content: JsonObject | None = None
    error: RunError | None = None


@dataclass
class Evidence:
    """What a run's events or build records tell.

    `builds` and `outputs`, the terminal components' output events, are by component id.
    `inactivated` components are on branches not taken; a later run has replaced the builds of the
    components in `replaced`. `texts` are the complete texts of messages, newest last.
    """

    builds: dict[str, BuildResult] = field(default_factory=dict)
    inactivated: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    errors: list[RunError] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    outputs: dict[str, ComponentOutput] = field(default_factory=dict)
    session_id: str | None = None

    def add_build(self, component_id: str, result: BuildResult, inactivated: Iterable[str]) -> None:
        """Add a component's build and the components that it inactivated."""
        self.builds[component_id] = result
        self.inactivated.discard(component_id)
        self.inactivated.update(inactivated)

    def add_message(self, message: Message) -> None:
        """Add a message's text, unless it is empty or an error, and its session."""
        if message.text and message.category != "error":
            self.texts.append(message.text)
        self.session_id = message.session_id or self.session_id

    @property
    def reasons(self) -> list[RunError]:
        """The components' errors, each once; from builds if possible, which name the component."""
        errors = [result.error for result in self.builds.values() if result.error]
        component_ids = {error.component_id for error in errors}
        return errors + [error for error in self.errors if error.component_id not in component_ids]


def evidence_from_builds(builds: BuildList, job_id: str | None) -> Evidence:
    """Return the evidence in this job's builds."""
    own, replaced = builds_of_job(builds, job_id)
    results = {name: read_build(name, build, None) for name, build in own.items()}
    return Evidence(builds=results, replaced=replaced)


def builds_of_job(builds: BuildList, job_id: str | None) -> tuple[dict[str, Build], set[str]]:
    """Return the job's latest build of each component, and the components with none of its builds.

    A later run has replaced those.
    """
    latest, replaced = {}, set()
    for component_id, records in (builds.vertex_builds or {}).items():
        own = [build for build in records if job_id and build.job_id == job_id]
        if own:
            latest[component_id] = own[-1]
        elif records:
            replaced.add(component_id)
    return latest, replaced


def message_texts(items: Iterable[MessageItem], job_id: str | None) -> list[str]:
    """Return the complete texts of the messages that may belong to the job."""
    items = [item for item in items if item.category != "error" and item.sender != "User"]
    return [item.text for item in items if item.text and _may_belong_to(item, job_id)]


def find_error(items: Iterable[MessageItem], job_id: str | None) -> tuple[RunError, bool] | None:
    """Return the latest error that may belong to the job, and whether it certainly does."""
    errors = [item for item in items if item.category == "error" and (item.text or "").strip()]
    errors = [item for item in errors if _may_belong_to(item, job_id)]
    if not errors:
        return None
    latest = errors[-1]
    is_certain = bool((latest.session_metadata or {}).get("graph_run_id"))
    error = error_from_message(latest.model_dump())
    named = error.component or split_preamble(latest.text or "")[0]
    return replace(error, component=named), is_certain


def _may_belong_to(item: MessageItem, job_id: str | None) -> bool:
    run_id = (item.session_metadata or {}).get("graph_run_id")
    return not run_id or not job_id or run_id == job_id


def read_build(component_id: str, build: Build, name: str | None) -> BuildResult:
    """Return the result in a build record. `name` is the component's, for its error."""
    content = as_named_parts((build.data or {}).get("outputs"))
    if build.valid:
        return BuildResult(content)
    parts = [*(as_named_parts(build.params) or {}).values(), *(content or {}).values()]
    messages = [as_dict(part["message"]) for part in parts]
    reasons = [build.params, *(message.get("errorMessage") for message in messages)]
    traceback = _first_text(message.get("stackTrace") for message in messages)
    reason = split_preamble(_first_text(reasons) or "The component failed.")[1]
    error = RunError(
        _precise_reason(reason, traceback),
        component_id=component_id,
        component=name,
        traceback=traceback,
    )
    return BuildResult(content, error)


def split_preamble(text: str) -> tuple[str | None, str]:
    """Return the component that an error names first, None if it names none, and the reason."""
    match = _PREAMBLE.search(text)
    return (match[1], match[2]) if match else (None, text.strip())


def is_connection_error(reason: str) -> bool:
    """Return whether this is Langflow's “Connection error.”.

    Only the traceback tells its cause.
    """
    return bool(_CONNECTION_ERROR.fullmatch(reason))


def error_from_message(data: JsonObject) -> RunError:
    """Return the error in an error message, of an event or a failed job's `error_detail`.

    Without a text, its blocks or its `error` have the reason.
    """
    inner = as_dict(data.get("data"))
    source = as_dict(as_dict(data.get("properties") or inner.get("properties")).get("source"))
    blocks = list(_blocks(data.get("content_blocks") or inner.get("content_blocks")))
    texts = [data.get("text"), inner.get("text"), data.get("error"), data.get("message")]
    texts += [block.get(key) for block in blocks for key in ("text", "reason")]
    reason = _first_text(map(extract_text, texts)) or "The server gave no reason."
    traceback = _first_text(block.get("traceback") for block in blocks)
    if traceback and _CODE.fullmatch(reason):
        *_, reason = reason, *_RAISED.findall(traceback)
    return RunError(
        _precise_reason(split_preamble(reason)[1], traceback),
        component_id=as_str(source.get("id")) or None,
        component=as_str(source.get("display_name")) or None,
        traceback=traceback,
    )


def _precise_reason(reason: str, traceback: str | None) -> str:
    """Return the error in the traceback of a broken connection, else the reason itself."""
    cut = _BROKEN_OFF.search(traceback or "") if is_connection_error(reason) else None
    return cut[1] if cut else reason


def _blocks(blocks: Json) -> Iterable[JsonObject]:
    for block in as_list(blocks):
        if isinstance(block, dict):
            yield block
            yield from _blocks(block.get("contents"))


def _first_text(values: Iterable[Json]) -> str | None:
    return next((value for value in values if isinstance(value, str) and value.strip()), None)
