"""A pinned Langflow in a virtual environment of its own, installed with uv."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import uv

from lfclient.console.local_langflow.process import child_environ
from lfclient.console.local_langflow.state_file import JsonFile, LocalError

# What a person is told in advance. Measured for 1.13.0 with an empty cache on two cores: 332
# packages; the time is that of a fast line, and grows with a slow one.
DOWNLOAD_MB = 540
DISK_MB = 1500
INSTALL_SECONDS = 60

# uv's own first, then what is at hand: the releases of Python that every Langflow served runs on
_PYTHONS = (("3.12", True), ("3.13", False), ("3.11", False), ("3.10", False))

POLL_SECONDS = 0.3

OnStep = Callable[[str, float], None]  # a sentence, and the share of the installation (0 to 1)


@dataclass(frozen=True)
class Requirement:
    """What is installed: a Langflow release, and as of which day its dependencies are taken."""

    version: str
    exclude_newer: str | None = None
    extra: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The requirement of `langflow-base`, which was numbered 0.N until 1.12."""
        major, minor, patch = self.version.split(".", 2)
        base = f"0.{minor}.{patch}" if (major, int(minor)) < ("1", 12) else self.version
        return f"langflow-base=={base}"


class Installation:
    """A virtual environment that is either whole or not there.

    It stands in a folder of a random name; a file beside it names it once it is whole. So an
    install that was killed leaves nothing that could be taken for a good one, and a process that
    still writes into the old folder does not disturb the next try.
    """

    def __init__(
        self,
        folder: Path,
        requirement: Requirement,
        *,
        python: str | None = None,
        environ: Mapping[str, str] | None = None,
        uv_binary: str | None = None,
    ) -> None:
        self.folder = folder
        self.requirement = requirement
        self._python = python
        self._environ = _uv_environ(os.environ if environ is None else environ)
        self._uv = uv_binary or uv.find_uv_bin()
        self._marker = JsonFile(folder / "installed.json")

    @property
    def python(self) -> Path | None:
        """The interpreter of the whole installation, or None if there is none."""
        found = self._marker.read()
        if found.get("package") != self._spec():
            return None
        interpreter = _interpreter(self.folder / str(found.get("folder")))
        # a link into a Python that was since removed does not exist
        return interpreter if interpreter.exists() else None

    def install(self, on_step: OnStep, stopped: Callable[[], bool] = lambda: False) -> Path:
        """Install it and return its interpreter; raises LocalError, with what to do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        _check_space(self.folder)
        environment = self.folder / f"venv-{uuid.uuid4().hex[:8]}"
        self._create(environment, on_step, stopped)
        on_step("Finding the packages of Langflow.", 0.02)
        self._run(
            [
                *("pip", "install", "--python", str(_interpreter(environment))),
                *(("--exclude-newer", self.requirement.exclude_newer) if self._dated else ()),
                *(self.requirement.package, *self.requirement.extra),
            ],
            _Progress(on_step, self._archives()),
            stopped,
        )
        self._marker.write({"package": self._spec(), "folder": environment.name})
        return _interpreter(environment)

    @property
    def _dated(self) -> bool:
        return self.requirement.exclude_newer is not None

    def _spec(self) -> list[str]:
        return [self.requirement.package, *self.requirement.extra]

    def _sweep(self) -> None:
        for left in self.folder.glob("venv-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _create(self, environment: Path, on_step: OnStep, stopped: Callable[[], bool]) -> None:
        on_step("Preparing a Python for Langflow.", 0.0)
        choices = ((self._python, True),) if self._python else _PYTHONS
        for index, (choice, download) in enumerate(choices):
            downloads = () if download else ("--no-python-downloads",)
            try:
                self._run(["venv", "--python", choice, *downloads, str(environment)], None, stopped)
                return
            except LocalError:
                shutil.rmtree(environment, ignore_errors=True)
                if stopped() or self._python:
                    raise
                if index == len(choices) - 1:
                    raise LocalError(
                        "No Python was found that Langflow runs on, and none could be downloaded.",
                        hint="Check the network, or install Python 3.12, and try again.",
                    ) from None

    def _archives(self) -> Callable[[], int]:
        """How many packages lie unpacked in uv's cache; counts each as it arrives."""
        found = subprocess.run(
            [self._uv, "--color", "never", "cache", "dir"],
            env=self._environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        folder = Path(found.stdout.strip() or ".") / "archive-v0"
        return lambda: sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    def _run(
        self, arguments: Sequence[str], progress: _Progress | None, stopped: Callable[[], bool]
    ) -> None:
        """Run uv to its end; raises LocalError if it fails or a stop is asked for."""
        try:
            process = subprocess.Popen(
                [self._uv, "--color", "never", *arguments],
                env=self._environ,
                # a project's own uv settings must not reach in, so not the folder we were called in
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as problem:
            raise LocalError(
                f"uv, which installs Langflow, can't be run: {problem.strerror}.",
                hint="Install the console's requirements again: pip install -r requirements.txt",
            ) from problem
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=_forward_lines, args=(process.stderr, lines), daemon=True)
        reader.start()
        said: list[str] = []
        try:
            while process.poll() is None:
                if stopped():
                    raise LocalError("The installation was stopped.", hint="Start it again.")
                said += _drain(lines, POLL_SECONDS)
                if progress:
                    progress.update(said)
        finally:
            if process.poll() is None:
                _kill_tree(process.pid)
            process.wait()
            reader.join(timeout=5)
        said += _drain(lines, 0)
        if process.returncode:
            raise _install_error("\n".join(said))


class _Progress:
    """Turns what uv prints, and what arrives in its cache, into a share and a sentence."""

    def __init__(self, on_step: OnStep, archives: Callable[[], int]) -> None:
        self._on_step = on_step
        self._archives = archives
        self._before = archives()
        self._last = ""

    def update(self, said: Sequence[str]) -> None:
        text = "\n".join(said)
        total = _first_number(r"^Resolved (\d+) packages?", text)
        if not total:
            return
        if re.search(r"^Prepared ", text, re.MULTILINE):
            self._tell("Putting the packages of Langflow in place.", 0.98)
            return
        sizes = {name: _megabytes(n, u) for name, n, u in _SIZES.findall(text)}
        done = sum(sizes.get(name, 0.0) for name in _DONE.findall(text))
        count = min(self._archives() - self._before, total)
        share = count / total
        if sizes:
            # the small packages come first, the large ones make the time
            share = (share + done / sum(sizes.values())) / 2
        size = f", {done:.0f} of about {sum(sizes.values()):.0f} MB" if done else ""
        self._tell(f"Downloading Langflow: {count} of {total} packages{size}.", 0.05 + 0.9 * share)

    def _tell(self, step: str, progress: float) -> None:
        if step != self._last:
            self._last = step
            self._on_step(step, progress)


_SIZES = re.compile(r"^Downloading (\S+) \(([\d.]+)([KMG])iB\)", re.MULTILINE)
_DONE = re.compile(r"^ Downloaded (\S+)", re.MULTILINE)


def _megabytes(number: str, unit: str) -> float:
    return float(number) * {"K": 1 / 1024, "M": 1.0, "G": 1024.0}[unit] * 1.048576


def _first_number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _forward_lines(stream: object, lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))


