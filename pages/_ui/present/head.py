"""The head of what an audience sees: title, description, color and type size."""

from collections.abc import Callable

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.present.presentation import MAX_DESCRIPTION, MAX_TITLE, Accent
from pages._ui.widgets.markdown import escape, sanitize


def draw(
    title: str,
    description: str,
    accent: Accent,
    *,
    large: bool,
    draw_controls: Callable[[], object] | None = None,
) -> None:
    """Draw the title with the buttons beside it, and the description, untrusted Markdown.

    The styles of the page take the color and the type size from the container's key.
    """
    with st.container(key=f"present-looks-{accent}{'-large' if large else ''}", gap=None):
        with st.container(key="present-head", horizontal=True, vertical_alignment="center"):
            st.title(escape(clip(title, MAX_TITLE)), anchor=False, width="stretch")
            with st.container(
                key="present-controls",
                horizontal=True,
                vertical_alignment="center",
                width="content",
            ):
                if draw_controls:
                    draw_controls()
                _draw_full_screen()
        if description:
            with st.container(key="present-description"):
                st.markdown(sanitize(clip(description, MAX_DESCRIPTION))[0])


@st.fragment
def _draw_full_screen() -> None:
    """Draw buttons that the page's script handles: browsers ask for a click in the page itself.

    The styles of the page show one of them.
    """
    for label in ("Full screen", "Leave full screen"):
        st.button(
            label,
            key=label.lower().replace(" ", "-"),
            icon=f":material/fullscreen{'' if label == 'Full screen' else '_exit'}:",
            type="tertiary",
        )
