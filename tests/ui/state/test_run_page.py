"""The state of a browser session: submit token, cached values, and the run in the URL."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages._ui.state import run_page


def cache_page() -> None:
    """Cache a value for the run in the URL, or close the run. AppTest runs this source."""
    import streamlit as st

    from pages._ui.state import run_page

    if st.session_state.pop("close", False):
        run_page.close_run()
        return
    run_page.cached("frame", lambda: object())
    st.session_state["cached"] = list(st.session_state["kept-for-run"])


def test_cached_values_are_dropped_with_their_run():
    app = AppTest.from_function(cache_page)
    app.query_params["run"] = "a1"
    app.run()
    assert app.session_state["cached"] == ["frame"]
    values = app.session_state["kept-for-run"]
    app.session_state["close"] = True
    app.run()
    assert app.session_state["kept-for-run"] == {}
    assert values == {}  # Streamlit may still reference this dict


def test_cached_values_are_dropped_when_other_runs_are_compared():
    app = AppTest.from_function(cache_page)
    app.query_params["runs"] = "a1,b2"
    app.run()
    before = app.session_state["kept-for-run"]["frame"]
    assert app.run().session_state["kept-for-run"]["frame"] is before
    app.query_params["runs"] = "a1,c3"
    assert app.run().session_state["kept-for-run"]["frame"] is not before


def test_a_cached_value_is_computed_again_for_another_version():
    def page() -> None:
        import streamlit as st

        from pages._ui.state import run_page

        made: list[int] = []
        for version in (1, 1, 2):
            run_page.cached("a", lambda: made.append(0), version)
        st.session_state["made"] = len(made)

    assert AppTest.from_function(page).run().session_state["made"] == 2


def test_the_page_scrolls_to_a_run_that_was_opened_until_a_redraw_after_its_end():
    run_page.NEW_RUN.set("a")
    assert run_page.run_to_scroll_to("a", is_running=True) == "a"
    assert run_page.run_to_scroll_to("a", is_running=True) == "a"
    assert run_page.run_to_scroll_to("a", is_running=False) == "a"
    assert run_page.run_to_scroll_to("a", is_running=False) is None
    run_page.NEW_RUN.set("a")
    assert run_page.run_to_scroll_to("a", is_running=True) == "a"
    assert run_page.run_to_scroll_to("b", is_running=True) is None
    assert run_page.run_to_scroll_to("a", is_running=True) is None


def test_the_page_scrolls_to_a_run_that_another_page_leads_to_each_time():
    run_page.note_shown("a", has_ended=True)
    assert run_page.run_to_scroll_to("a", is_running=False) == "a"
    st.session_state[run_page.result_key("a")] = "Output"
    run_page.note_shown("a", has_ended=True)
    assert run_page.run_to_scroll_to("a", is_running=False) is None
    del st.session_state[run_page.result_key("a")]  # another page was shown
    run_page.note_shown("a", has_ended=True)
    assert run_page.run_to_scroll_to("a", is_running=False) == "a"
    run_page.NEW_RUN.set("b")
    run_page.note_shown("b", has_ended=False)
    assert run_page.run_to_scroll_to("b", is_running=False) == "b"
    assert run_page.run_to_scroll_to("b", is_running=False) is None


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_page_knows_whether_a_run_was_opened_ended_when_it_was_first_shown(has_ended):
    id = str(has_ended)
    run_page.note_shown(id, has_ended=has_ended)
    st.session_state[run_page.result_key(id)] = "Output"
    run_page.note_shown(id, has_ended=True)
    assert run_page.was_opened_ended(id) is has_ended
