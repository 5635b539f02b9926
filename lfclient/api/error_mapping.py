"""Maps an unsuccessful response to one of the errors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import httpx

from lfclient.api.http import Response
from lfclient.common.json_types import Json, JsonObject
from lfclient.errors import (
    BadAnswer,
    DeveloperApiDisabled,
    FlowNotFound,
    InvalidKey,
    InvalidRequest,
    JobNotFound,
    LangflowError,
    NotLangflow,
    ServerFault,
    Unsupported,
)

# fields that only one of the two dialects has
_DIALECT_FIELDS = frozenset(
    {
        "mode",
        "tweaks",
        "input_value",
        "session_id",
        "idempotency_key",
        "background",
        "stream",
        "inputs",
    }
)
_UNAVAILABLE = (502, 503, 504)
# A 403 with this text can be wrong about the key: checking it also writes to the database, which a
# locked SQLite refuses. Before 1.11 it is also the response for a disabled user.
_KEY_NOT_CHECKED = "API key authentication failed"
_API_DISABLED = "The Workflow API is disabled on this server."


class _ErrorDetails(TypedDict):
    """Arguments that all errors of a response share."""

    status: int
    code: str | None
    body: Json


@dataclass(frozen=True)
class _Failure:
    """An unsuccessful response and its request; see `error_from_response`."""

    response: Response
    body: Json
    subject: str
    overrides: Mapping[str, Any]
    is_workflow: bool

    @property
    def code(self) -> str | None:
        return code_of(self.body)

    @property
    def message(self) -> str:
        return message_of(self.body)

    @property
    def details(self) -> _ErrorDetails:
        return {"status": self.response.status, "code": self.code, "body": self.body}

    @property
    def suffix(self) -> str:
        """The server's message, to append to a sentence."""
        return f": {self.message.rstrip('.')}" if self.message else ""


def detail_of(body: Json) -> Json:
    """Return Langflow's `detail`: text, an object with `code` and `message`, or pydantic's list."""
    return body.get("detail") if isinstance(body, dict) else None


def code_of(body: Json) -> str | None:
    """Return Langflow's error code."""
    detail = detail_of(body)
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) else None


def message_of(body: Json) -> str:
    """Return the server's message, which may have several lines; "" if there is none."""
    detail = detail_of(body)
    if isinstance(detail, str):
        return detail
    if isinstance(detail, dict):
        texts = (detail.get("message"), detail.get("error"))
        return next((text for text in texts if isinstance(text, str) and text), "")
    if isinstance(detail, list):
        return "; ".join(_format_entry(entry) for entry in detail[:5] if isinstance(entry, dict))
    return ""


def is_dialect_mismatch(response: Response, body: Json) -> bool:
    """Return whether the server rejected a run because it expects the other dialect."""
    detail = detail_of(body)
    if response.status != 422 or not isinstance(detail, list):
        return False
    return any(
        isinstance(entry, dict)
        and entry.get("type") == "extra_forbidden"
        and isinstance(entry.get("loc"), list)
        and len(entry["loc"]) == 2
        and entry["loc"][1] in _DIALECT_FIELDS
        for entry in detail
    )


def error_from_response(
    response: Response,
    body: Json,
    *,
    subject: str = "",
    overrides: Mapping[str, Any] | None = None,
    is_workflow: bool = False,
) -> LangflowError:
    """Return the error for an unsuccessful response.

    `body` is its redacted JSON or None, `subject` the flow or job that was requested.
    `is_workflow` marks a request to the Workflow API, which can be disabled before 1.11.
    """
    failure = _Failure(response, body, subject, overrides or {}, is_workflow)
    details, suffix = failure.details, failure.suffix
    status, code = response.status, failure.code
    if 300 <= status < 400:
        return _redirect(failure)
    if status == 404 or code in ("FLOW_NOT_FOUND", "JOB_NOT_FOUND"):
        return _not_found(failure)
    if code == "DEVELOPER_API_DISABLED":
        return DeveloperApiDisabled(_API_DISABLED, **details)
    if status in (401, 403):
        return _unauthorized(failure)
    if status in (405, 501):
        return Unsupported(failure.message or "This server lacks the feature.", **details)
    if status == 429:
        return ServerFault(
            f"The server accepts no more requests for now: {failure.message or 'too many'}.",
            hint="Wait a minute, then try again.",
            **details,
        )
    if status == 413:
        return InvalidRequest(
            f"The request is larger than the server accepts{suffix}.",
            hint="Send less, or raise LANGFLOW_MAX_FILE_SIZE_UPLOAD on the server and the limit of "
            "any proxy in front of it.",
            **details,
        )
    if 400 <= status < 500 and body is not None:
        return _bad_request(failure)
    if status in _UNAVAILABLE:
        return ServerFault(
            f"The server is not available (HTTP {status}){suffix}.",
            hint="It may be starting, or its proxy can't reach it. Try again in a moment.",
            **details,
        )
    if status >= 500:
        return ServerFault(f"The server failed (HTTP {status}){suffix}.", **details)
    if status < 300:
        return BadAnswer(f"The server sent an unexpected response (HTTP {status}).", **details)
    content_type = response.content_type or "no type"
    return NotLangflow(
        f"The response is not Langflow's (HTTP {status}, {content_type}).", **details
    )


