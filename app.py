"""Entry point of `streamlit run app.py`: an ASGI app with security headers, and the page frame.

Streamlit imports this module to find `app`, then runs the file as `__main__` for every page view.
"""

import streamlit as st

from pages._ui.app import (
    navigation,
    page_assets,
    security,
    streamlit_patches,
    upload_quota,
)
from pages._ui.connection import editor, startup
from pages._ui.state import query_params
from pages._ui.widgets import alerts

if __name__ == "__main__":
    view = query_params.view()
    navigation.configure_page(view)
    navigation.draw_navigation(view).run()
else:
    streamlit_patches.install()
    app = st.App(
        __file__,
        lifespan=startup.lifespan,
        routes=editor.routes(),
        middleware=[
            *streamlit_patches.MIDDLEWARE,
            *security.MIDDLEWARE,
            *upload_quota.MIDDLEWARE,
            *page_assets.MIDDLEWARE,
        ],
        on_script_error=alerts.show_internal_error,
    )
