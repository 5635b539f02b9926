"""What happens in a run (Langflow 1.11 and later): frames of the wire, and typed events."""

from lfclient.events.frames import RawEvent
from lfclient.events.types import (
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

__all__ = [
    "ComponentFailed",
    "ComponentFinished",
    "ComponentSkipped",
    "ComponentStarted",
    "Event",
    "HumanInputRequired",
    "KeepAlive",
    "LogLine",
    "MessageAdded",
    "MessageRemoved",
    "OutputReady",
    "RawEvent",
    "RunEnded",
    "RunStarted",
    "Token",
    "UnknownEvent",
    "Warned",
]
