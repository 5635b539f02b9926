"""Values in Streamlit's session state."""

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")


def first_time(key: str) -> bool:
    """Return True for the first call with a key in a session, then False."""
    is_new = key not in st.session_state
    st.session_state[key] = True
    return is_new


def is_drawn(key: str) -> bool:
    """Return whether the page with this widget is on the screen, if only that page draws it.

    Streamlit drops the state of a widget on other pages.
    """
    return key in st.session_state


@dataclass(frozen=True)
class Slot(Generic[T]):
    """A value in the session state, None until it is set."""

    key: str

    def set(self, value: T) -> None:
        """Save the value."""
        st.session_state[self.key] = value

    def get(self) -> T | None:
        """Return the saved value."""
        return cast("T | None", st.session_state.get(self.key))

    def clear(self) -> None:
        """Remove the saved value."""
        st.session_state.pop(self.key, None)

    def take(self) -> T | None:
        """Return and remove the saved value."""
        return cast("T | None", st.session_state.pop(self.key, None))
