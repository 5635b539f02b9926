"""What comes over the wire, validated: wrong types are refused, what is new or unknown is kept."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lfclient.errors import BadAnswer

T = TypeVar("T")


class Schema(BaseModel):
    """Unknown fields are kept, so that a newer server's answer still parses."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


class VersionResponse(Schema):
    """`GET /api/v1/version`."""

    version: str
    main_version: str = ""
    package: str


class ConfigResponse(Schema):
    """`GET /api/v1/config`, the keys that tell limits; servers before 1.10 may leave them out."""

    max_file_size_upload: int | float | None = None
    serialization_max_text_length: int | None = None
    serialization_max_items_length: int | None = None


class ComponentOutput(Schema):
    """One entry of a run's `outputs`."""

    type: str = ""
    status: str = ""
    display_name: str | None = None
    content: Any = None
    metadata: dict[str, Any] | None = None
    component_id: str | None = None


class RunResponse(Schema):
    """A job or a response of `/api/v2/workflows`.

    `flow_version`, `created_at`, `input` and `metadata` are the documentation's; no release that
    was measured sends them.
    """

    status: str
    flow_id: str | None = None
    job_id: str | None = Field(default=None, validation_alias=AliasChoices("job_id", "id"))
    session_id: str | None = None
    object: str | None = None
    errors: list[Any] | None = None
    warnings: list[Any] | None = None
    outputs: dict[str, ComponentOutput] | None = None
    has_errors: bool | None = None
    flow_version: str | int | float | None = None
    created_at: str | int | float | None = None
    input: Any = None
    metadata: dict[str, Any] | None = None


class JobResponse(Schema):
    """The answer to a background submit; without a job id there is nothing to follow."""

    status: str
    job_id: str = Field(validation_alias=AliasChoices("job_id", "id"))


class FlowItem(Schema):
    """One flow of the list."""

    id: str
    name: str
    description: str | None = None
    endpoint_name: str | None = None
    is_component: bool | None = None


class FileItem(Schema):
    """One file of `/api/v2/files`; its name has no extension, its path has."""

    id: str
    name: str
    path: str = ""
    size: int | None = None
    created_at: str | None = None


class UploadResponse(Schema):
    """The answer to `POST /api/v2/files`; the path is what a parameter takes."""

    id: str
    path: str


class FlowUploadResponse(Schema):
    """The answer to `POST /api/v1/files/upload/{flow_id}`."""

    file_path: str


class Build(Schema):
    """One component's build, from the monitor or from an `end_vertex` event.

    Thousands come in a stream, so what is unknown is left where it is.
    """

    model_config = ConfigDict(extra="ignore")

    valid: bool = True
    params: Any = None
    job_id: str | None = None
    inactivated_vertices: list[str] | None = None
    data: dict[str, Any] | None = None
    timestamp: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long the component worked."""
        seconds = (self.data or {}).get("timedelta")
        return float(seconds) if isinstance(seconds, (int, float)) else None


class CustomComponentResponse(Schema):
    """A component that the server made of code, as it would stand in its catalogue."""

    data: dict[str, Any]


class MessageItem(Schema):
    """One stored message. `sender` is User, Machine, or a component's name if it failed.

    `files` is a list of paths, as JSON within a text.
    """

    id: str = ""
    flow_id: str | None = None
    session_id: str | None = None
    timestamp: str | None = None
    text: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    category: str | None = None
    files: Any = None
    properties: Any = None
    session_metadata: dict[str, Any] | None = None


class TraceItem(Schema):
    """One run in the list of traces (1.12 and later); its id is the job's."""

    id: str
    session: str | None = Field(default=None, validation_alias="sessionId")
    start: str | None = Field(default=None, validation_alias="startTime")


class TraceList(Schema):
    """`GET /api/v1/monitor/traces`."""

    traces: list[TraceItem]


class TransactionItem(Schema):
    """One component's work; the latest come first."""

    vertex_id: str
    timestamp: str | None = None


class TransactionList(Schema):
    """`GET /api/v1/monitor/transactions`."""

    items: list[TransactionItem]


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def parse(shape: type[T], value: object, what: str) -> T:
    """`value` as `shape`; raises `BadAnswer` saying where it differs. `what` names the answer."""
    adapter = _ADAPTERS.get(shape)
    if adapter is None:
        adapter = _ADAPTERS.setdefault(shape, TypeAdapter(shape))
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at `{place}`" if place else ""
        raise BadAnswer(
            f"The {what} is not what Langflow's API promises{where}: {first['msg']}."
        ) from error
