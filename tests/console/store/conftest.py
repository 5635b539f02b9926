"""The store on SQLite; `any_store` is for what can differ on PostgreSQL."""

import pytest

from tests.support import databases


@pytest.fixture
def store(tmp_path):
    """A store on SQLite."""
    with databases.open_store("sqlite", tmp_path) as opened:
        yield opened
