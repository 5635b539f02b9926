"""The state of the local Langflow, in a file that all processes of the user can read."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lfclient.errors import LangflowError

SPACE_HINT = (
    "Free some space, or set LFCONSOLE_DATA_DIR to a folder on another disk, then start again."
)
FOLDER_HINT = "Make the folder writable, or set LFCONSOLE_DATA_DIR to another folder."


class LocalState(StrEnum):
    """The state of the local Langflow."""

    ABSENT = "absent"
    INSTALLING = "installing"
    INSTALLED = "installed"
    ADDING = "adding"
    STARTING = "starting"
    SAMPLES = "samples"
    RUNNING = "running"
    STOPPED = "stopped"
    CRASHED = "crashed"
    FAILED = "failed"

    @property
    def is_in_progress(self) -> bool:
        """Whether an installation or a start is in progress."""
        return self in (
            LocalState.INSTALLING,
            LocalState.STARTING,
            LocalState.SAMPLES,
            LocalState.ADDING,
        )

    @property
    def is_usable(self) -> bool:
        """Whether the server runs flows, which it does while a package is added as well."""
        return self in (LocalState.RUNNING, LocalState.ADDING)

    @classmethod
    def of(cls, record: dict[str, Any]) -> LocalState:
        """Return the state in a state file's content, or `STOPPED` if the content is damaged."""
        try:
            return cls(record.get("state", cls.ABSENT.value))
        except ValueError:
            return cls.STOPPED


class LocalError(LangflowError):
    """The local Langflow could not be installed, started or stopped."""

    default_hint = "Try again. The log of the local Langflow may have details."


@dataclass(frozen=True)
class LocalStatus:
    """The status of the local Langflow, as shown to people.

    `step` is a sentence, and `progress` a fraction (0 to 1) or None if unknown. `message` and
    `hint` are set after a failure, even if the server still runs because only a package could not
    be added. `log_tail` is set after a crash, without secrets.
    """

    state: LocalState
    version: str
    url: str | None = None
    step: str = ""
    progress: float | None = None
    message: str = ""
    hint: str = ""
    log_tail: str = ""
    pid: int | None = None


class JsonFile:
    """A small JSON object on disk, readable by its owner only and replaced atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return the content, or {} if the file is missing, damaged or unreadable."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: dict[str, Any]) -> None:
        """Replace the content. A reader sees either the old or the new content."""
        # mkstemp creates the file with mode 0600, which os.replace keeps
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def update(self, **changes: Any) -> dict[str, Any]:
        """Change some entries and return the whole content."""
        content = {**self.read(), **changes}
        self.write(content)
        return content
