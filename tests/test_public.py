"""What the package offers, and what it keeps away from."""

import subprocess
import sys

import lfclient

NAMES = [
    "AsyncLangflowClient",
    "BadAnswer",
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
    "LangflowClient",
    "LangflowError",
    "Limits",
    "LogLine",
    "Message",
    "MessageAdded",
    "MessageRemoved",
    "NotLangflow",
    "NotRun",
    "NotWaiting",
    "Output",
    "OutputKind",
    "OutputReady",
    "Problem",
    "RawEvent",
    "Run",
    "RunEnded",
    "RunError",
    "RunStarted",
    "RunStatus",
    "ServerFault",
    "ServerInfo",
    "SessionNotFound",
    "StopResult",
    "Token",
    "UnknownEvent",
    "Unreachable",
    "Unsupported",
    "Variable",
    "WaitTimeout",
    "Warned",
    "apply",
]


def test_public_names():
    """A name comes or goes on purpose only."""
    assert lfclient.__all__ == NAMES
    assert all(hasattr(lfclient, name) for name in NAMES)


def test_no_streamlit():
    """Importing any module of lfclient never loads Streamlit."""
    code = (
        "import pkgutil, sys, importlib, lfclient\n"
        "for module in pkgutil.walk_packages(lfclient.__path__, 'lfclient.'):\n"
        "    if not module.name.endswith(('__main__', '.env')):\n"
        "        importlib.import_module(module.name)\n"
        "sys.exit('streamlit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_errors_have_one_root():
    """Every error is a LangflowError and says what to do next."""
    for name in NAMES:
        kind = getattr(lfclient, name)
        if isinstance(kind, type) and issubclass(kind, Exception) and name != "LangflowError":
            assert issubclass(kind, lfclient.LangflowError)
            assert kind.default_hint
