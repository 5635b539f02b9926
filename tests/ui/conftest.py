"""What holds for every page that a test runs."""

import pytest
from streamlit.testing.v1.element_tree import ElementTree


@pytest.fixture(autouse=True)
def no_exception_is_shown(monkeypatch):
    """A page that shows an exception fails its test, whichever of its runs did."""
    run = ElementTree.run

    def checked(self, *, timeout=None):
        app = run(self, timeout=timeout)
        assert not app.exception, [each.stack_trace for each in app.exception]
        return app

    monkeypatch.setattr(ElementTree, "run", checked)
