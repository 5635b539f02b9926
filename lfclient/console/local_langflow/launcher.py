"""How the local Langflow is started, and what its failures mean to a person."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lfclient.console.local_langflow.process import LOOPBACK, ProcessIdentity, child_environ, spawn
from lfclient.console.local_langflow.state_file import LocalError
from lfclient.errors import LangflowError

# The API cuts what a background run returns at 6,000 characters and 1,000 rows unless told
# otherwise; with these, measured, the outputs a person waits for come whole.
_LIMITS = {"LANGFLOW_MAX_ITEMS_LENGTH": "200000", "LANGFLOW_MAX_TEXT_LENGTH": "5000000"}

_SETTINGS = {
    # before 1.11 the Workflow API is off unless asked for
    "LANGFLOW_DEVELOPER_API_ENABLED": "true",
    "LANGFLOW_AUTO_LOGIN": "false",
    "LANGFLOW_NEW_USER_IS_ACTIVE": "false",
    "LANGFLOW_CREATE_STARTER_PROJECTS": "false",
    "LANGFLOW_UPDATE_STARTER_PROJECTS": "false",
    # keys in the user's environment are not copied into a database
    "LANGFLOW_STORE_ENVIRONMENT_VARIABLES": "false",
    # its MCP bridge would start further servers; nothing of the console uses it
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

_ANSI_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")  # and other orders to a terminal
_MAX_TAIL_BYTES = 200_000  # of the log, when the end of it is read


class CrashError(LocalError):
    """The server's process ended before it was told to."""


def launch(
    python: Path,
    port: int,
    secret: Mapping[str, Any],
    data: Path,
    log: Path,
    environ: Mapping[str, str],
    env: Mapping[str, str],
) -> ProcessIdentity:
    """Start the server as one process, on loopback, with its data in `data`.

    Uvicorn is called directly: Langflow's own command starts three processes of 1.3 GB together
    where this one has 0.5 GB, and is no faster.
    """
    own = {
        **_SETTINGS,
        **_LIMITS,
        "LANGFLOW_CONFIG_DIR": str(data),
        "LANGFLOW_DATABASE_URL": f"sqlite:///{data / 'langflow.db'}",
        "LANGFLOW_SUPERUSER": secret["user"],
        "LANGFLOW_SUPERUSER_PASSWORD": secret["password"],
        **env,
    }
    log.unlink(missing_ok=True)
    return spawn(
        [
            *(str(python), "-m", "uvicorn", "--factory", "langflow.main:create_app"),
            *("--host", LOOPBACK, "--port", str(port), "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "5"),
        ],
        env=child_environ(environ, own),
        # a .env file in the folder where the console was started is not its own
        cwd=data,
        log=log,
    )


def read_tail(path: Path, lines: int) -> str:
    """The last lines of a file, without a terminal's colours; empty if there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MAX_TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(_ANSI_ESCAPES.sub("", text).splitlines()[-lines:])


def port_in_use_error(port: int) -> LocalError:
    """Another program listens where the local Langflow should."""
    return LocalError(
        f"Port {port} is taken by another program.",
        hint="End that program, or leave the port to the console, which finds a free one.",
    )


def crash_error(log: str, port: int) -> LocalError:
    """Why a server ended before it was ready, as far as its log says."""
    if "address already in use" in log or "EADDRINUSE" in log:
        return port_in_use_error(port)
    if "No space left on device" in log or "database or disk is full" in log:
        return CrashError(
            "Langflow ended: the disk is full.", hint="Free some space and start it again."
        )
    return CrashError(
        "Langflow ended while it was starting.",
        hint="The last lines of its log say why. Start it again; if that does not help, "
        "report them.",
    )


@contextmanager
def translate_launch_errors(folder: Path) -> Iterator[None]:
    """Turns what the disk or the server refuses into a LocalError that says what to do."""
    try:
        yield
    except LocalError:
        raise
    except LangflowError as problem:
        raise LocalError(
            f"The local Langflow started but did not answer as expected: {problem}",
            hint=problem.hint,
        ) from problem
    except OSError as problem:
        raise _disk_error(problem, folder) from problem


def _disk_error(problem: OSError, folder: Path) -> LocalError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalError(
            f"The disk is full: {folder} can't be written.",
            hint="Free some space, or set LFCONSOLE_DATA_DIR to a folder on another disk.",
        )
    return LocalError(
        f"The folder of the local Langflow can't be used: {problem.strerror} "
        f"({problem.filename or folder}).",
        hint="Give yourself the right to write there, or set LFCONSOLE_DATA_DIR to another folder.",
    )
