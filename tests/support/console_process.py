"""A console started like a user does: `streamlit run` in its own process, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """Return a free port on the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Console:
    """A context manager that runs `script` under `streamlit run`, with `environ` added.

    `folder` holds its data and log. Starting it again reuses port and folder, like a restart.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        *,
        script: Path = ROOT / "app.py",
        cwd: Path = ROOT,
        python: str = sys.executable,
    ) -> None:
        self.folder, self.script, self.cwd, self.python = folder, script, cwd, python
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "console.log"
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("LANGFLOW_", "LFCONSOLE_"))
        }
        self.environ = {
            **inherited,
            "LFCONSOLE_DATA_DIR": str(folder / "data"),
            "LFCONSOLE_DISCOVER_URL": "",
            **(environ or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the console and wait until it responds."""
        command = [self.python, "-m", "streamlit", "run", str(self.script)]
        command += ["--server.port", str(self.port), "--server.headless", "true"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.cwd,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + 240
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/_stcore/health", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"The console did not start:\n{self.log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send the signal `how` and wait for the process to end."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def __enter__(self) -> Console:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
