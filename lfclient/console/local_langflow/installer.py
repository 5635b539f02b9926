"""Install a pinned Langflow in a virtual environment with uv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import uv

from lfclient.console.local_langflow.process import ProcessIdentity, child_environ, end_process
from lfclient.console.local_langflow.requirement import Requirement
from lfclient.console.local_langflow.state_file import FOLDER_HINT, SPACE_HINT, JsonFile, LocalError
from lfclient.resources.packages import PACKAGES, Package

# Measured for 1.13.0 with an empty cache on two cores and a fast connection: 342 packages. The
# download consists of 380 MB of packages and the index that uv reads.
DOWNLOAD_MB = 530
DISK_MB = 1500
INSTALL_SECONDS = 60
# time to the first response on two idle cores; a first start took 40 to 115 s
START_SECONDS = 20
DOWNLOAD_NOTE = (
    f"About {DOWNLOAD_MB} MB to download ({DISK_MB / 1000:.1f} GB on disk). Installing and "
    f"starting usually takes {(INSTALL_SECONDS + START_SECONDS) / 60:.0f}–3 minutes on a fast "
    f"connection, about {(DOWNLOAD_MB * 0.8 + INSTALL_SECONDS) / 60:.0f} minutes at 10 Mbit/s."
)

# (version, whether to download it): every supported Langflow version runs on these
_PYTHONS = (("3.12", True), ("3.13", False), ("3.11", False), ("3.10", False))

POLL_SECONDS = 0.3

OnStep = Callable[[str, float], None]  # a sentence, and the progress (0 to 1)


class Installation:
    """A virtual environment that is either complete or absent.

    The environment is created in a folder with a random name. A file records the name once the
    environment is complete. So a killed installation is never used, and a process that still writes
    to its folder cannot disturb the next attempt. An older console's environment that only lacks
    packages is completed.
    """

    def __init__(
        self,
        folder: Path,
        requirement: Requirement,
        *,
        python: str | None = None,
        environ: Mapping[str, str] = os.environ,
        uv_binary: str | None = None,
    ) -> None:
        self.folder = folder
        self.requirement = requirement
        self._python = python
        self._environ = _uv_environ(environ)
        self._uv = uv_binary or uv.find_uv_bin()
        self._marker = JsonFile(folder / "installed.json")

    @property
    def python(self) -> Path | None:
        """The interpreter of an installation that has Langflow, or None."""
        return self._interpreter() if self.requirement.packages[0] in self._installed() else None

    @property
    def missing(self) -> list[str]:
        """The requirements that are not installed."""
        installed = self._installed()
        return [package for package in self.requirement.packages if package not in installed]

    @property
    def added(self) -> list[str]:
        """The names of the added packages. A new environment gets them again."""
        recorded = self._marker.read().get("package") or ()
        return [package.name for package in PACKAGES if package.name in recorded]

    @property
    def available(self) -> frozenset[str]:
        """The names of the optional packages whose modules can be imported."""
        environment = self._environment()
        folders = [
            *environment.glob("lib/python*/site-packages"),
            environment / "Lib/site-packages",
        ]
        return frozenset(
            package.name
            for package in PACKAGES
            if any(all((folder / one).exists() for one in package.modules) for folder in folders)
        )

    def install(self, on_step: OnStep, stopped: Callable[[], bool] = lambda: False) -> Path:
        """Install what is missing and return the interpreter. Raise `LocalError` on failure.

        If only additional packages can't be installed, they stay `missing`.
        """
        if self.python is None:
            return self._install_all(on_step, stopped)
        try:
            self._install_packages(self._environment(), on_step, stopped)
        except LocalError:
            if stopped():
                raise
        return self._interpreter()

    def add(
        self, package: Package, on_step: OnStep, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Install an additional package. Raise `LocalError` on failure."""
        self._install_packages(self._environment(), on_step, stopped, package)

    def _install_all(self, on_step: OnStep, stopped: Callable[[], bool]) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob("venv-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        _check_space(self.folder)
        environment = self.folder / f"venv-{uuid.uuid4().hex[:8]}"
        self._create(environment, on_step, stopped)
        self._install_packages(environment, on_step, stopped)
        return self._interpreter()

    def _install_packages(
        self,
        environment: Path,
        on_step: OnStep,
        stopped: Callable[[], bool],
        *more: Package,
    ) -> None:
        on_step("Resolving Langflow's packages.", 0.02)
        names = dict.fromkeys((*self.added, *(package.name for package in more)))
        packages = [*self.requirement.packages, *names]
        self._run(
            [
                *("pip", "install", "--python", str(_interpreter(environment))),
                *self.requirement.install_arguments(packages),
            ],
            _Progress(on_step, self._archives()),
            stopped,
        )
        self._marker.write({"package": packages, "folder": environment.name})

    def _environment(self) -> Path:
        return self.folder / str(self._marker.read().get("folder"))

    def _interpreter(self) -> Path:
        return _interpreter(self._environment())

    def _installed(self) -> set[str]:
        """Return the installed requirements, or an empty set if the environment is unusable."""
        # the interpreter may link to a Python that was removed since
        if not self._interpreter().exists():
            return set()
        return set(self._marker.read().get("package") or ())

    def _create(self, environment: Path, on_step: OnStep, stopped: Callable[[], bool]) -> None:
        on_step("Setting up Python for Langflow.", 0.0)
        choices = ((self._python, True),) if self._python else _PYTHONS
        for choice, download in choices:
            downloads = () if download else ("--no-python-downloads",)
            try:
                self._run(["venv", "--python", choice, *downloads, str(environment)], None, stopped)
                return
            except LocalError:
                shutil.rmtree(environment, ignore_errors=True)
                if stopped() or self._python:
                    raise
        raise LocalError(
            "Couldn't find or download a Python version that Langflow supports.",
            hint="Check the network, or install Python 3.12, then try again.",
        )

    def _archives(self) -> Callable[[], int]:
        """Return a function that counts the unpacked packages in uv's cache."""
        result = subprocess.run(
            [self._uv, "--color", "never", "cache", "dir"],
            env=self._environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        folder = Path(result.stdout.strip() or ".") / "archive-v0"
        return lambda: sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    def _run(
        self, arguments: Sequence[str], progress: _Progress | None, stopped: Callable[[], bool]
    ) -> None:
        """Run uv. Raise `LocalError` if it fails or a stop is requested."""
        # a file: a pipe would block without a reader; a later installation removes what is left
        with tempfile.TemporaryDirectory(prefix="venv-log-", dir=self.folder) as folder:
            log = Path(folder) / "uv.log"
            process = self._start_uv(arguments, log)
            try:
                while process.poll() is None:
                    if stopped():
                        raise LocalError("The installation was stopped.", hint="Start it again.")
                    if progress:
                        progress.update(_read(log))
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(POLL_SECONDS)
            finally:
                if process.poll() is None:
                    end_process(ProcessIdentity.from_pid(process.pid), grace=0)
                process.wait()
            if process.returncode:
                raise _install_error(_read(log))

    def _start_uv(self, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            try:
                return subprocess.Popen(
                    [self._uv, "--color", "never", *arguments],
                    env=self._environ,
                    # not the working directory, because its uv settings must not apply
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                )
            except OSError as problem:
                raise LocalError(
                    f"Couldn't run uv, which installs Langflow: {problem.strerror}.",
                    hint="Install the console's requirements again: "
                    "pip install -r requirements.txt",
                ) from problem


class _Progress:
    """Turns uv's output and its cache's state into a sentence and a progress."""

    def __init__(self, on_step: OnStep, archives: Callable[[], int]) -> None:
        self._on_step = on_step
        self._archives = archives
        self._before = archives()
        self._last: tuple[str, float] | None = None

    def update(self, output: str) -> None:
        resolved = re.search(r"^Resolved (\d+) packages?", output, re.MULTILINE)
        if not resolved:
            return
        total = int(resolved[1])
        if re.search(r"^Prepared ", output, re.MULTILINE):
            self._report("Installing Langflow's packages.", 0.98)
            return
        sizes = {name: _megabytes(n, u) for name, n, u in _SIZES.findall(output)}
        done = sum(sizes.get(name, 0.0) for name in _DONE.findall(output))
        count = min(self._archives() - self._before, total)
        share = count / total
        if sizes:
            # small packages finish first, large ones take most of the time
            share = (share + done / sum(sizes.values())) / 2
        # without megabytes: uv reports sizes of large packages only, so they would not add up
        self._report(f"Downloading Langflow: {count} of {total} packages.", 0.05 + 0.9 * share)

    def _report(self, step: str, progress: float) -> None:
        if (step, progress) != self._last:
            self._last = step, progress
            self._on_step(step, progress)


_SIZES = re.compile(r"^Downloading (\S+) \(([\d.]+)([KMG])iB\)", re.MULTILINE)
_DONE = re.compile(r"^ Downloaded (\S+)", re.MULTILINE)


def _megabytes(number: str, unit: str) -> float:
    return float(number) * {"K": 1 / 1024, "M": 1.0, "G": 1024.0}[unit] * 1.048576


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _interpreter(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _uv_environ(environ: Mapping[str, str]) -> dict[str, str]:
    # keep the user's index, proxy, cache and offline settings, but not a project's settings
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
            f"Not enough disk space for Langflow: {folder} has {free} MB free, "
            f"but {DISK_MB} MB are needed.",
            hint=SPACE_HINT,
        )


# pattern, message with the pattern's groups, and hint
_KNOWN_ERRORS = (
    (
        r"No space left on device|os error 28|Disk quota exceeded|os error 122",
        "Couldn't install Langflow: the disk is full.",
        SPACE_HINT,
    ),
    (
        r"Network connectivity is disabled|network was disabled|offline|dns error|"
        r"error sending request|client error \(Connect\)|Failed to fetch|Could not connect|"
        r"timed out|tcp connect",
        "Couldn't download Langflow: no connection to the package index.",
        "Check the network connection (and UV_INDEX_URL, if you use another package index), then "
        "start again. Finished downloads are kept.",
    ),
    (
        r"Permission denied|os error 13|Read-only file system",
        "Couldn't install Langflow: its folder is not writable.",
        FOLDER_HINT,
    ),
    (
        r"Hash mismatch for `(\S+)`",
        "Couldn't install Langflow: the package index has a different file for {} than PyPI.",
        "Check that the package index (UV_INDEX_URL) and any proxy pass PyPI's files on unchanged, "
        "then start again.",
    ),
    (
        r"(\S+==\S+) has no (?:usable )?wheels",
        "Couldn't install Langflow: the package index has no wheel of {} for this system.",
        "Langflow runs on 64-bit Linux (glibc), Windows (x64) and macOS (Apple silicon). On other "
        "systems, connect to a Langflow server elsewhere.",
    ),
    (
        r"No solution found|not found in the package registry",
        "Your package index does not have this release of Langflow.",
        "Check that the index (UV_INDEX_URL) is a complete mirror of PyPI, then start again.",
    ),
)


def _install_error(output: str) -> LocalError:
    for pattern, message, hint in _KNOWN_ERRORS:
        found = re.search(pattern, output, re.IGNORECASE)
        if found:
            return LocalError(message.format(*found.groups()), hint=hint)
    return LocalError(
        f"Couldn't install Langflow. uv reports: {_last_lines(output)}",
        hint="Start again. Finished downloads are kept.",
    )


def _last_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # the URL of an index may contain a username and password
    return re.sub(r"//[^/@\s]+@", "//", " ".join(lines[-4:]))[:600]
