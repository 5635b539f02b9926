"""The output that a viewer draws, with its widget keys and download buttons."""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import streamlit as st

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import format_count
from lfclient.outputs.model import FileRef, Output
from pages._ui.state import run_page
from pages._ui.widgets import copy_button, downloads

T = TypeVar("T")

# characters: a page holds each text that can be copied twice
MAX_COPIED_LENGTH = 300_000


class Source(Protocol):
    """What an open page asks before it saves an output. Its methods are thread-safe."""

    def require_access(self) -> None:
        """Raise `LangflowError` if the page may no longer save anything."""

    def download(self, ref: FileRef) -> bytes:
        """Return a file from the server that has it. Raises `LangflowError`."""


@dataclass(frozen=True)
class OutputCard:
    """An output of a run. `key` is unique among the cards of the page.

    `is_presented`: an audience reads it from afar. `part` is the label of one of several outputs of
    a component.
    """

    output: Output
    run_id: str
    key: str
    source: Source
    is_presented: bool = False
    part: str = ""

    @property
    def title(self) -> str:
        """The name of the output's component."""
        return self.output.component_name

    def save_button(
        self, label: str, data: Callable[[], bytes] | bytes, ending: str, mime: str, name: str = ""
    ) -> None:
        """Draw a download button, whose file is made when it is clicked.

        `name` is the file's own name, which may be any text from a server. Without one the file
        is named after the component, its output and the run.
        """

        def create() -> bytes:
            self.source.require_access()
            return data if isinstance(data, bytes) else data()

        own_name = downloads.file_name(self.title, self.part, self.run_id[:8], extension=ending)
        key = f"save-{self.run_id}-{self.key}-{ending}"
        downloads.draw_button(label, create, safe_name(name) if name else own_name, key, mime=mime)

    def copy_button(self, text: Callable[[], str] | None) -> None:
        """Draw a button that copies a text, or the image drawn before it."""
        copied = text() if text else None
        if copied is None or len(copied) <= MAX_COPIED_LENGTH:
            copy_button.draw(self.widget_key("copy"), copied)
        else:
            draw_too_long()

    def shows_internal(self) -> bool:
        """Return whether a person wants to see what only Langflow uses."""
        return bool(st.session_state.get(self.widget_key("internal")))

    def internal_checkbox(self, noun: str, count: int) -> None:
        """Draw the checkbox that `shows_internal` reads."""
        label, key = f"Show {format_count(count, f'internal {noun}')}", self.widget_key("internal")
        st.checkbox(label, key=key, width="content", persist_state="session")

    def state_key(self, name: str) -> str:
        """Return a session state key of this card."""
        return f"output-{name}-{self.run_id}-{self.key}"

    def widget_key(self, name: str) -> str:
        """Return a widget key of this card."""
        return f"view-{name}-{self.run_id}-{self.key}"

    def cached(self, name: str, compute: Callable[[], T]) -> T:
        """Return `compute()`, cached until the output's value changes, as it may in a live run.

        A change is detected by the value's size, beginning and end: comparing all of a large value
        would take too long.
        """
        return run_page.cached(self.state_key(name), compute, _fingerprint(self.output))


# what draws each view of an output, by label
Views = dict[str, Callable[[], None]]


@dataclass(frozen=True)
class Viewer:
    """How one kind of output is drawn, and its Material icon.

    `views` returns several views of a value, or none if `draw` shows all of it. `is_raw`: the kind
    is for developers, and a value's other forms come first.
    """

    draw: Callable[[OutputCard], None]
    icon: str
    views: Callable[[OutputCard], Views] | None = None
    is_raw: bool = False


def draw_too_long() -> None:
    """Say why there is no button that copies, beside the ones that download."""
    st.caption("Too long to copy", width="content")


def _fingerprint(output: Output) -> tuple[Any, ...]:
    value = output.value
    if isinstance(value, (str, bytes)):
        return (output.kind, len(value), value[:200], value[-200:])
    if isinstance(value, list):
        return (output.kind, len(value), reprlib.repr(value), reprlib.repr(value[-1:]))
    return (output.kind, reprlib.repr(value))
