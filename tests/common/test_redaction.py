"""Secrets out of text and JSON."""

import html
import json
import time
from urllib.parse import quote

import pytest

from lfclient.common.redaction import (
    REDACTED,
    Redactor,
    collect_texts,
    find_named_secrets,
    is_secret_name,
    looks_like_secret,
    replace_secrets,
)

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
def test_every_way_of_writing(written: str):
    """A secret is found plain, JSON-escaped once and twice, URL-escaped and HTML-escaped."""
    assert Redactor([SECRET]).redact_text(f"a {written} b") == f"a {REDACTED} b"


def test_json_values_and_names():
    """Objects lose secrets in values and in names, however deep."""
    value = {"a": ["x sk-secret y", {"sk-secret": 1}], "b": 2}
    assert Redactor(["sk-secret"]).redact_value(value) == {
        "a": [f"x {REDACTED} y", {REDACTED: 1}],
        "b": 2,
    }


def test_short_secrets_stay():
    """Secrets below six characters are not looked for."""
    assert Redactor(["abcde"]).redact_text("abcde") == "abcde"


def test_longer_secret_first():
    """Where one secret begins another, the longer is hidden whole."""
    assert Redactor(["secret-1", "secret-12"]).redact_text("secret-12") == REDACTED


def test_answers_without_a_secret_are_not_touched():
    """An answer that holds no secret needs no second look, and keeps its objects."""
    redactor = Redactor(["sk-secret"])
    text = "innocent"
    assert not redactor.may_contain_secret(b"{}")
    assert redactor.may_contain_secret(b'{"a":"sk-secret"}')
    assert redactor.redact_text(text) is text


def test_escapable_secrets_are_always_looked_for():
    """A secret that may be escaped in unforeseen ways is looked for in the parsed answer."""
    assert Redactor(["pä ss-word"]).may_contain_secret(b"{}")


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "OPENAI_API_KEY", "token", "db-password", "x-api-key", "API key", "api_keys"),
        *("apiKey", "openaiApiKey", "accessToken", "clientSecret", "dbPassword", "password2"),
        *("encryption_key", "Ocp-Apim-Subscription-Key", "passcode"),
    ],
)
def test_names_of_secrets(name: str):
    """Parameters named like secrets are told."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["text_key", "max_tokens", "maxTokens", "keyword", "monkey", "tokens", "Broken"]
)
def test_names_of_others(name: str):
    """Parameters that only sound like it are not."""
    assert not is_secret_name(name)


def test_secrets_in_a_value():
    """All texts of a secret value are secret."""
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
def test_what_is_masked_is_learnt(value):
    """Masking and learning find the same secrets, however deep."""
    assert SECRET not in str(replace_secrets(value, lambda secret: REDACTED))
    assert find_named_secrets(value) == {SECRET}


def test_the_key_of_a_header_is_a_secret_without_its_scheme():
    """A service may say which key it refused."""
    assert (
        Redactor(["Bearer sk-secret"]).redact_text("Wrong key: sk-secret")
        == f"Wrong key: {REDACTED}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:hunter22@db/x",
        "curl -H 'Authorization: Bearer abc12345678' https://x",
        "https://x/?a=1&api_key=abc12345678",
        '{"client_secret": "abc12345678"}',
        "use sk-abcdefgh1234",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_credentials_within_a_text_are_noticed(text):
    """However deep it stands."""
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
def test_other_texts_are_not_taken_for_credentials(text):
    """A warning at every text would be read by nobody."""
    assert not looks_like_secret(text)


def test_looking_for_credentials_takes_little_time():
    """Also in a long text of one word."""
    began = time.process_time()
    assert not looks_like_secret("a" * 1_000_000)
    assert time.process_time() - began < 1


def test_open_values_are_not_learnt():
    """What no name calls a secret stays."""
    value = [{"key": "Accept", "value": "text/html"}, {"user": "me", "password": ""}]
    assert replace_secrets(value, lambda secret: REDACTED) == value
    assert find_named_secrets(value) == set()


def test_what_describes_a_secret_is_none():
    """A field or a tool that is named like one keeps its words, and its own name."""
    value = [
        {"name": "password", "description": "of the user", "type": "string", "multiple": "False"},
        {"name": "get_token", "display_name": "Get token", "commands": "get_token", "tags": ["x"]},
    ]
    assert replace_secrets(value, lambda secret: REDACTED) == value


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("nothing of it", 0),
        ("ends with s", 1),
        ("ends with sk-sec", 6),
        ("sk-sk-sec", 6),
        ("the whole sk-secret", 0),
        ("s and then another word", 0),
    ],
)
def test_what_may_be_the_beginning_of_a_secret_is_held_back(text, held):
    """So that a secret which comes in pieces is never told in part."""
    assert Redactor(["sk-secret"]).partial_match_length(text) == held
    assert Redactor().partial_match_length(text) == 0
