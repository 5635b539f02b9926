"""One of the needs of a flow, met or not."""

from dataclasses import dataclass
from enum import StrEnum

from lfclient.resources.models import Provider, ProviderSetting
from lfclient.resources.packages import Package


class NeedKind(StrEnum):
    """What a flow may need from its server or its user."""

    MODEL = "model"
    PROVIDER = "provider"  # settings of a model's provider, such as its key
    KNOWLEDGE_BASE = "knowledge_base"
    MEMORY_BASE = "memory_base"
    FILE = "file"
    MCP_SERVER = "mcp_server"
    PACKAGE = "package"  # a Python package that a component imports
    VARIABLE = "variable"  # a server variable that a parameter names
    VALUE = "value"  # a required parameter that the flow leaves empty
    OUTDATED = "outdated"  # an update of components that differ from the server's
    COMPONENT = "component"  # a component that the server lacks, or a connection of one
    PROMPT = "prompt"  # a prompt template that names a variable which its component lacks


@dataclass(frozen=True)
class Need:
    """Something that a flow needs, and whether it has it.

    `keys` are the overrides that meet it, several for a provider and for fields that need the same.
    The first is where the page scrolls to. There is none if only the server's settings, a `package`
    or an update of the flow can meet it. `missing` are the settings of a `provider` that neither
    the server nor all components have. `note` says what a run does without something optional, such
    as a variable or the base of a tool. `alternatives` are the labels of parameters that can take
    the place of a file. `missing_variable` is the name of the variable that the server lacks.
    """

    kind: NeedKind
    keys: tuple[str, ...]
    message: str
    is_met: bool
    provider: Provider | None = None
    missing: tuple[ProviderSetting, ...] = ()
    package: Package | None = None
    note: str = ""
    alternatives: tuple[str, ...] = ()
    missing_variable: str = ""
