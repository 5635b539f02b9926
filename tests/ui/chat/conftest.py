"""Fixtures of the Chat page."""

import pytest

from tests.ui.support.chat_langflow import ChatLangflow


@pytest.fixture
def chat_langflow(langflow_stand_in):
    """A stand-in with a chat flow that echoes messages."""
    return ChatLangflow(langflow_stand_in)
