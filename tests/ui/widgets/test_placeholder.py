"""A place that is drawn again only when what it shows has changed."""

from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from pages._ui.widgets.placeholder import Placeholder

    slot = Placeholder()
    drawn = []
    for what in ("a", "a", "b"):
        slot.show(what, lambda place, what=what: drawn.append(place.markdown(what)))
    st.caption(f"drawn {len(drawn)} times")


def test_only_changed_content_is_redrawn():
    app = AppTest.from_function(script).run()
    assert [each.value for each in app.markdown] == ["b"]
    assert [each.value for each in app.caption] == ["drawn 2 times"]


def nothing_script():

    from pages._ui.widgets.placeholder import Placeholder

    slot = Placeholder(empty=())
    for what in ((), ("a",), ()):
        slot.show(what, lambda place, what=what: place.markdown(f"{len(what)} shown"))


def test_empty_content_is_drawn_only_after_other_content():
    app = AppTest.from_function(nothing_script).run()
    assert [each.value for each in app.markdown] == ["0 shown"]
