"""Run snippets as a user would: with bash and curl, and with Python."""

from __future__ import annotations

import io
import os
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from lfclient.console.snippets.snippet import Language

REPOSITORY = Path(__file__).parents[2]
_NAMES = {
    Language.CURL: ("run.sh", ["bash"]),
    Language.LFCLIENT: ("run.py", [sys.executable]),
}


class Running:
    """A running snippet with only these environment variables."""

    def __init__(self, code: str, language: Language, folder: Path, **variables: str) -> None:
        self._name, command = _NAMES[language]
        file = folder / self._name
        file.write_text(code, encoding="utf-8")
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}
        self._process = subprocess.Popen(
            [*command, str(file)],
            cwd=folder,
            env={**environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def printed(self) -> str:
        """Return its output; fail with its errors."""
        out, err = self._process.communicate(timeout=120)
        code = self._process.returncode
        assert code == 0, f"{self._name} ended with {code}\n{err}\n{out}"
        return out

    def refused(self) -> str:
        """Return its errors; fail if it succeeds."""
        out, err = self._process.communicate(timeout=120)
        assert self._process.returncode, out
        return err


def run_here(code: str, language: Language, folder: Path, **variables: str) -> str:
    """Run a Python snippet in this process, which has loaded its packages, and return its output.

    Loading them takes most of the time of a process of its own.
    """
    file = folder / _NAMES[language][0]
    file.write_text(code, encoding="utf-8")
    with mock.patch.dict(os.environ, variables), redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(file), run_name="__main__")
    return out.getvalue()


def run_all(codes: dict[Language, str], folder: Path, **variables: Any) -> dict[Language, Running]:
    """Start all snippets at once, since starting takes most of their time."""
    return {one: Running(code, one, folder, **variables) for one, code in codes.items()}
