"""Controls that several pages have."""

from streamlit.testing.v1 import AppTest


def page():
    """What AppTest runs: its source is taken, so it imports what it needs."""
    import streamlit as st

    from pages._ui.widgets import controls

    st.write(controls.view_switch("View", ("Graph", "Table"), "view"))
    controls.lazy_expander("More", ":material/add:", "more", lambda: st.write("what it holds"))


def drawn(*, opened=False):
    """The page, its panel closed or opened."""
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["more"] = opened
    app.run()
    assert not app.exception
    return app


def words(app):
    return [each.value for each in app.markdown]


def test_a_view_is_always_chosen():
    app = drawn()
    (view,) = app.get("button_group")
    assert view.proto.required
    assert words(app) == ["Graph"]
    view.select("Table").run()
    assert words(app) == ["Table"]


def test_a_lazy_expander_draws_its_content_once_opened():
    assert words(drawn()) == ["Graph"]
    assert words(drawn(opened=True)) == ["Graph", "what it holds"]
