"""The output that a viewer draws, with its widget keys and buttons."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.outputs.model import FileRef, Output
from pages._ui.state import run_page
from pages._ui.widgets import downloads

T = TypeVar("T")

# downloads a file from the server that has it
Download = Callable[[FileRef], bytes]


@dataclass(frozen=True)
class OutputCard:
    """An output of a run. `key` is unique among the cards of the page."""

    output: Output
    run_id: str
    key: str
    download: Download

    def save_button(
        self,
        label: str,
        data: Callable[[], bytes] | bytes,
        ending: str,
        mime: str,
        name: str = "",
    ) -> None:
        """Draw a download button. A callable `data` runs when the button is pressed.

        `name` is the file's own name, which may be any text from a server. Without one the file
        is named after the component and the run.
        """
        st.download_button(
            label,
            data,
            file_name=safe_name(name) if name else self._file_name(ending),
            mime=mime,
            key=f"save-{self.run_id}-{self.key}-{ending}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )

    def save_json_button(self, value: Any) -> None:
        """Draw a button that downloads `value` as JSON."""
        self.save_button("JSON", lambda: downloads.to_json_bytes(value), "json", "application/json")

    def _file_name(self, ending: str) -> str:
        return downloads.file_name(
            self.output.display_name or self.output.component_id, self.run_id[:8], extension=ending
        )

    def state_key(self, name: str) -> str:
        """Return a session state key of this card."""
        return f"output-{name}-{self.run_id}-{self.key}"

    def widget_key(self, name: str) -> str:
        """Return a widget key of this card."""
        return f"view-{name}-{self.run_id}-{self.key}"

    def tabs(self, name: str, labels: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Draw tabs, and yield index and label of the open one inside it.

        Yields nothing while no tab is open, so only what a person sees is computed.
        """
        tabs = st.tabs(labels, key=self.widget_key(name), on_change="rerun")
        for index, (label, tab) in enumerate(zip(labels, tabs, strict=True)):
            if tab.open:
                with tab:
                    yield index, label

    def cached(self, name: str, compute: Callable[[], T]) -> T:
        """Return `compute()`, cached until the output's value changes, as it may in a live run.

        A change is detected by the value's size, beginning and end: comparing all of a large value
        would take too long.
        """
        cache: dict[Any, T] = run_page.cached(self.state_key(name), dict)
        fingerprint = _fingerprint(self.output)
        if fingerprint not in cache:
            cache.clear()
            cache[fingerprint] = compute()
        return cache[fingerprint]


def _fingerprint(output: Output) -> tuple[Any, ...]:
    value = output.value
    if isinstance(value, (str, bytes)):
        return (output.kind, len(value), value[:200], value[-200:])
    if isinstance(value, list):
        return (output.kind, len(value), reprlib.repr(value), reprlib.repr(value[-1:]))
    return (output.kind, reprlib.repr(value))
