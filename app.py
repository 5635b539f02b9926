"""Entry point of `streamlit run app.py`: an ASGI app with security headers, and the page frame.

Streamlit imports this module to find `app`, then runs the file as `__main__` for every page view.
"""

import streamlit as st

from pages._ui.app import navigation, page_assets, security
from pages._ui.widgets import alerts

if __name__ == "__main__":
    navigation.configure_page()
    navigation.draw_navigation().run()
else:
    navigation.disable_pages_directory()
    app = st.App(
        __file__,
        middleware=[*security.MIDDLEWARE, *page_assets.MIDDLEWARE],
        on_script_error=alerts.show_internal_error,
    )
