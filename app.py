"""The entry of `streamlit run app.py`: an ASGI app with security headers, around this same script.

Streamlit imports this module to find `app`, and then runs the file again, as `__main__`, for
every page view.
"""

import streamlit as st

from pages._ui import nodelay, page_style, problems, security, shell

if __name__ == "__main__":
    shell.page_config()
    shell.navigation().run()
else:
    shell.frame_every_page()
    app = st.App(
        __file__,
        middleware=[*security.MIDDLEWARE, *page_style.MIDDLEWARE, *nodelay.MIDDLEWARE],
        on_script_error=problems.unexpected,
    )
