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


def test_only_what_has_changed_is_drawn_again():
    """The last one stands there alone."""
    app = AppTest.from_function(script).run()
    assert [each.value for each in app.markdown] == ["b"]
    assert [each.value for each in app.caption] == ["drawn 2 times"]


def nothing_script():

    from pages._ui.widgets.placeholder import Placeholder

    slot = Placeholder(empty=())
    for what in ((), ("a",), ()):
        slot.show(what, lambda place, what=what: place.markdown(f"{len(what)} shown"))


def test_what_is_nothing_at_first_is_drawn_only_once_it_was_something():
    """It takes no message until then."""
    app = AppTest.from_function(nothing_script).run()
    assert [each.value for each in app.markdown] == ["0 shown"]
