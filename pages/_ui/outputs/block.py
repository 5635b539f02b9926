"""What a drawing function of an output is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lfclient.outputs import FileRef, Output
from pages._ui import export


@dataclass(frozen=True)
class Block:
    """An output of a run, and a `key` that no other block of the page has."""

    output: Output
    run_id: str
    key: str
    download: Callable[[FileRef], bytes]

    def save(self, label: str, data: Callable[[], bytes] | bytes, ending: str, mime: str) -> None:
        """A button that saves a file; made when pressed, where `data` is a function."""
        st.download_button(
            label,
            data,
            file_name=self.file_name(ending),
            mime=mime,
            key=f"save-{self.run_id}-{self.key}-{ending}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )

    def save_json(self, value: Any) -> None:
        """A button that saves `value` as JSON."""
        self.save("JSON", lambda: export.json_bytes(value), "json", "application/json")

    def file_name(self, ending: str) -> str:
        """Named after the component and the run."""
        return export.file_name(
            self.output.display_name or self.output.component_id, self.run_id[:8], ending=ending
        )

    def session_key(self, name: str) -> str:
        """A key of the session's state that belongs to this block."""
        return f"output-{name}-{self.run_id}-{self.key}"
