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


def test_the_word_of_a_press_stays_until_a_run_was_started_with_it():
    """However long a page takes to be drawn again, its Run button starts one run."""
    app = opened()
    first = app.session_state["word"]
    assert app.run().session_state["word"] == first


def test_a_used_word_is_not_given_to_the_next_run_button():
    """Two runs that are wanted are two, however soon the second is."""
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


def test_what_was_kept_for_a_run_is_dropped_when_it_is_closed():
    """A large table's frame does not stay in memory behind an empty page."""
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
