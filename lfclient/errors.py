"""Errors raised by the client.

LangflowError
├── AddressRefused         the address is invalid
│   └── AddressNotAllowed  it is valid, but connections to it are forbidden
├── Unreachable            no complete response: refused, unresolved, timed out, TLS, cut off
├── NotLangflow            the address belongs to another kind of server
├── DeveloperApiDisabled   Langflow before 1.11 with its Workflow API switched off
├── InvalidKey             the API key is wrong or revoked
│   └── MissingKey         the server requires one, which was not given or was removed
├── FlowNotFound           the flow doesn't exist, or belongs to another key
├── FlowChanged            somebody changed the flow since it was fetched
├── UpdateFailed           the server can't build a component of the flow from its own code
├── JobNotFound            the job doesn't exist, or belongs to another key
├── SessionNotFound        the server stores no messages for this session
├── InvalidRequest         a value was refused; `field` says which
│   └── FileRefused        a file was refused for its size or name
├── NotWaiting             the run isn't waiting for this decision: answered, stopped or expired
├── Unsupported            this release of Langflow lacks the feature
├── ServerFault            the server failed (a 5xx that is not about a run), or failed to check
│   │                      the API key
│   └── RateLimited        the server received too many requests (429) and did nothing
├── BadResponse            a malformed response: not JSON, cut off, wrong types
│   └── ResponseTooLarge   it exceeds the limit for its kind and was not read to its end
└── WaitTimeout            `wait` gave up; the run continues and is in `run`

A failed run is not an error: it is a `Run` with a status.
"""

from collections.abc import Mapping
from typing import Any

import httpx


class LangflowError(Exception):
    """A failed call. `str()` says what failed, `hint` what to do next.

    `response` is the server's response, None if there was none, and `code` Langflow's own error
    code. `retry_after` is how many seconds the server asks to wait before the next request, at most
    an hour; 0 if it doesn't ask.

    Messages, hints and responses contain no known secrets: the client redacts them before it
    raises. The response has no request, whose headers contain the API key.
    """

    default_hint = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        response: httpx.Response | None = None,
        code: str | None = None,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.response = response
        self.code = code
        self.retry_after = retry_after

    @property
    def status_code(self) -> int | None:
        """The response's HTTP status, None if there was no response."""
        return self.response.status_code if self.response else None

    @property
    def request_id(self) -> str | None:
        """The response's header X-Request-ID, which proxies and hosts set; None without one."""
        return self.response.headers.get("x-request-id") if self.response else None


class AddressRefused(LangflowError):
    """The address is invalid or forbidden; the message says why."""

    default_hint = "Enter the address that opens Langflow in a browser."


class AddressNotAllowed(AddressRefused):
    """The address is valid, but connections to it are forbidden."""


class Unreachable(LangflowError):
    """No complete response.

    `sent` is False only if no byte of the request was written, so that a retry is safe.
    `timed_out` means that the response took too long, or, if not `sent`, the connection.
    """

    default_hint = "Check that Langflow is running and that the address is right, then try again."

    def __init__(
        self, message: str, *, sent: bool = True, timed_out: bool = False, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent
        self.timed_out = timed_out


class NotLangflow(LangflowError):
    default_hint = "Check the address. Leave out a page's path, such as /flows."


class DeveloperApiDisabled(LangflowError):
    default_hint = (
        "Set LANGFLOW_DEVELOPER_API_ENABLED=true on the Langflow server and restart it, "
        "or upgrade to Langflow 1.11 or later, where the Workflow API is always on."
    )


class InvalidKey(LangflowError):
    default_hint = "Create an API key in Langflow under Settings, Langflow API Keys, and enter it."


class MissingKey(InvalidKey):
    """The server requires an API key, and the client or the browser has none."""


class FlowNotFound(LangflowError):
    default_hint = "Refresh the list of flows: it may have been deleted, or belong to another user."


class FlowChanged(LangflowError):
    default_hint = "Reload the flow, then try again."


class UpdateFailed(LangflowError):
    """The server can't build components of a flow from its own code.

    `failures` are the reasons by the components' labels.
    """

    default_hint = "Update the other components: import the copy that prepare_update returns."

    def __init__(self, message: str, *, failures: Mapping[str, str], **details: Any) -> None:
        super().__init__(message, **details)
        self.failures = failures


class JobNotFound(LangflowError):
    default_hint = "It may have been created on another server or with another API key."


class SessionNotFound(LangflowError):
    default_hint = "Refresh the list of sessions: it may have been renamed or deleted elsewhere."


class InvalidRequest(LangflowError):
    """A value that the client or the server refuses. `field` is `Component.parameter` or None."""

    default_hint = "Correct the value and run again."

    def __init__(self, message: str, *, field: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.field = field


class FileRefused(InvalidRequest):
    default_hint = "Choose another file."


class NotWaiting(LangflowError):
    default_hint = "Check the run: someone else may have decided already, or it was stopped."


class Unsupported(LangflowError):
    default_hint = "Upgrade Langflow: a later release may support it."


class ServerFault(LangflowError):
    default_hint = "Try again. If the error persists, check the Langflow server's log."


class RateLimited(ServerFault):
    """The server received too many requests and did nothing.

    A 503 gives no such certainty: a proxy may send it although its server received the request.
    """


class BadResponse(LangflowError):
    default_hint = (
        "Check that the address leads to Langflow and not to a proxy's page. "
        "If it does, check the Langflow server's log."
    )


class ResponseTooLarge(BadResponse):
    default_hint = (
        "Check that the address leads to Langflow. If it does, let the flow return less, for "
        "example a file instead of its content."
    )


# worth another attempt later; other errors are final
TRANSIENT_ERRORS = (InvalidKey, ServerFault, Unreachable)