def _drain(lines: queue.SimpleQueue[str], wait: float) -> list[str]:
    got = []
    try:
        got.append(lines.get(timeout=wait) if wait else lines.get_nowait())
        while True:
            got.append(lines.get_nowait())
    except queue.Empty:
        return got


def _kill_tree(pid: int) -> None:
    try:
        parent = psutil.Process(pid)
        for process in [*parent.children(recursive=True), parent]:
            process.kill()
    except psutil.NoSuchProcess:
        return


def _interpreter(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _uv_environ(environ: Mapping[str, str]) -> dict[str, str]:
    # the user's index, proxy, cache and offline settings hold; those of a project do not
    project = ("UV_PROJECT", "UV_PYTHON_PREFERENCE", "UV_EXCLUDE_NEWER", "UV_CONSTRAINT")
    named = {"UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_OVERRIDE", "UV_NO_DEPS"}
    cleaned = child_environ(environ, {"UV_HTTP_TIMEOUT": environ.get("UV_HTTP_TIMEOUT", "60")})
    return {
        name: value
        for name, value in cleaned.items()
        if name not in named and not name.startswith(project)
    }


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < DISK_MB:
        raise LocalError(
            f"The disk is too full for Langflow: {free} MB are free in {folder}, "
            f"and it needs {DISK_MB} MB.",
            hint=_SPACE_HINT,
        )


_SPACE_HINT = (
    "Free some space, or set LFCONSOLE_DATA_DIR to a folder on another disk; then start again."
)

_KNOWN_ERRORS = (
    (
        r"No space left on device|os error 28|Disk quota exceeded|os error 122",
        "The disk is full: Langflow could not be installed.",
        _SPACE_HINT,
    ),
    (
        r"Network connectivity is disabled|network was disabled|offline|dns error|"
        r"error sending request|client error \(Connect\)|Failed to fetch|Could not connect|"
        r"timed out|tcp connect",
        "The packages of Langflow could not be downloaded: no connection to the package index.",
        "Check the network connection (and UV_INDEX_URL, if you use another package index), then "
        "start again: what has been downloaded is kept.",
    ),
    (
        r"Permission denied|os error 13|Read-only file system",
        "Langflow could not be installed: its folder can't be written to.",
        "Give yourself the right to write there, or set LFCONSOLE_DATA_DIR to another folder.",
    ),
    (
        r"No solution found|not found in the package registry",
        "This release of Langflow can't be installed from your package index.",
        "Check that the index is a full copy of PyPI (UV_INDEX_URL), then start again.",
    ),
)


def _install_error(said: str) -> LocalError:
    for pattern, message, hint in _KNOWN_ERRORS:
        if re.search(pattern, said, re.IGNORECASE):
            return LocalError(message, hint=hint, body=_last_lines(said))
    return LocalError(
        f"Langflow could not be installed. uv says: {_last_lines(said)}",
        hint="Start again; what has been downloaded is kept.",
    )


def _last_lines(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # an index may be addressed as https://user:password@host
    return re.sub(r"//[^/@\s]+@", "//", " ".join(lines[-4:]))[:600]
