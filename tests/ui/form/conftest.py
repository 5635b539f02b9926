"""Fixtures of the tests of forms."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest

from lfclient.resources.server_resources import ServerVariable
from tests.ui.support import forms
from tests.ui.support.forms import clear_drafts


@pytest.fixture(autouse=True)
def _no_drafts():
    clear_drafts()


@pytest.fixture
def api(monkeypatch):
    """The client that the page's callbacks use, and what they sent."""
    sent = SimpleNamespace(checked=[], saved=[], deleted=[], error=None)

    class Client:
        @property
        def settings(self):
            return self

        def check_provider(self, provider, settings):
            sent.checked.append((provider, settings))
            if sent.error:
                raise sent.error

        def save_variable(self, name, value, is_secret):
            sent.saved.append((name, value, is_secret))
            if sent.error:
                raise sent.error

        def variables(self):
            names = ("OTHER", "OPENAI_API_KEY", "OPENAI_BASE_URL")
            return [ServerVariable(f"id of {name}", name, False) for name in names]

        def delete_variable(self, variable):
            if sent.error:
                raise sent.error
            sent.deleted.append(variable.name)

    @contextmanager
    def open_client():
        yield Client()

    monkeypatch.setattr(forms, "open_client", open_client)
    numeric = partial(socket.getaddrinfo, flags=socket.AI_NUMERICHOST)  # asks no name server
    monkeypatch.setattr(socket, "getaddrinfo", numeric)
    return sent
