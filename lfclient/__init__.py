"""A client for the Workflow API of Langflow. It needs no user interface and no database."""

from lfclient.async_client import AsyncLangflowClient
from lfclient.client import LangflowClient
from lfclient.errors import (
    AddressNotAllowed,
    AddressRefused,
    BadResponse,
    DeveloperApiDisabled,
    FileRefused,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    MissingKey,
    NotLangflow,
    NotWaiting,
    ResponseTooLarge,
    ServerFault,
    SessionNotFound,
    Unreachable,
    Unsupported,
)
from lfclient.flows.field import (
    Field,
    FieldKind,
    FieldOption,
    Problem,
    ProblemCode,
    Range,
    Variable,
)
from lfclient.flows.graph import Component, Edge
from lfclient.flows.model import Flow, FlowSummary, Refresh
from lfclient.flows.need import Need, NeedKind
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.resources.knowledge import KnowledgeBase, McpServer, MemoryBase
from lfclient.resources.models import ModelKind, ModelOption, Provider, ProviderSetting
from lfclient.resources.packages import Package
from lfclient.resources.server_resources import ResourceKind, ServerResources
from lfclient.resources.variables import ServerVariable
from lfclient.runs.components import (
    ComponentRun,
    ComponentState,
    Decision,
    HumanInput,
    Message,
    NotRun,
    RunError,
    Usage,
)
from lfclient.runs.events import (
    ComponentFailed,
    ComponentFinished,
    ComponentSkipped,
    ComponentStarted,
    Event,
    HumanInputRequired,
    KeepAlive,
    LogLine,
    MessageAdded,
    MessageRemoved,
    OutputReady,
    RunEnded,
    RunStarted,
    Token,
    UnknownEvent,
    Warned,
)
from lfclient.runs.lost_jobs import FoundJob
from lfclient.runs.model import Run, RunStatus, StopResult, WaitTimeout
from lfclient.runs.reducer import apply
from lfclient.version import VERSION
from lfclient.wire.server_info import Capabilities, Limits, ServerInfo
from lfclient.wire.sse import RawEvent

__version__ = VERSION

__all__ = [
    "AddressNotAllowed",
    "AddressRefused",
    "AsyncLangflowClient",
    "BadResponse",
    "Capabilities",
    "Component",
    "ComponentFailed",
    "ComponentFinished",
    "ComponentRun",
    "ComponentSkipped",
    "ComponentStarted",
    "ComponentState",
    "Decision",
    "DeveloperApiDisabled",
    "Edge",
    "Event",
    "Field",
    "FieldKind",
    "FieldOption",
    "FileRef",
    "FileRefused",
    "Flow",
    "FlowNotFound",
    "FlowSummary",
    "FoundJob",
    "HumanInput",
    "HumanInputRequired",
    "InvalidKey",
    "InvalidRequest",
    "JobNotFound",
    "KeepAlive",
    "KnowledgeBase",
    "LangflowClient",
    "LangflowError",
    "Limits",
    "LogLine",
    "McpServer",
    "MemoryBase",
    "Message",
    "MessageAdded",
    "MessageRemoved",
    "MissingKey",
    "ModelKind",
    "ModelOption",
    "Need",
    "NeedKind",
    "NotLangflow",
    "NotRun",
    "NotWaiting",
    "Output",
    "OutputKind",
    "OutputReady",
    "Package",
    "Problem",
    "ProblemCode",
    "Provider",
    "ProviderSetting",
    "Range",
    "RawEvent",
    "Refresh",
    "ResourceKind",
    "ResponseTooLarge",
    "Run",
    "RunEnded",
    "RunError",
    "RunStarted",
    "RunStatus",
    "ServerFault",
    "ServerInfo",
    "ServerResources",
    "ServerVariable",
    "SessionNotFound",
    "StopResult",
    "Token",
    "UnknownEvent",
    "Unreachable",
    "Unsupported",
    "Usage",
    "Variable",
    "WaitTimeout",
    "Warned",
    "apply",
]
