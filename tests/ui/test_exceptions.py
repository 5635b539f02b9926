"""A page test fails if the page shows an exception, without an assertion of its own."""

import pytest
from streamlit.testing.v1 import AppTest


def broken():
    import streamlit as st

    if st.button("Break"):
        raise ValueError("broken by the press")


def test_a_shown_exception_fails_the_test():
    app = AppTest.from_function(broken).run()
    with pytest.raises(AssertionError, match="ElementList"):
        app.button[0].click().run()
