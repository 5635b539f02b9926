"""What a drawing function of an output is given."""

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


@dataclass(frozen=True)
class OutputCard:
    """An output of a run, and a `key` that no other card of the page has."""

    output: Output
    run_id: str
    key: str
    download: Callable[[FileRef], bytes]

    def save_button(
        self,
        label: str,
        data: Callable[[], bytes] | bytes,
        ending: str,
        mime: str,
        name: str = "",
    ) -> None:
        """A button that saves a file; made when pressed, where `data` is a function.

        `name` is that of the file, where it has one; any text may be given.
        """
        st.download_button(
            label,
            data,
            file_name=safe_name(name) if name else self.file_name(ending),
            mime=mime,
            key=f"save-{self.run_id}-{self.key}-{ending}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )

    def save_json_button(self, value: Any) -> None:
        """A button that saves `value` as JSON."""
        self.save_button("JSON", lambda: downloads.to_json_bytes(value), "json", "application/json")

    def file_name(self, ending: str) -> str:
        """Named after the component and the run."""
        return downloads.file_name(
            self.output.display_name or self.output.component_id, self.run_id[:8], ending=ending
        )

    def state_key(self, name: str) -> str:
        """A key of the session's state that belongs to this card."""
        return f"output-{name}-{self.run_id}-{self.key}"

    def widget_key(self, name: str) -> str:
        """A widget's key in this card."""
        return f"view-{name}-{self.run_id}-{self.key}"

    def tabs(self, name: str, labels: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Tabs of which only the open one is drawn: its place and label, once or not at all."""
        tabs = st.tabs(labels, key=self.widget_key(name), on_change="rerun")
        for place, (label, tab) in enumerate(zip(labels, tabs, strict=True)):
            if tab.open:
                with tab:
                    yield place, label

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """What was worked out of the value, until the value is another, as it may be in a live run.

        Told by its size, its beginning and its end: comparing all of it would take too long.
        """
        held: dict[str, Any] = run_page.cached(self.state_key(name), dict)
        mark = _fingerprint(self.output)
        if held.get("mark") != mark:
            held.clear()
            held.update(made=make(), mark=mark)
        return held["made"]


def _fingerprint(output: Output) -> tuple[Any, ...]:
    value = output.value
    if isinstance(value, (str, bytes)):
        return (output.kind, len(value), value[:200], value[-200:])
    if isinstance(value, list):
        return (output.kind, len(value), reprlib.repr(value), reprlib.repr(value[-1:]))
    return (output.kind, reprlib.repr(value))
