"""An address with a button that copies it."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.support.whole_pages import lacks


def draw(address):
    from pages._ui.widgets import copy_button

    copy_button.draw_address("one", address)


@pytest.mark.parametrize(
    ("address", "is_noted"),
    [
        ("http://localhost:8501/?flow=1", True),
        ("http://127.0.0.1:8501/?flow=1", True),
        ("https://console.example/?flow=localhost", False),
    ],
)
def test_an_address_that_nobody_else_can_open_says_so(address, is_noted):
    app = AppTest.from_function(draw, args=(address,)).run()
    assert lacks(app, "this machine only", shows=address) is not is_noted
