"""A local Langflow that a stand-in for uv installs."""

from __future__ import annotations

from pathlib import Path

from lfclient.console.local_langflow.installer import Installation
from lfclient.console.local_langflow.manager import PINNED_VERSION, LocalLangflow
from lfclient.console.local_langflow.requirement import Requirement

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
