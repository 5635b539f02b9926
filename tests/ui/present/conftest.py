"""Fixtures for tests of the Present view."""

import pytest


@pytest.fixture(autouse=True)
def _server(fields_server):
    """Start the stand-in for every test."""
