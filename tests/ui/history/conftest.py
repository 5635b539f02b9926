"""Fixtures of the History page."""

from __future__ import annotations

import pytest


@pytest.fixture
def url(langflow_stand_in):
    """Return the URL of the server that ran the listed runs."""
    return langflow_stand_in.url
