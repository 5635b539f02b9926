"""The ways in which a flow is run, in words: a name, a short one, and how it was done."""

from __future__ import annotations

from lfclient.runs.model import Mode

MODE_NAMES: dict[Mode, str] = {
    "background": "Background",
    "sync": "Wait for the result",
    "stream": "Streamed call",
}
MODES_SHORT: dict[Mode, str] = {"background": "Background", "sync": "Waited", "stream": "Streamed"}
MODE_ADVERBS: dict[Mode, str] = {
    "background": "in the background",
    "sync": "waiting for the result",
    "stream": "as a streamed call",
}
