"""What can go wrong when talking to a Langflow server.

LangflowError
├── Unreachable            no answer: refused, unresolved, timed out, TLS, cut off
├── NotLangflow            something answered, but it is not a Langflow
├── DeveloperApiDisabled   Langflow before 1.11 with its Workflow API switched off
├── InvalidKey             the API key is missing, wrong or revoked
├── FlowNotFound           the flow is unknown to this server, or not this key's
├── JobNotFound            the job is unknown to this server, or not this key's
├── SessionNotFound        the server keeps no messages of that session
├── InvalidRequest         the values of this request were refused; `field` says which
│   └── FileRefused        a file was refused: too large, or its name
├── NotWaiting             the run does not wait for that decision: answered, stopped, or too late
├── Unsupported            this server's release has no such function
├── ServerFault            the server failed in answering (5xx that is not about a run, 429), or in
│                          looking at the API key
├── BadAnswer              an answer that breaks the API's promise: not JSON, cut off, wrong types
└── WaitTimeout            `wait` gave up; the run goes on, and is in `run`

A run that failed is no error: it is a `Run` whose status says so.
"""

from __future__ import annotations


class LangflowError(Exception):
    """Something that stops a call; `str()` says what, `hint` says what to do next.

    `status` is the HTTP status and `code` Langflow's own word for the fault, where there was an
    answer. No text in here holds a secret: the client redacts before it raises.
    """

    default_hint = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        code: str | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.status = status
        self.code = code
        self.body = body


class Unreachable(LangflowError):
    """No complete answer came.

    `sent` is False only if no byte of the request had been written, so that repeating is safe.
    `timed_out`: nothing broke, it only took too long.
    """

    default_hint = "Check that Langflow is running and that its address is right, then try again."

    def __init__(
        self, message: str, *, sent: bool = True, timed_out: bool = False, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent
        self.timed_out = timed_out


class NotLangflow(LangflowError):
    default_hint = "Check the address: it is the one that opens Langflow in a browser."


class DeveloperApiDisabled(LangflowError):
    default_hint = (
        "Set LANGFLOW_DEVELOPER_API_ENABLED=true on the Langflow server and restart it, "
        "or use Langflow 1.11 or later, which has the Workflow API always on."
    )


class InvalidKey(LangflowError):
    default_hint = "Create an API key in Langflow under Settings, Langflow API Keys, and enter it."


class FlowNotFound(LangflowError):
    default_hint = "Reload the list of flows; it may have been deleted or belong to somebody else."


class JobNotFound(LangflowError):
    default_hint = "It may have been made on another server or with another API key."


class SessionNotFound(LangflowError):
    default_hint = "Reload the list of sessions; it may have been renamed or deleted elsewhere."


class InvalidRequest(LangflowError):
    """Values that the client or the server refuses; `field` is `Component.parameter` or None."""

    default_hint = "Correct the value and run again."

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        status: int | None = None,
        code: str | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status, code=code, body=body)
        self.field = field


class FileRefused(InvalidRequest):
    default_hint = "Choose another file."


class NotWaiting(LangflowError):
    default_hint = "Look at the run again: somebody may have decided already, or it was stopped."


class Unsupported(LangflowError):
    default_hint = "A later release of Langflow may have it."


class ServerFault(LangflowError):
    default_hint = "Try again; if it stays, look at the Langflow server's log."


class BadAnswer(LangflowError):
    default_hint = (
        "Check that the address leads to Langflow itself and not to a proxy's page; "
        "if it does, look at the Langflow server's log."
    )
