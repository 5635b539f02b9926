"""Names of the run modes."""

from lfclient.runs.model import Mode

MODE_NAMES: dict[Mode, str] = {
    "background": "Background",
    "sync": "Synchronous",
    "stream": "Streamed",
}
# after "The run was started …"
MODE_ADVERBS: dict[Mode, str] = {
    "background": "in the background",
    "sync": "in synchronous mode",
    "stream": "in streamed mode",
}
