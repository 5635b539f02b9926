"""Schemas of Langflow's responses. Wrong types are rejected; unknown fields are kept."""

from typing import Annotated, Any, TypeAlias, TypeVar, get_origin

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from lfclient.common.coerce import as_float
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import BadResponse

T = TypeVar("T")

_MAX_COMPONENTS = 100_000  # of a flow


def _check_component_count(value: object) -> object:
    if isinstance(value, dict) and len(value) > _MAX_COMPONENTS:
        raise ValueError(f"more than {_MAX_COMPONENTS:,} components")
    return value


# pydantic collects an error for each mismatch, and a response can have millions of mismatches
Items: TypeAlias = Annotated[list[T], Field(fail_fast=True)]
ByComponent: TypeAlias = Annotated[dict[str, T], BeforeValidator(_check_component_count)]


class Schema(BaseModel):
    """A schema that keeps unknown fields, so that a newer server's response still parses."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


class VersionResponse(Schema):
    """`GET /api/v1/version`."""

    version: str
    main_version: str = ""
    package: str


class ConfigResponse(Schema):
    """The limits in `GET /api/v1/config`. Servers before 1.10 may omit them."""

    max_file_size_upload: int | float | None = None
    serialization_max_text_length: int | None = None
    serialization_max_items_length: int | None = None


class ComponentOutput(Schema):
    """One entry of a run's `outputs`."""

    type: str = ""
    status: str = ""
    display_name: str | None = None
    content: Json = None
    metadata: JsonObject | None = None
    component_id: str | None = None


class RunResponse(Schema):
    """A job's status or a run's result from `/api/v2/workflows`.

    `flow_version`, `created_at` and `metadata` are documented, but no measured version sends them.
    """

    status: str
    flow_id: str | None = None
    job_id: str | None = Field(default=None, validation_alias=AliasChoices("job_id", "id"))
    session_id: str | None = None
    errors: list[Json] | None = None
    warnings: list[Json] | None = None
    outputs: ByComponent[ComponentOutput] | None = None
    has_errors: bool | None = None
    flow_version: str | int | float | None = None
    created_at: str | int | float | None = None
    metadata: JsonObject | None = None


class JobResponse(Schema):
    """The response to a background submit, which needs a job ID."""

    status: str
    job_id: str = Field(validation_alias=AliasChoices("job_id", "id"))


class UserResponse(Schema):
    """`GET /api/v1/users/whoami`."""

    id: str = Field(min_length=1)


class FlowItem(Schema):
    """One flow in the list of flows."""

    id: str
    name: str
    description: str | None = None
    endpoint_name: str | None = None
    is_component: bool | None = None


class FileItem(Schema):
    """One file of `/api/v2/files`. `path` includes the extension, `name` does not."""

    id: str
    name: str
    path: str = ""
    size: int | None = None
    created_at: str | None = None


class UploadResponse(Schema):
    """The response to `POST /api/v2/files`. File parameters take `path`."""

    id: str
    path: str


class FlowUploadResponse(Schema):
    """The response to `POST /api/v1/files/upload/{flow_id}`."""

    file_path: str


class Build(Schema):
    """One component's build, from the monitor or from an `end_vertex` event.

    A stream has thousands of builds, so unknown fields are ignored.
    """

    model_config = ConfigDict(extra="ignore")

    valid: bool = True
    params: Json = None
    job_id: str | None = None
    inactivated_vertices: Items[str] | None = None
    data: JsonObject | None = None
    timestamp: str | None = None

    @property
    def seconds(self) -> float | None:
        """The component's duration in seconds, or None if it is not reported."""
        return as_float((self.data or {}).get("timedelta"))


class BuildList(Schema):
    """`GET /api/v1/monitor/builds`, by component ID."""

    vertex_builds: ByComponent[Items[Build]] | None = None


class CustomComponentResponse(Schema):
    """A component that the server built from code, in the shape of a catalogue entry."""

    data: JsonObject


class MessageItem(Schema):
    """One stored message.

    `sender` is User, Machine, or a failed component's name. `files` is a list of paths as JSON in a
    string.
    """

    id: str = ""
    flow_id: str | None = None
    session_id: str | None = None
    timestamp: str | None = None
    text: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    category: str | None = None
    files: Json = None
    properties: Json = None
    content_blocks: Json = None
    session_metadata: JsonObject | None = None


class TraceItem(Schema):
    """One run in the list of traces (1.12 and later). `id` is the job's ID."""

    id: str
    session: str | None = Field(default=None, validation_alias="sessionId")
    start: str | None = Field(default=None, validation_alias="startTime")


class TraceList(Schema):
    """`GET /api/v1/monitor/traces`."""

    traces: Items[TraceItem]


class TransactionItem(Schema):
    """One execution of a component."""

    vertex_id: str
    timestamp: str | None = None


class TransactionList(Schema):
    """`GET /api/v1/monitor/transactions`, newest first."""

    items: Items[TransactionItem]


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}  # Any: a type of any kind, such as list[FlowItem]


def parse(schema: type[T], value: object, name: str) -> T:
    """Return `value` validated as `schema`.

    `name` is the response's name in messages, such as "list of flows". Raise `BadResponse` with the
    first mismatch's path.
    """
    adapter: TypeAdapter[T] | None = _ADAPTERS.get(schema)
    if adapter is None:
        strict: Any = (
            Annotated[schema, Field(fail_fast=True)] if get_origin(schema) is list else schema
        )
        adapter = _ADAPTERS.setdefault(schema, TypeAdapter(strict))
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        place = f" at `{path}`" if path else ""
        raise BadResponse(
            f"The {name} doesn't match Langflow's API{place}: {first['msg']}."
        ) from error
