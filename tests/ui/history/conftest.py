"""Fixtures that the tests of this folder share."""

from __future__ import annotations

import pytest


@pytest.fixture
def url(langflow_stand_in):
    """The address of the server whose runs are listed."""
    return langflow_stand_in.url
