"""The knowledge bases, memory bases and MCP servers of a server's user."""

from dataclasses import dataclass

from lfclient.common.coerce import as_str
from lfclient.common.json_types import JsonObject


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
