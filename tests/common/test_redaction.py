"""Removal of secrets from text and JSON."""

import html
import json
from urllib.parse import quote

import pytest

from lfclient.common.redaction import (
    REDACTED,
    Redactor,
    collect_texts,
    find_named_secrets,
    is_secret_name,
    looks_like_secret,
    remove_keys,
    replace_secrets,
)
from tests.support.cpu_time import max_cpu_seconds

SECRET = 'pä"ss/w\\ord&<1>'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        quote(SECRET, safe=""),
        html.escape(SECRET),
    ],
)
def test_a_secret_is_redacted_in_every_escaped_form(written: str):
    assert Redactor([SECRET]).redact_text(f"a {written} b") == f"a {REDACTED} b"


def test_secrets_are_redacted_in_json_values_and_keys_at_any_depth():
    value = {"a": ["x sk-secret y", {"sk-secret": 1}], "b": 2}
    assert Redactor(["sk-secret"]).redact_value(value) == {
        "a": [f"x {REDACTED} y", {REDACTED: 1}],
        "b": 2,
    }


def test_secrets_of_fewer_than_six_characters_are_ignored():
    assert Redactor(["abcde"]).redact_text("abcde") == "abcde"


def test_a_secret_that_starts_with_another_is_redacted_whole():
    assert Redactor(["secret-1", "secret-12"]).redact_text("secret-12") == REDACTED


def test_text_without_a_secret_stays_the_same_object():
    redactor = Redactor(["sk-secret"])
    text = "innocent"
    assert not redactor.may_contain_secret(b"{}")
    assert redactor.may_contain_secret(b'{"a":"sk-secret"}')
    assert redactor.redact_text(text) is text


def test_an_escapable_secret_makes_every_response_redacted():
    """The secret may be escaped in an unforeseen way, so the parsed response is searched."""
    assert Redactor(["pä ss-word"]).may_contain_secret(b"{}")


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "OPENAI_API_KEY", "token", "db-password", "x-api-key", "API key", "api_keys"),
        *("apiKey", "openaiApiKey", "accessToken", "clientSecret", "dbPassword", "password2"),
        *("encryption_key", "Ocp-Apim-Subscription-Key", "passcode"),
    ],
)
def test_names_of_secrets_are_recognized(name: str):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["text_key", "max_tokens", "maxTokens", "keyword", "monkey", "tokens", "Broken"]
)
def test_names_that_only_resemble_a_secrets_name_are_not_secret(name: str):
    assert not is_secret_name(name)


def test_all_texts_in_a_value_are_collected():
    assert collect_texts({"a": ["one", 2], "b": "two"}) == {"one", "two"}


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET},
        {"auth": {"password": SECRET}},
        [{"deep": [{"api_key": [SECRET]}]}],
        [{"key": "Authorization", "value": SECRET}],
        {"headers": [{"name": "Cookie", "value": SECRET}]},
        [{"Header": "Authorization", "Value": SECRET}],
        [{"name": "Authorization", "val": SECRET}],
        [{"header": "Authorization", "content": SECRET}],
        [{"name": "api_key", "key": SECRET}],
        {"headers": {"Proxy-Authorization": SECRET}},
    ],
)
def test_replacing_and_finding_recognize_the_same_secrets(value):
    assert SECRET not in str(replace_secrets(value, lambda secret: REDACTED))
    assert find_named_secrets(value) == {SECRET}


def test_a_headers_credentials_are_redacted_without_their_scheme():
    """A service's error may contain the refused key."""
    redacted = Redactor(["Bearer sk-secret"]).redact_text("Wrong key: sk-secret")
    assert redacted == f"Wrong key: {REDACTED}"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:hunter22@db/x",
        "curl -H 'Authorization: Bearer abc12345678' https://x",
        "https://x/?a=1&api_key=abc12345678",
        '{"client_secret": "abc12345678"}',
        "use sk-abcdefgh1234",
        "-----BEGIN RSA PRIVATE KEY-----",
        f"https://aws:{'aB3_' * 160}@x.d.codeartifact.eu-central-1.amazonaws.com/pypi",
        f"https://oauth2accesstoken:ya29.{'c' * 200}@europe-python.pkg.dev/x",
        f"https://__token__:pypi-{'AgEIcHlwaS5vcmc' * 12}@upload.pypi.org/legacy/",
        f"https://{'aB3_' * 60}:x-oauth-basic@github.com/a/b",
        f"Authorization: Bearer {'a' * 300}1",
    ],
)
def test_credentials_within_a_text_are_recognized(text):
    assert looks_like_secret([{"a": text}])


