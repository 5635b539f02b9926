"""The traceback of “Connection error.”, which Langflow 1.13 says of two different failures."""

BROKEN_OFF = (
    "peer closed connection without sending complete message body (incomplete chunked read)"
)
UNREACHED = "All connection attempts failed"


def connection_traceback(raised: str) -> str:
    """Return the traceback of a model's connection error that began with another error."""
    return (
        f"Traceback (most recent call last):\n{raised}\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\nopenai.APIConnectionError: Connection error.\n"
    )
