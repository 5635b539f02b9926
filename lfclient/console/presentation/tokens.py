"""Words for the input and output tokens of models."""

from lfclient.common.formatting import format_count
from lfclient.runs.components import Usage


def usage_text(usage: Usage | None) -> str:
    """Return the tokens as text, such as "42 tokens (22 in, 20 out)"; "" if they are unknown."""
    if usage is None:
        return ""
    return f"{format_count(usage.total, 'token')} ({usage.input:,} in, {usage.output:,} out)"
