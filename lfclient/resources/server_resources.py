"""What a server has for flows to use, as far as it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lfclient.common.coerce import as_str
from lfclient.common.json_types import JsonObject
from lfclient.resources.catalogue import Catalogue
from lfclient.resources.models import ModelKind, ModelOption, Provider

ResourceKind = Literal[
    "language", "embedding", "knowledge_base", "memory_base", "mcp_server", "component", "file"
]


@dataclass(frozen=True)
class KnowledgeBase:
    """A knowledge base. A run names it by `dir_name`; people see `name`.

    `status` is "empty", "ingesting", "ready" or "failed", or another word of the server. `size` is
    in bytes. `failure` is why the last files could not be added; "" if the server doesn't tell.
    """

    name: str
    dir_name: str
    status: str
    chunks: int = 0
    words: int = 0
    size: int = 0
    embedding_provider: str = ""
    embedding_model: str = ""
    failure: str = ""
    last_job_id: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it has documents that a run can find, and no more are being added."""
        return self.status == "ready"


@dataclass(frozen=True)
class MemoryBase:
    """A memory base. A run names it by `name`, and only a run of its own flow can use it."""

    id: str
    name: str
    flow_id: str
    embedding_model: str = ""


@dataclass(frozen=True)
class McpServer:
    """An MCP server that Langflow connects to.

    `tools` is how many tools it has; None if it was not asked, or can't be reached: then `error`
    says why.
    """

    name: str
    tools: int | None = None
    error: str = ""


@dataclass(frozen=True)
class ServerVariable:
    """A variable that parameters may name.

    `is_set` is False for a name without a value, which 1.12 and later list as well. `value` is ""
    if `is_secret`: the server never returns it.
    """

    id: str
    name: str
    is_secret: bool = True
    is_set: bool = True
    value: str = ""


@dataclass(frozen=True)
class ServerResources:
    """A server's providers, its models by kind, and the names of its variables with a value.

    Models of kinds that were not requested are missing. `mcp_servers` are names. `packages` are
    names of installed packages from `lfclient.resources.packages`, which no server lists. `files`
    are the paths of the user's files. What was not requested or can't be listed is None.
    """

    providers: tuple[Provider, ...] = ()
    models: Mapping[ModelKind, tuple[ModelOption, ...]] = field(default_factory=dict)
    variables: frozenset[str] | None = None
    knowledge_bases: tuple[KnowledgeBase, ...] | None = None
    memory_bases: tuple[MemoryBase, ...] | None = None
    mcp_servers: frozenset[str] | None = None
    catalogue: Catalogue | None = None
    packages: frozenset[str] | None = None
    files: frozenset[str] | None = None

    def provider(self, name: str) -> Provider | None:
        """Return the provider with this name, or None."""
        return next((each for each in self.providers if each.name == name), None)


def parse_knowledge_base(item: JsonObject) -> KnowledgeBase | None:
    """Return the knowledge base of an entry of the list; None without a name."""
    name = as_str(item.get("name"))
    dir_name = as_str(item.get("dir_name")) or name
    if not dir_name:
        return None
    status = as_str(item.get("status"))
    failure = as_str(item.get("failure_reason")) if status == "failed" else ""
    return KnowledgeBase(
        name or dir_name,
        dir_name,
        status,
        _count(item.get("chunks")),
        _count(item.get("words")),
        _count(item.get("size")),
        as_str(item.get("embedding_provider")),
        as_str(item.get("embedding_model")),
        failure,
        as_str(item.get("last_job_id")),
    )


def parse_memory_base(item: JsonObject) -> MemoryBase | None:
    """Return the memory base of an entry of the list; None without a name."""
    name = as_str(item.get("name"))
    if not name:
        return None
    id, flow_id = as_str(item.get("id")), as_str(item.get("flow_id"))
    return MemoryBase(id, name, flow_id, as_str(item.get("embedding_model")))


def parse_mcp_server(item: JsonObject) -> McpServer | None:
    """Return the MCP server of an entry of the list; None without a name."""
    name = as_str(item.get("name"))
    if not name:
        return None
    tools = item.get("toolsCount")
    is_count = isinstance(tools, int) and not isinstance(tools, bool)
    return McpServer(name, tools if is_count else None, as_str(item.get("error")))


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def parse_variable(item: JsonObject) -> ServerVariable | None:
    """Return the variable of an entry of `GET /api/v1/variables/`; None without a name."""
    name, id = item.get("name"), item.get("id")
    if not isinstance(name, str) or not isinstance(id, str):
        return None
    is_set = item.get("has_value") is not False  # absent before 1.12
    is_secret = item.get("type") != "Generic"
    return ServerVariable(
        id, name, is_secret, is_set, "" if is_secret else as_str(item.get("value"))
    )
