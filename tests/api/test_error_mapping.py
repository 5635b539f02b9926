"""The errors for unsuccessful responses, on recorded ones."""

from __future__ import annotations

import json

import httpx
import pytest

from lfclient import LangflowClient, errors
from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.common.redaction import Redactor
from lfclient.errors import LangflowError
from tests.support.clients import mock_client
from tests.support.recorded import recorded


def error_for(status: int, body: object, **context: object) -> LangflowError:
    content = b"<html>" if body is None else json.dumps(body).encode()
    return error_from_response(Response(status, content, Redactor()), **context)


@pytest.mark.parametrize(
    ("version", "case", "kind", "words"),
    [
        ("1.8.4", "auth_off_badkey", errors.InvalidKey, "API key"),
        ("1.8.4", "auth_off_none", errors.InvalidKey, "API key"),
        ("1.13.0", "auth_off_badkey", errors.InvalidKey, "API key"),
        ("1.8.4", "devapi_false_post", errors.DeveloperApiDisabled, "disabled"),
        ("1.10.3", "devapi_false_post", errors.DeveloperApiDisabled, "disabled"),
        ("1.13.0", "sync_unknown_flow", errors.FlowNotFound, "the-id"),
        ("1.13.0", "flow_get_unknown", errors.FlowNotFound, "the-id"),
        ("1.13.0", "flow_get_bad_id", errors.FlowNotFound, "the-id"),
        ("1.13.0", "sync_endpoint_name", errors.FlowNotFound, "the-id"),
        ("1.13.0", "status_unknown", errors.JobNotFound, "the-id"),
        ("1.13.0", "status_bad_id", errors.JobNotFound, "the-id"),
        ("1.8.4", "stop_bad_id", errors.JobNotFound, "the-id"),
        ("1.13.0", "sync_param_graph_error", errors.InvalidRequest, "table field p_table"),
        ("1.10.3", "bg_submit_table_bad", errors.InvalidRequest, "table field p_table"),
        ("1.13.0", "custom_components_off_sync", errors.InvalidRequest, "custom components"),
        ("1.13.0", "upload_too_large", errors.InvalidRequest, "1MB"),
        ("1.8.4", "bg_submit_int_list", errors.ServerFault, "int() argument"),
        ("1.8.4", "stream_mode_classic", errors.Unsupported, "not yet implemented"),
    ],
)
def test_a_recorded_refusal_raises_its_error_with_a_hint(
    version: str, case: str, kind: type[LangflowError], words: str
):
    status, body = recorded(version, case)
    error = error_for(status, body, subject="the-id", is_workflow=True)
    assert type(error) is kind
    assert words in str(error)
    assert error.hint
    assert (error.status_code, error.response.json()) == (status, body)


@pytest.mark.parametrize(("key", "kind"), [(None, errors.MissingKey), ("k", errors.InvalidKey)])
@pytest.mark.parametrize("detail", ["No authentication credentials provided", "Unauthorized"])
def test_a_refusal_without_a_key_differs_from_that_of_a_key(
    key: str | None, kind: type[LangflowError], detail: str
):
    answers = mock_client("sync", lambda _: httpx.Response(403, json={"detail": detail}))
    client = LangflowClient("http://langflow.test", key, http_client=answers)
    with client, pytest.raises(LangflowError) as caught:
        client.flows()
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("JOB_NOT_FOUND", errors.JobNotFound),
        ("FLOW_NOT_FOUND", errors.FlowNotFound),
        ("DEVELOPER_API_DISABLED", errors.DeveloperApiDisabled),
    ],
)
def test_a_server_with_its_editor_sends_the_code_of_a_404_in_the_body_itself(code, kind):
    body = {"error": "x", "code": code, "message": "x"}
    assert type(error_for(404, body, is_workflow=True)) is kind


def test_the_status_of_a_job_whose_flow_was_deleted_names_the_flow():
    """All releases respond so once such a job has ended."""
    error = error_for(404, {"detail": "Flow identifier a-b-c not found"}, is_workflow=True)
    assert isinstance(error, errors.FlowNotFound)


