"""The session's state: the word that makes presses one run, what is kept for a run."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def words() -> None:
    """What AppTest runs: draws a Run button's word, and uses it when told to."""
    import streamlit as st

    from pages._ui.state import submit_token

    word = submit_token.submit_token()
    if st.session_state.pop("use", False):
        submit_token.use_submit_token(word)
    st.session_state["word"] = word


def opened() -> AppTest:
    return AppTest.from_function(words).run()


def test_a_submit_token_stays_until_a_run_used_it():
    app = opened()
    first = app.session_state["word"]
    assert app.run().session_state["word"] == first


def test_a_used_submit_token_is_replaced():
    app = opened()
    first = app.session_state["word"]
    app.session_state["use"] = True
    app.run()
    assert app.run().session_state["word"] != first


def kept() -> None:
    """What AppTest runs: keeps something for the run in the address."""
    import streamlit as st

    from pages._ui.state import run_page

    if st.session_state.pop("close", False):
        run_page.close_run()
        return
    run_page.cached("frame", lambda: object())
    st.session_state["kept"] = list(st.session_state["kept-for-run"])


def test_cached_values_are_dropped_with_their_run():
    app = AppTest.from_function(kept)
    app.query_params["run"] = "a1"
    app.run()
    assert app.session_state["kept"] == ["frame"]
    held = app.session_state["kept-for-run"]
    app.session_state["close"] = True
    app.run()
    assert app.session_state["kept-for-run"] == {}
    assert held == {}  # nor behind what Streamlit remembers of the run before


def page_with_url() -> None:
    """Show a run or close it as told; AppTest runs the source of this function."""
    import streamlit as st

    from pages._ui.state import run_page

    if st.session_state.pop("show", False):
        run_page.show_run("b2")
        st.session_state["url"] = st.query_params.get("run")
    if st.session_state.pop("close", False):
        run_page.close_run()
    st.session_state["seen"] = run_page.run_id()


def test_a_run_is_in_the_url_before_anything_of_it_is_drawn():
    app = AppTest.from_function(page_with_url)
    app.session_state["show"] = True
    app.run()
    assert app.session_state["url"] == "b2"
    assert app.session_state["seen"] == "b2"
    assert app.query_params["run"] == "b2"


def test_a_closed_run_leaves_the_url():
    app = AppTest.from_function(page_with_url)
    app.session_state["show"] = True
    app.run()
    app.session_state["close"] = True
    app.run()
    assert app.session_state["seen"] is None
    assert "run" not in app.query_params
