"""Tokens in words."""

from lfclient.console.presentation.tokens import usage_text
from lfclient.runs.components import Usage


def test_tokens_are_told_with_those_read_and_those_written():
    assert usage_text(Usage(1200, 34, 1234)) == "1,234 tokens (1,200 in, 34 out)"
    assert usage_text(Usage(1, 0, 1)) == "1 token (1 in, 0 out)"
    assert usage_text(None) == ""
