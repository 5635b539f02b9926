"""Maps an unsuccessful response to one of the errors. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from lfclient.api.http import MAX_RETRY_AFTER, Response
from lfclient.common.coerce import as_dict, as_list
from lfclient.common.formatting import format_duration
from lfclient.errors import (
    BadResponse,
    DeveloperApiDisabled,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    MissingKey,
    NotLangflow,
    RateLimited,
    ServerFault,
    Unsupported,
)

_UNAVAILABLE = (408, 502, 503, 504)  # mostly of a proxy; Langflow's own 408 is a run's result
_FLOW_NOT_FOUND_PREFIXES = (
    "flow not found",
    "flow identifier ",
)  # the latter for an ended job of a deleted flow
# A 403 with this text can be wrong about the key: checking it also writes to the database, which a
# locked SQLite refuses. Before 1.11 it is also the response for a disabled user.
_KEY_NOT_CHECKED = "API key authentication failed"


@dataclass(frozen=True)
class _Failure:
    """An unsuccessful response and its request; see `error_from_response`."""

    response: Response
    subject: str
    overrides: Mapping[str, Any]
    is_workflow: bool

    def error(
        self,
        kind: type[LangflowError],
        message: str,
        hint: str | None = None,
        **options: Any,
    ) -> LangflowError:
        """Return an error with the redacted response, its code and its Retry-After."""
        response = self.response
        return kind(
            message,
            hint=hint,
            response=response.for_error(),
            code=response.code,
            retry_after=response.retry_after,
            **options,
        )

    @property
    def suffix(self) -> str:
        """The server's message, to append to a sentence."""
        message = self.response.message.rstrip(".")
        return f": {message}" if message else ""


def is_dialect_mismatch(response: Response) -> bool:
    """Return whether the server rejected a run because it expects the other dialect.

    It then forbids a field at the top level of the request, where all fields of a dialect are.
    """
    if response.status != 422:
        return False
    return any(
        isinstance(entry, dict)
        and entry.get("type") == "extra_forbidden"
        and len(as_list(entry.get("loc"))) == 2
        for entry in as_list(response.detail)
    )


def error_from_response(
    response: Response,
    *,
    subject: str = "",
    overrides: Mapping[str, Any] | None = None,
    is_workflow: bool = False,
) -> LangflowError:
    """Return the error for an unsuccessful response.

    `subject` is the flow or job that was requested. `is_workflow` marks a request to the Workflow
    API, which releases before 1.11 can disable.
    """
    failure = _Failure(response, subject, overrides or {}, is_workflow)
    status, code, suffix, error = response.status, response.code, failure.suffix, failure.error
    if 300 <= status < 400:
        return _redirect(failure)
    if status == 404 or code in ("FLOW_NOT_FOUND", "JOB_NOT_FOUND"):
        return _not_found(failure)
    if code == "DEVELOPER_API_DISABLED":
        return _api_disabled(failure)
    if status in (401, 403):
        return _unauthorized(failure)
    if status in (405, 501):
        return error(Unsupported, response.message or "This server lacks the feature.")
    if status == 429:
        return error(
            RateLimited,
            f"The server received too many requests{suffix}.",
            f"Wait {_pause_text(response.retry_after)}, then try again.",
        )
    if status == 413:
        return error(
            InvalidRequest,
            f"The request is larger than the server accepts{suffix}.",
            "Send less, or raise LANGFLOW_MAX_FILE_SIZE_UPLOAD on the server and the limit of "
            "any proxy in front of it.",
        )
    if status in _UNAVAILABLE:
        return error(
            ServerFault,
            f"The server is not available (HTTP {status}){suffix}.",
            "It may be starting, or its proxy can't reach it. Try again in a moment.",
        )
    if 400 <= status < 500 and response.body is not None:
        return _bad_request(failure)
    if status >= 500:
        return error(ServerFault, f"The server reported an internal error (HTTP {status}){suffix}.")
    if status < 300:
        return error(BadResponse, f"The server sent an unexpected response (HTTP {status}).")
    message = f"The response is not from Langflow (HTTP {status}, {response.content_type})."
    return error(NotLangflow, message)