def _format_entry(entry: JsonObject) -> str:
    """Return an entry of pydantic's list as `place: message`."""
    loc = entry.get("loc")
    place = ".".join(str(part) for part in loc[1:]) if isinstance(loc, list) else ""
    message = str(entry.get("msg", "")).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _redirect(failure: _Failure) -> LangflowError:
    try:
        location = httpx.URL(failure.response.location)
        target = str(location.copy_with(query=None, fragment=None, userinfo=b""))
    except httpx.InvalidURL:
        target = ""
    return NotLangflow(
        f"The address redirects to {target or 'another one'}. The API key is not sent there.",
        hint="If that is your Langflow, enter its address.",
        **failure.details,
    )


def _not_found(failure: _Failure) -> LangflowError:
    code, details = failure.code, failure.details
    name = f" “{failure.subject}”" if failure.subject else ""
    if code == "JOB_NOT_FOUND":
        return JobNotFound(f"The server has no job{name}.", **details)
    if code == "FLOW_NOT_FOUND" or failure.message.lower().startswith("flow not found"):
        return FlowNotFound(f"The server has no flow{name}.", **details)
    if code == "DEVELOPER_API_DISABLED" or (failure.is_workflow and failure.body is not None):
        # by the documentation, a disabled API responds 404 without mentioning a flow
        return DeveloperApiDisabled(_API_DISABLED, **details)
    if failure.body is None:
        return NotLangflow("There is no Langflow at this address (HTTP 404).", **details)
    return Unsupported(f"The server has no such resource{failure.suffix}.", **details)


def _unauthorized(failure: _Failure) -> LangflowError:
    if failure.body is None:
        return NotLangflow(
            f"The request was refused before it reached Langflow (HTTP {failure.response.status}).",
            hint="There may be a proxy or a login page in front. Ask the server's administrator.",
            **failure.details,
        )
    if failure.message == _KEY_NOT_CHECKED:
        return ServerFault(
            "The server could not check the API key: its database may be locked, or the key's user "
            "disabled.",
            hint="Try again in a minute. If that fails, restart the Langflow server.",
            **failure.details,
        )
    return InvalidKey(f"The server rejected the API key{failure.suffix}.", **failure.details)


def _bad_request(failure: _Failure) -> LangflowError:
    detail, message, details = detail_of(failure.body), failure.message, failure.details
    if ("flow_id" in message and "UUID" in message) or _is_invalid_uuid(detail, "flow_id"):
        return FlowNotFound(f"The server has no flow “{failure.subject}”.", **details)
    if "job_id" in message and "UUID" in message:
        return JobNotFound(f"“{failure.subject}” is not a job id.", **details)
    field = _rejected_override(failure, detail)
    prefix = f"{field}: " if field else ""
    return InvalidRequest(
        f"{prefix}{message or 'The server rejected the request.'}", field=field, **details
    )


def _rejected_override(failure: _Failure, detail: Json) -> str | None:
    """Return the key of the override that the server complains about."""
    fields = detail.get("fields") if isinstance(detail, dict) else None
    names = [name for name in fields or () if isinstance(name, str)]
    key = next((key for key in failure.overrides for name in names if key.endswith(f".{name}")), "")
    if key:
        return key
    words = failure.message.split()
    return next((key for key in failure.overrides if key.rpartition(".")[2] in words), None)


def _is_invalid_uuid(detail: Json, parameter: str) -> bool:
    return isinstance(detail, list) and any(
        isinstance(entry, dict)
        and entry.get("type") == "uuid_parsing"
        and parameter in (entry.get("loc") or ())
        for entry in detail
    )
