"""A shared result: what one run returned, read-only, for whoever has its address."""

import streamlit as st

from pages._ui.app import navigation
from pages._ui.present import problems, shared
from pages._ui.state import query_params

with st.container(key="present"), problems.show_errors():
    token = st.query_params.get(query_params.SHARE, "")
    found = shared.load(token)
    if found:
        navigation.set_title(found[0].title)
        with st.container(key="shared-result"):
            shared.draw(*found, token)
    else:
        shared.draw_gone()
