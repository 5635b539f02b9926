"""A test page in the console's frame: buttons around the untrusted Markdown of `?text=`."""

import streamlit as st

from pages._ui.app import navigation, page_assets, security
from pages._ui.widgets.markdown import sanitize

if __name__ == "__main__":
    navigation.configure_page()
    st.button("Run")
    with st.container(key="untrusted", border=True):
        st.markdown(sanitize(st.query_params["text"])[0])
    st.button("Stop")
else:
    app = st.App(__file__, middleware=[*security.MIDDLEWARE, *page_assets.MIDDLEWARE])
