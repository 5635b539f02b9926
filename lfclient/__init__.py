"""A client of Langflow's Workflow API, and what runs flows with it. Knows no user interface."""

from lfclient.client import AsyncLangflowClient, LangflowClient
from lfclient.errors import (
    BadAnswer,
    DeveloperApiDisabled,
    FileRefused,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    NotLangflow,
    ServerFault,
    SessionNotFound,
    Unreachable,
    Unsupported,
    WaitTimeout,
)
from lfclient.events import RawEvent
from lfclient.fields import Field, FieldKind, Problem, Variable
from lfclient.flow import Component, Edge, Flow, FlowSummary
from lfclient.outputs import FileRef, Output, OutputKind
from lfclient.progress import Message
from lfclient.run import NotRun, Run, RunError, RunStatus, StopResult
from lfclient.server import Capabilities, Limits, ServerInfo

__all__ = [
    "AsyncLangflowClient",
    "BadAnswer",
    "Capabilities",
    "Component",
    "DeveloperApiDisabled",
    "Edge",
    "Field",
    "FieldKind",
    "FileRef",
    "FileRefused",
    "Flow",
    "FlowNotFound",
    "FlowSummary",
    "InvalidKey",
    "InvalidRequest",
    "JobNotFound",
    "LangflowClient",
    "LangflowError",
    "Limits",
    "Message",
    "NotLangflow",
    "NotRun",
    "Output",
    "OutputKind",
    "Problem",
    "RawEvent",
    "Run",
    "RunError",
    "RunStatus",
    "ServerFault",
    "ServerInfo",
    "SessionNotFound",
    "StopResult",
    "Unreachable",
    "Unsupported",
    "Variable",
    "WaitTimeout",
]
