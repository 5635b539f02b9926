"""A PostgreSQL server for tests, on a loopback port, with a new database for each caller.

Each worker starts its own when first needed, and stops it at the end. PostgreSQL refuses to run as
root, so root's tests start it as the `postgres` user that its package creates.
"""

from __future__ import annotations

import functools
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg
from filelock import FileLock

from tests.support import debian, servers

_OPTIONS = "-c fsync=off -c max_connections=200 -c unix_socket_directories="


def _programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`. Raises `RuntimeError` if there is none."""
    with FileLock(servers.CACHE / "postgres.lock"):
        found = _installed() or (debian.install("postgresql") and _installed())
    if not found:
        raise RuntimeError(
            "No PostgreSQL was found. Install it (Debian: postgresql), then try again."
        )
    return found


def _installed() -> Path | None:
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    # Debian keeps them out of PATH
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    return folders[-1] if folders else None


class Postgres:
    """A running server; `stop` and `start` let a test take it away for a while."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = _programs()
        self._user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            account = pwd.getpwnam(self._user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        self.port = _free_port()
        password = folder / "password"
        password.write_text("secret-word")
        password.chmod(0o644)
        self._do("initdb", "-D", str(folder / "data"), "-U", "console", "-A", "scram-sha-256",
                 f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} {_OPTIONS}"
        log = str(self._folder / "log")
        self._do(
            "pg_ctl", "-D", str(self._folder / "data"), "-w", "-l", log, "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._do("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as LFCONSOLE_DATABASE_URL takes it."""
        return f"postgresql://console:secret-word@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """The address of a new database, by default an empty one."""
        name = f"runs_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _do(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        # into a file: the server inherits it, and a pipe would stay open as long as it runs
        with (self._folder / "output").open("w+") as output:
            done = subprocess.run(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=60,
                check=False,
                user=self._user if os.geteuid() == 0 else None,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program}: {output.read()}")


@functools.cache
def postgres() -> Postgres:
    """The server of this worker."""
    return Postgres(Path(tempfile.mkdtemp(prefix="lfconsole-postgres-")))


def end() -> None:
    """End the server, if there is one."""
    if postgres.cache_info().currsize:
        server = postgres()
        server.stop()
        shutil.rmtree(server._folder, ignore_errors=True)
        postgres.cache_clear()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