def test_a_protected_parameter_is_named_with_its_component():
    status, body = recorded("1.13.0", "sync_code_tweak")
    error = error_for(status, body, overrides={"TypeProbe-aaaaa.p_code": "y=2"})
    assert isinstance(error, errors.InvalidRequest)
    assert error.field == "TypeProbe-aaaaa.p_code"
    assert "protected" in str(error)


def test_a_parameter_in_the_servers_message_is_the_field():
    status, body = recorded("1.13.0", "sync_param_graph_error")
    error = error_for(status, body, overrides={"A-1.other": 1, "TypeProbe-aaaaa.p_table": "x"})
    assert error.field == "TypeProbe-aaaaa.p_table"


def test_a_key_that_could_not_be_checked_is_a_server_fault():
    """Langflow sends this when its database is locked."""
    error = error_for(403, {"detail": "API key authentication failed"})
    assert "could not check the API key" in str(error)
    assert "disabled" in str(error)  # as it also says before 1.11
    assert "restart" in error.hint


def test_the_404_of_a_disabled_api_differs_from_a_missing_flow():
    error = error_for(404, {"detail": "Not Found"}, is_workflow=True)
    assert isinstance(error, errors.DeveloperApiDisabled)
    assert "LANGFLOW_DEVELOPER_API_ENABLED=true" in error.hint


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, None, errors.NotLangflow),
        (403, None, errors.NotLangflow),
        (418, None, errors.NotLangflow),
        (401, {"detail": "Invalid token"}, errors.InvalidKey),
        (403, {"detail": "API key authentication failed"}, errors.ServerFault),
        (429, {"detail": "5 per 1 minute"}, errors.RateLimited),
        (502, None, errors.ServerFault),
        (500, {"detail": 5}, errors.ServerFault),
        (405, {"detail": "Method Not Allowed"}, errors.Unsupported),
        (404, {"detail": "Not Found"}, errors.Unsupported),
        (422, {"detail": [{"loc": ["body", "x"], "msg": "Bad"}, "odd"]}, errors.InvalidRequest),
        (422, {"detail": [{"loc": None}]}, errors.InvalidRequest),
        (400, [1], errors.InvalidRequest),
        (204, None, errors.BadResponse),
    ],
)
def test_unusual_responses_have_an_error_too(status: int, body: object, kind: type[LangflowError]):
    error = error_for(status, body)
    assert type(error) is kind
    assert str(error)
    assert error.hint


def test_a_redirect_is_reported_without_secrets_in_its_target():
    headers = httpx.Headers({"location": "https://user:pass@new.example/x?key=1"})
    error = error_from_response(Response(307, b"", Redactor(), headers))
    assert isinstance(error, errors.NotLangflow)
    assert "https://new.example/x" in str(error)
    assert "pass" not in str(error)
    assert "key=1" not in str(error)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ({}, "Wait a minute, then try again."),
        ({"retry-after": "5"}, "Wait a minute, then try again."),
        ({"retry-after": "600"}, "Wait 10 min 00 s, then try again."),
        ({"retry-after": "86400"}, "Wait at least 1 h 00 min, then try again."),
    ],
)
def test_the_hint_for_too_many_requests_is_how_long_the_server_asks_to_wait(header, hint):
    error = error_from_response(Response(429, b"{}", Redactor(), httpx.Headers(header)))
    assert error.hint == hint


@pytest.mark.parametrize(
    "content", [b'{"detail": "bad sk-secret-key"}', b"<p>bad sk-secret-key</p>"]
)
def test_an_error_has_the_response_and_its_request_id_without_secrets(content: bytes):
    headers = {
        "x-request-id": "r-1",
        "x-echo": "sk-secret-key",
        "set-cookie": "session=abc",
        "location": "http://elsewhere.test/?token=abc",
        "content-encoding": "gzip",
    }
    redactor = Redactor(("sk-secret-key",))
    error = error_from_response(Response(500, content, redactor, httpx.Headers(headers)))
    assert (error.status_code, error.request_id) == (500, "r-1")
    assert "bad" in error.response.text
    shown = error.response.text + str(error.response.headers)
    assert not any(secret in shown for secret in ("sk-secret-key", "abc", "gzip"))
    with pytest.raises(RuntimeError, match="request"):  # its headers have the API key
        _ = error.response.request
