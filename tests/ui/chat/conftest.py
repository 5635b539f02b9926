"""Fixtures that the tests of this folder share."""

import pytest

from tests.ui.support.talking_langflow import Talking


@pytest.fixture
def talking(langflow_stand_in):
    """A server whose flow answers."""
    return Talking(langflow_stand_in)
