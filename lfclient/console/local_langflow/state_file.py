"""Where the local Langflow stands, in a file that every process of the same user can read."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lfclient.errors import LangflowError


class LocalState(StrEnum):
    """Where the local Langflow stands."""

    ABSENT = "absent"
    INSTALLING = "installing"
    INSTALLED = "installed"
    STARTING = "starting"
    SAMPLES = "samples"
    RUNNING = "running"
    STOPPED = "stopped"
    CRASHED = "crashed"
    FAILED = "failed"

    @property
    def is_in_progress(self) -> bool:
        """Whether somebody works on it right now, so that it will change by itself."""
        return self in (LocalState.INSTALLING, LocalState.STARTING, LocalState.SAMPLES)


class LocalError(LangflowError):
    """The local Langflow could not be installed, started or stopped."""

    default_hint = "Try again; the log of the local Langflow may say more."


@dataclass(frozen=True)
class LocalStatus:
    """What a person is told about the local Langflow.

    `step` is a sentence, `progress` a share of the whole (0 to 1) or None if unknown. `message`
    and `hint` are set where something went wrong, `log_tail` too after a crash, without secrets.
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
    """A small JSON object on disk, readable by its user only and replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """What the file holds; empty if there is none, or it is damaged or can't be read."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, content: dict[str, Any]) -> None:
        """Put `content` in its place; a reader sees the old or the new, never a part."""
        # mkstemp makes the file with mode 0600, which os.replace keeps
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def update(self, **changes: Any) -> dict[str, Any]:
        """Change some of the entries and return them all."""
        content = {**self.read(), **changes}
        self.write(content)
        return content
