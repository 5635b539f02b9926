"""Start the local Langflow, and explain its failures."""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lfclient.console.local_langflow.process import LOOPBACK, ProcessIdentity, child_environ, spawn
from lfclient.console.local_langflow.state_file import FOLDER_HINT, SPACE_HINT, LocalError
from lfclient.errors import LangflowError

# By default the API truncates outputs of background runs at 6,000 characters and 1,000 rows. With
# these limits, usual outputs are complete (measured).
_LIMITS = {"LANGFLOW_MAX_ITEMS_LENGTH": "200000", "LANGFLOW_MAX_TEXT_LENGTH": "5000000"}

_SETTINGS = {
    # before 1.11 the Workflow API is off by default
    "LANGFLOW_DEVELOPER_API_ENABLED": "true",
    "LANGFLOW_AUTO_LOGIN": "false",
    "LANGFLOW_NEW_USER_IS_ACTIVE": "false",
    # as templates; loading them takes less time than the variation between starts
    "LANGFLOW_CREATE_STARTER_PROJECTS": "true",
    "LANGFLOW_UPDATE_STARTER_PROJECTS": "false",
    # Services also run on this machine, and a flow can run any code anyway. Without this setting,
    # 1.13.0 refuses their URLs in API Request, though not for Ollama and OPENAI_BASE_URL.
    "LANGFLOW_SSRF_ALLOWED_HOSTS": "127.0.0.1,localhost,::1",
    # do not copy keys from the user's environment into the database
    "LANGFLOW_STORE_ENVIRONMENT_VARIABLES": "false",
    # the MCP bridge would start more servers, which the console does not use
    "LANGFLOW_ADD_PROJECTS_TO_MCP_SERVERS": "false",
    "LANGFLOW_MCP_COMPOSER_ENABLED": "false",
    "LANGFLOW_MCP_SERVER_ENABLED": "false",
    "LANGFLOW_AGENTIC_EXPERIENCE": "false",
    "LANGFLOW_OPEN_BROWSER": "false",
    "LANGFLOW_DO_NOT_TRACK": "true",
    "DO_NOT_TRACK": "true",
    "ANONYMIZED_TELEMETRY": "false",
    "SCARF_ANALYTICS": "false",
    "OTEL_SDK_DISABLED": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "PYTHONUNBUFFERED": "1",
}

_ANSI_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")  # and other control sequences
_MAX_TAIL_BYTES = 200_000  # bytes read from the end of the log


class CrashError(LocalError):
    """The server process ended unexpectedly."""


def launch(
    python: Path,
    port: int,
    secret: Mapping[str, Any],
    data: Path,
    log: Path,
    environ: Mapping[str, str],
    env: Mapping[str, str],
) -> ProcessIdentity:
    """Start the server as one process on loopback, with its data in `data`.

    Uvicorn is called directly: Langflow's own command starts three processes with 1.3 GB in total
    instead of 0.5 GB, and is no faster. Its editor takes no measurable time or memory.
    """
    own = {
        **_SETTINGS,
        **_LIMITS,
        "LANGFLOW_CONFIG_DIR": str(data),
        "LANGFLOW_DATABASE_URL": f"sqlite:///{data / 'langflow.db'}",
        # by default, servers of all versions share a folder in the user's home
        "LANGFLOW_KNOWLEDGE_BASES_DIR": str(data / "knowledge_bases"),
        "LANGFLOW_SUPERUSER": secret["user"],
        "LANGFLOW_SUPERUSER_PASSWORD": secret["password"],
        **env,
    }
    log.unlink(missing_ok=True)
    return spawn(
        [
            *(str(python), "-m", "uvicorn", "--factory", "langflow.main:setup_app"),
            *("--host", LOOPBACK, "--port", str(port), "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "5"),
        ],
        env=child_environ(environ, own),
        # so that the server does not read a .env file from the console's working directory
        cwd=data,
        log=log,
    )


def read_tail(path: Path, lines: int) -> str:
    """Return the last lines of a file without ANSI escapes, or "" if there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MAX_TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(_ANSI_ESCAPES.sub("", text).splitlines()[-lines:])


def crash_error(log: str, port: int) -> LocalError:
    """Return the error, based on the log, for a server that ended before it was ready."""
    if "address already in use" in log or "EADDRINUSE" in log:
        return LocalError(
            f"Port {port} is in use by another program.",
            hint="Start it again: it will use another port.",
        )
    if "No space left on device" in log or "database or disk is full" in log:
        return CrashError("Langflow stopped: the disk is full.", hint=SPACE_HINT)
    return CrashError(
        "Langflow stopped while starting.",
        hint="Start it again. If that does not help, report the last lines of its log.",
    )


@contextmanager
def translate_launch_errors(folder: Path) -> Iterator[None]:
    """Turn disk and server errors into a `LocalError` with a hint."""
    try:
        yield
    except LocalError:
        raise
    except LangflowError as problem:
        raise LocalError(
            f"The local Langflow started but did not respond as expected: {problem}",
            hint=problem.hint,
        ) from problem
    except OSError as problem:
        raise _disk_error(problem, folder) from problem


def _disk_error(problem: OSError, folder: Path) -> LocalError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalError(
            f"Couldn't write to {folder}: the disk is full.",
            hint=SPACE_HINT,
        )
    return LocalError(
        f"Couldn't use the folder of the local Langflow: {problem.strerror} "
        f"({problem.filename or folder}).",
        hint=FOLDER_HINT,
    )
