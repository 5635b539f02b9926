"""Names of the run modes."""

from lfclient.runs.model import Mode

MODE_NAMES: dict[Mode, str] = {
    "background": "Background",
    "sync": "Synchronous",
    "stream": "Streamed",
}
