"""A placeholder is redrawn only when its content changes."""

from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from pages._ui.widgets.controls import Placeholder

    slot = Placeholder()
    drawn = []
    for text in ("a", "a", "b"):
        slot.show(text, lambda place, text=text: drawn.append(place.markdown(text)))
    st.caption(f"drawn {len(drawn)} times")


def test_only_changed_content_is_redrawn():
    app = AppTest.from_function(script).run()
    assert [each.value for each in app.markdown] == ["b"]
    assert [each.value for each in app.caption] == ["drawn 2 times"]


def empty_script():
    from pages._ui.widgets.controls import Placeholder

    slot = Placeholder()
    for items in ((), ("a",), ()):
        slot.show(items, lambda place, items=items: place.markdown(f"{len(items)} shown"))


def test_empty_content_is_drawn_only_after_other_content():
    app = AppTest.from_function(empty_script).run()
    assert [each.value for each in app.markdown] == ["0 shown"]
