"""A local Langflow: installed by a stand-in for uv, or copied from the tests' shared one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from lfclient.console.local_langflow.installer import Installation
from lfclient.console.local_langflow.manager import PINNED_VERSION, LocalLangflow
from lfclient.console.local_langflow.requirement import Requirement
from tests.support import servers

# Makes a "Python" that does what `server` says; `pip install` does what `install` says.
FAKE_UV = """
#!/bin/sh
shift 2
case "$1" in
cache) echo "$PWD/cache" ;;
venv)
    for folder; do :; done
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\\n%s\\n' '{server}' > "$folder/bin/python"
    chmod +x "$folder/bin/python"
    ;;
pip)
    {install}
    ;;
esac
"""


def fake_local(folder: Path, uv_binary: str, **options: object) -> LocalLangflow:
    """Return a local Langflow in a folder, installed with this `uv`."""
    target = folder / "local" / PINNED_VERSION
    installation = Installation(
        target, Requirement(PINNED_VERSION), python="3", uv_binary=uv_binary
    )
    return LocalLangflow(folder, installation=installation, **options)


@contextmanager
def installed_folder(folder: Path) -> Iterator[Path]:
    """Copy the tests' shared installation into a data folder; stop what was started in it."""
    shared = servers.installation(PINNED_VERSION)
    with FileLock(shared.folder / "install.lock"):
        if shared.missing:
            shared.install(lambda step, progress: None)
    langflow = LocalLangflow(folder)
    langflow.stop()  # creates its folder
    for part in shared.folder.glob("venv-*"):
        target = langflow.folder / part.name
        shutil.copytree(part, target, symlinks=True, copy_function=_link_or_copy)
    shutil.copy(shared.folder / "installed.json", langflow.folder)
    yield folder
    langflow.stop()


def _link_or_copy(source: str, target: str) -> None:
    """Link a file, with which its compiled modules stay valid; copy it to another file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