@pytest.mark.parametrize(
    "text",
    [
        "What is a token: a word or less?",
        "https://example.org:8080/a@b?tokens=123456789",
        "basic questions about bearer bonds",
        "max_tokens=100000000",
        "mail me@example.org at 10:30",
        "risk-adjusted-returns",
    ],
)
def test_other_texts_are_not_credentials(text):
    """A warning that appears for every text would be ignored."""
    assert not looks_like_secret(text)


def test_a_secret_is_recognized_within_the_first_200000_characters():
    """A search of 18 MB would hold up all threads for 12 s."""
    key = "sk-abcdef1234567890"
    assert looks_like_secret(" " * (200_000 - len(key)) + key)
    with max_cpu_seconds(1):
        assert not looks_like_secret("sk-" * 6_000_000 + key)


def test_values_without_a_secrets_name_stay():
    option = {"name": "m", "metadata": {"param_mapping": {"api_key": "api_key"}}}
    value = [{"key": "Accept", "value": "text/html"}, {"user": "me", "password": ""}, option]
    assert replace_secrets(value, lambda secret: REDACTED) == value
    assert find_named_secrets(value) == set()


def test_a_description_of_a_secret_is_not_a_secret():
    """A field or tool named like a secret keeps its name and description."""
    value = [
        {"name": "password", "description": "of the user", "type": "string", "multiple": "False"},
        {"name": "get_token", "display_name": "Get token", "commands": "get_token", "tags": ["x"]},
    ]
    assert replace_secrets(value, lambda secret: REDACTED) == value


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("nothing of it", 0),
        ("ends with s", 1),
        ("ends with sk-sec", 6),
        ("sk-sk-sec", 6),
        ("the whole sk-secret", 0),
        ("s and then another word", 0),
    ],
)
def test_a_possible_start_of_a_secret_at_the_end_is_measured(text, length):
    """A stream holds this text back, so that a secret sent in pieces is never shown in part."""
    assert Redactor(["sk-secret"]).partial_match_length(text) == length
    assert Redactor().partial_match_length(text) == 0


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The key sk-proj-abc123def456 opens it", "The key  opens it"),
        ("postgresql://me:pass-word@host/db", "postgresql://host/db"),
        (f"https://{'aB3_' * 60}:x-oauth-basic@github.com/a", "https://github.com/a"),
        (f"https://me:{'aB3_' * 60}@pypi.org/a", "https://pypi.org/a"),
        ("token=0123456789abcdef0123", "token="),
        ("sk-" + "aB3_" * 10 + "x-9 of Langflow", " of Langflow"),
        ("hf_" + "aB3d" * 9, ""),
        ("pk-lf-0a1b2c3d-4e5f, sk_live_0a1b2c3d4e5f", ", "),
        ("gsk_" + "aB3d" * 6 + "_x!", "!"),
        (
            "SELECT pk_customer_id_2 FROM hf_embedding_v2_large",
            "SELECT pk_customer_id_2 FROM hf_embedding_v2_large",
        ),
        ("sk-learn-tutorial-2024-for-beginners", "sk-learn-tutorial-2024-for-beginners"),
        (
            "Basic 10-K filings, sk-learn, a token: none",
            "Basic 10-K filings, sk-learn, a token: none",
        ),
    ],
)
def test_keys_are_cut_out_of_text(text: str, left: str):
    assert remove_keys(text) == left


def test_secrets_that_were_added_can_be_left_out():
    redactor = Redactor(["own-secret"])
    redactor.add("other-secret")
    left = redactor.own
    assert left.redact_text("own-secret other-secret") == "•••• other-secret"