def _pause_text(seconds: float) -> str:
    if seconds <= 60:
        return "a minute"
    text = format_duration(seconds)
    return f"at least {text}" if seconds >= MAX_RETRY_AFTER else text


def _redirect(failure: _Failure) -> LangflowError:
    try:
        location = httpx.URL(failure.response.headers.get("location", ""))
        target = str(location.copy_with(query=None, fragment=None, userinfo=b""))
    except httpx.InvalidURL:
        target = ""
    return failure.error(
        NotLangflow,
        f"The address redirects to {target or 'another one'}. The API key is not sent there.",
        "If that is your Langflow, enter its address.",
    )


def _not_found(failure: _Failure) -> LangflowError:
    code, body = failure.response.code, failure.response.body
    name = f" “{failure.subject}”" if failure.subject else ""
    if code == "JOB_NOT_FOUND":
        return failure.error(JobNotFound, f"The server has no job{name}.")
    if code == "FLOW_NOT_FOUND" or failure.response.message.lower().startswith(
        _FLOW_NOT_FOUND_PREFIXES
    ):
        return failure.error(FlowNotFound, f"The server has no flow{name}.")
    if code == "DEVELOPER_API_DISABLED" or (failure.is_workflow and body is not None):
        # the documentation says that a disabled API responds with 404 and mentions no flow
        return _api_disabled(failure)
    if body is None:
        return failure.error(NotLangflow, "There is no Langflow at this address (HTTP 404).")
    return failure.error(Unsupported, f"The server has no such resource{failure.suffix}.")


def _api_disabled(failure: _Failure) -> LangflowError:
    return failure.error(DeveloperApiDisabled, "The Workflow API is disabled on this server.")


def _unauthorized(failure: _Failure) -> LangflowError:
    response = failure.response
    if response.body is None:
        return failure.error(
            NotLangflow,
            f"The request was refused before it reached Langflow (HTTP {response.status}).",
            "There may be a proxy or a login page in front. Ask the server's administrator.",
        )
    if response.message == _KEY_NOT_CHECKED:
        return failure.error(
            ServerFault,
            "The server could not check the API key: its database may be locked, or the key's user "
            "disabled.",
            "Try again in a minute. If that fails, restart the Langflow server.",
        )
    if not response.has_key:
        return failure.error(MissingKey, "The server requires an API key.")
    return failure.error(InvalidKey, f"The server rejected the API key{failure.suffix}.")


def _bad_request(failure: _Failure) -> LangflowError:
    message = failure.response.message
    if ("flow_id" in message and "UUID" in message) or _is_invalid_flow_id(failure.response):
        return failure.error(FlowNotFound, f"The server has no flow “{failure.subject}”.")
    if "job_id" in message and "UUID" in message:
        return failure.error(JobNotFound, f"“{failure.subject}” is not a job id.")
    field = _rejected_override(failure)
    prefix = f"{field}: " if field else ""
    text = f"{prefix}{message or 'The server rejected the request.'}"
    return failure.error(InvalidRequest, text, field=field)


def _rejected_override(failure: _Failure) -> str | None:
    """Return the key of the override that the server complains about."""
    fields = as_dict(failure.response.detail).get("fields")
    names = [name for name in fields or () if isinstance(name, str)]
    key = next((key for key in failure.overrides for name in names if key.endswith(f".{name}")), "")
    if key:
        return key
    words = failure.response.message.split()
    return next((key for key in failure.overrides if key.rpartition(".")[2] in words), None)


def _is_invalid_flow_id(response: Response) -> bool:
    return any(
        isinstance(entry, dict)
        and entry.get("type") == "uuid_parsing"
        and "flow_id" in (entry.get("loc") or ())
        for entry in as_list(response.detail)
    )
