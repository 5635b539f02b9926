"""What an HTTP status and body mean, as one of the errors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from lfclient.api.http import Response
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

_OTHER_DIALECT = frozenset({"mode", "tweaks", "input_value", "session_id", "idempotency_key"})
_OTHER_DIALECT |= {"background", "stream", "inputs"}
_UNAVAILABLE = (502, 503, 504)
# said with a 403 where the key may be right: to look at it is also to write, which a locked SQLite
# does not let; before 1.11 it is said of a user who was switched off, too
_KEY_NOT_CHECKED = "API key authentication failed"


def detail_of(body: Any) -> Any:
    """Langflow's `detail`: text, an object with `code` and `message`, or pydantic's list."""
    return body.get("detail") if isinstance(body, dict) else None


def code_of(body: Any) -> str | None:
    """Langflow's own word for a fault."""
    detail = detail_of(body)
    code = detail.get("code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) else None


def is_dialect_mismatch(answer: Response, body: Any) -> bool:
    """Whether a server refuses a run for being written in the other releases' dialect."""
    detail = detail_of(body)
    if answer.status != 422 or not isinstance(detail, list):
        return False
    return any(
        isinstance(entry, dict)
        and entry.get("type") == "extra_forbidden"
        and isinstance(entry.get("loc"), list)
        and len(entry["loc"]) == 2
        and entry["loc"][1] in _OTHER_DIALECT
        for entry in detail
    )


def error_from_response(
    answer: Response,
    body: Any,
    *,
    subject: str = "",
    overrides: Mapping[str, Any] | None = None,
    workflow: bool = False,
) -> LangflowError:
    """The error for an answer that is no success.

    `body` is its redacted JSON or None; `subject` the flow or job that was asked for; `workflow`
    says that the Workflow API was asked, which older releases have switched off.
    """
    facts: dict[str, Any] = {"status": answer.status, "code": code_of(body), "body": body}
    words = message_of(body)
    status = answer.status
    if 300 <= status < 400:
        return _redirect(answer, facts)
    if status == 404 or facts["code"] in ("FLOW_NOT_FOUND", "JOB_NOT_FOUND"):
        return _not_found(body, words, subject, workflow, facts)
    if facts["code"] == "DEVELOPER_API_DISABLED":
        return DeveloperApiDisabled("The Workflow API is switched off on this server.", **facts)
    if status in (401, 403):
        return _refused(body, words, facts)
    if status in (405, 501):
        return Unsupported(words or "This server has no such function.", **facts)
    if status == 429:
        return ServerFault(
            f"The server takes no more requests for now: {words or 'too many came'}.",
            hint="Wait a minute, then try again.",
            **facts,
        )
    if status == 413:
        return InvalidRequest(
            f"What was sent is larger than the server takes{_after(words)}.",
            hint="Send less, or have LANGFLOW_MAX_FILE_SIZE_UPLOAD raised on the server, and the "
            "limit of a proxy before it.",
            **facts,
        )
    if 400 <= status < 500 and body is not None:
        return _invalid(body, words, subject, overrides or {}, facts)
    if status in _UNAVAILABLE:
        return ServerFault(
            f"The server is not available (HTTP {status}){_after(words)}.",
            hint="It may be starting, or its proxy can't reach it: try again in a moment.",
            **facts,
        )
    if status >= 500:
        return ServerFault(f"The server failed (HTTP {status}){_after(words)}.", **facts)
    if status < 300:
        return BadAnswer(f"The server gave an answer of another kind (HTTP {status}).", **facts)
    return NotLangflow(
        f"The answer (HTTP {status}, {answer.content_type or 'no type'}) is not one of Langflow's.",
        **facts,
    )


def message_of(body: Any) -> str:
    """What the server says, in one line or a few."""
    detail = detail_of(body)
    if isinstance(detail, str):
        return detail
    if isinstance(detail, dict):
        texts = (detail.get("message"), detail.get("error"))
        return next((text for text in texts if isinstance(text, str) and text), "")
    if isinstance(detail, list):
        return "; ".join(_line(entry) for entry in detail[:5] if isinstance(entry, dict))
    return ""


def _line(entry: dict[str, Any]) -> str:
    loc = entry.get("loc")
    place = ".".join(str(part) for part in loc[1:]) if isinstance(loc, list) else ""
    message = str(entry.get("msg", "")).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _after(words: str) -> str:
    return f": {words.rstrip('.')}" if words else ""


def _redirect(answer: Response, facts: dict[str, Any]) -> LangflowError:
    try:
        target = httpx.URL(answer.location).copy_with(query=None, fragment=None, userinfo=b"")
    except httpx.InvalidURL:
        target = httpx.URL("")
    return NotLangflow(
        f"The address redirects to {target}, and the API key is not sent after a redirect."
        if str(target)
        else "The address redirects elsewhere, and the API key is not sent after a redirect.",
        hint="Enter the address that it redirects to, if it is your Langflow.",
        **facts,
    )


def _not_found(
    body: Any, words: str, subject: str, workflow: bool, facts: dict[str, Any]
) -> LangflowError:
    code = facts["code"]
    about = f" “{subject}”" if subject else ""
    if code == "JOB_NOT_FOUND":
        return JobNotFound(f"The server knows no job{about}.", **facts)
    if code == "FLOW_NOT_FOUND" or words.lower().startswith("flow not found"):
        return FlowNotFound(f"The server knows no flow{about}.", **facts)
    if code == "DEVELOPER_API_DISABLED" or (workflow and body is not None):
        # the documentation's answer for a switched-off API is 404, with no word of a flow
        return DeveloperApiDisabled("The Workflow API is switched off on this server.", **facts)
    if body is None:
        return NotLangflow("There is no Langflow at this address (HTTP 404).", **facts)
    return Unsupported(f"The server does not have what was asked for{_after(words)}.", **facts)


def _refused(body: Any, words: str, facts: dict[str, Any]) -> LangflowError:
    if body is None:
        return NotLangflow(
            f"Something before Langflow refused the request (HTTP {facts['status']}).",
            hint="A proxy or a login page may stand before it; ask who runs the server.",
            **facts,
        )
    if words == _KEY_NOT_CHECKED:
        return ServerFault(
            "The server could not check the API key: its database may be locked, or the key's user "
            "switched off.",
            hint="Try again in a minute; if it stays so, have the Langflow server restarted.",
            **facts,
        )
    return InvalidKey(f"The server refuses the API key{_after(words)}.", **facts)


def _invalid(
    body: Any, words: str, subject: str, overrides: Mapping[str, Any], facts: dict[str, Any]
) -> LangflowError:
    detail = detail_of(body)
    if ("flow_id" in words and "UUID" in words) or _is_bad_id(detail, "flow_id"):
        return FlowNotFound(f"The server knows no flow “{subject}”.", **facts)
    if "job_id" in words and "UUID" in words:
        return JobNotFound(f"“{subject}” is not the id of a job.", **facts)
    fields = detail.get("fields") if isinstance(detail, dict) else None
    named = [name for name in fields or () if isinstance(name, str)]
    field = next((key for key in overrides for name in named if key.endswith(f".{name}")), None)
    if not field:
        field = next((key for key in overrides if key.rpartition(".")[2] in words.split()), None)
    place = f"{field}: " if field else ""
    return InvalidRequest(
        f"{place}{words or 'The server refuses the request.'}", field=field, **facts
    )


def _is_bad_id(detail: Any, name: str) -> bool:
    return isinstance(detail, list) and any(
        isinstance(entry, dict)
        and entry.get("type") == "uuid_parsing"
        and name in (entry.get("loc") or ())
        for entry in detail
    )
