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


def placeholder_page():
    import streamlit as st

    from pages._ui.widgets.controls import Placeholder

    slot = Placeholder()
    drawn = []
    for text in ("a", "a", "b"):
        slot.show(text, lambda place, text=text: drawn.append(place.markdown(text)))
    st.caption(f"drawn {len(drawn)} times")


def test_only_changed_content_is_redrawn():
    app = AppTest.from_function(placeholder_page).run()
    assert [each.value for each in app.markdown] == ["b"]
    assert [each.value for each in app.caption] == ["drawn 2 times"]


def empty_placeholder_page():
    from pages._ui.widgets.controls import Placeholder

    slot = Placeholder()
    for items in ((), ("a",), ()):
        slot.show(items, lambda place, items=items: place.markdown(f"{len(items)} shown"))


def test_empty_content_is_drawn_only_after_other_content():
    app = AppTest.from_function(empty_placeholder_page).run()
    assert [each.value for each in app.markdown] == ["0 shown"]
