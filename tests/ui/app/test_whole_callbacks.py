"""A callback runs to its end although the browser has sent another event for the whole page."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.support.whole_callbacks import run_to_end


@pytest.fixture
def page(monkeypatch):
    run_to_end(monkeypatch)
    return AppTest.from_function(_page).run()


def _page():
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    def press_again():
        context = get_script_run_ctx()
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))

    def act():
        press_again()
        for step in range(3):
            st.session_state.setdefault("steps", []).append(step)
            st.query_params["step"] = str(step)
            st.toast("Done")

    st.session_state["pages"] = st.session_state.get("pages", 0) + 1
    st.button("Act", on_click=act)


def test_all_steps_of_a_callback_are_done_and_then_the_other_event(page):
    """The script that the other event interrupts would draw an outdated page."""
    page.button[0].click().run()
    assert page.session_state["steps"] == [0, 1, 2]
    assert page.query_params["step"] == "2"
    assert page.session_state["pages"] == 2
