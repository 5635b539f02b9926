"""Controls that several pages share."""

from streamlit.testing.v1 import AppTest

from pages._ui.widgets import controls


def page():
    """Draw both controls. AppTest runs the source of this function, so its imports are inside."""
    import streamlit as st

    from pages._ui.widgets import controls

    st.write(controls.view_switch("View", ("Graph", "Table"), "view"))
    controls.lazy_expander("More", "more", lambda: st.write("content"))


def draw_page(*, opened=False):
    """Draw the page with its panel closed or open."""
    app = AppTest.from_function(page)
    app.session_state["more"] = opened
    app.run()
    return app


def texts(app):
    return [each.value for each in app.markdown]


def test_one_view_is_always_selected():
    app = draw_page()
    (view,) = app.get("button_group")
    assert view.proto.required
    assert texts(app) == ["Graph"]
    view.select("Table").run()
    assert texts(app) == ["Table"]


def test_options_with_one_label_get_numbers_that_make_no_label_of_another():
    labels = {0: "chart", 1: "chart", 2: "map", 3: "chart (2)"}
    assert list(controls.unique_labels(labels).values()) == [
        "chart",
        "chart (3)",
        "map",
        "chart (2)",
    ]


def test_a_lazy_expander_draws_its_content_once_opened():
    assert texts(draw_page()) == ["Graph"]
    assert texts(draw_page(opened=True)) == ["Graph", "content"]
