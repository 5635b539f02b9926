"""A shared result: what one run returned, read-only, for whoever has its address."""

from functools import partial

import streamlit as st

from pages._ui.app import navigation
from pages._ui.present import problems, shared
from pages._ui.state import query_params

token = st.query_params.get(query_params.SHARE, "")
with st.container(key="present"), problems.show_errors(partial(shared.load, token)):
    found = shared.load(token)
    if found:
        navigation.set_title(found[0].title)
        with st.container(key="shared-result"):
            shared.draw(*found, token)
    else:
        shared.draw_gone()
