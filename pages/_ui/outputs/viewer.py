"""How one kind of output is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from pages._ui.outputs.card import OutputCard

# what draws each view of an output, by label
Views = dict[str, Callable[[], None]]


@dataclass(frozen=True)
class Viewer:
    """How one kind of output is drawn, and its Material icon.

    `views` returns several views of a value, or none if `draw` shows all of it.
    """

    draw: Callable[[OutputCard], None]
    icon: str
    views: Callable[[OutputCard], Views] | None = None
