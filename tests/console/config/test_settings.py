"""Settings come from the environment, `.env` and secrets.toml, each API key with its URL."""

import errno
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from lfclient.console.config.connection import DiscoveredServer, discover
from lfclient.console.config.settings import Settings, SettingsError
from tests.support.clients import mock_client


def load(tmp_path, environ=None, bind="", env_file="", secrets=""):
    if env_file:
        (tmp_path / ".env").write_text(env_file)
    if secrets:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(secrets)
    return Settings.load(tmp_path, environ or {}, bind)


def describe(settings):
    return [
        (
            server.name,
            server.url,
            server.api_key.get_secret_value() if server.api_key else None,
            server.source,
        )
        for server in settings.servers
    ]


def test_without_settings_no_server_is_configured_and_the_default_address_is_probed(tmp_path):
    settings = load(tmp_path)
    assert settings.servers == ()
    assert settings.discover_url == "http://127.0.0.1:7860"


def test_the_environment_comes_before_the_env_file_and_secrets_come_after(tmp_path):
    settings = load(
        tmp_path,
        {"LANGFLOW_SERVER_URL": "http://one:7860/", "LANGFLOW_API_KEY": "sk-one"},
        env_file="LANGFLOW_SERVER_URL=http://two\nLANGFLOW_API_KEY=sk-two\n",
        secrets='[servers.test]\nurl = "http://three"\napi_key = "sk-three"\n'
        '[servers.open]\nurl = "https://four/langflow/"\n',
    )
    assert describe(settings) == [
        ("one:7860", "http://one:7860", "sk-one", "environment"),
        ("test", "http://three", "sk-three", "secrets"),
        ("open", "https://four/langflow", None, "secrets"),
    ]


def test_the_editor_url_belongs_to_its_server(tmp_path):
    settings = load(
        tmp_path,
        {"LANGFLOW_SERVER_URL": "http://one", "LANGFLOW_EDITOR_URL": "https://editor.one/"},
        secrets='[servers.two]\nurl = "http://two"\neditor_url = "https://editor.two"\n'
        '[servers.three]\nurl = "http://three"\n',
    )
    editors = [server.editor_url for server in settings.servers]
    assert editors == ["https://editor.one", "https://editor.two", None]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc", "ftp://one"])
def test_an_editor_url_that_is_not_http_is_refused(tmp_path, url):
    with pytest.raises(SettingsError, match="LANGFLOW_EDITOR_URL"):
        load(tmp_path, {"LANGFLOW_SERVER_URL": "http://one", "LANGFLOW_EDITOR_URL": url})


def test_the_env_file_is_not_copied_into_the_environment(tmp_path, monkeypatch):
    """Child processes must not inherit the key."""
    import os

    monkeypatch.delenv("LANGFLOW_API_KEY", raising=False)
    settings = load(
        tmp_path, env_file='LANGFLOW_SERVER_URL="http://two"\nLANGFLOW_API_KEY=sk-$two\n'
    )
    assert describe(settings) == [("two", "http://two", "sk-$two", "env file")]
    assert "LANGFLOW_API_KEY" not in os.environ


@pytest.mark.parametrize(
    ("environ", "env_file", "key"),
    [
        ({"LANGFLOW_SERVER_URL": "http://a"}, "LANGFLOW_API_KEY=sk-file", "sk-file"),
        ({"LANGFLOW_API_KEY": "sk-env"}, "LANGFLOW_SERVER_URL=http://a", "sk-env"),
        (
            {"LANGFLOW_SERVER_URL": "http://a"},
            "LANGFLOW_SERVER_URL=http://a/\nLANGFLOW_API_KEY=sk-file",
            "sk-file",
        ),
        (
            {"LANGFLOW_SERVER_URL": "http://a"},
            "LANGFLOW_SERVER_URL=http://b\nLANGFLOW_API_KEY=sk-file",
            None,
        ),
    ],
)
def test_a_key_is_used_only_with_the_address_from_its_source(tmp_path, environ, env_file, key):
    assert describe(load(tmp_path, environ, env_file=env_file))[0][2] == key


def test_no_key_is_in_the_repr(tmp_path):
    """Settings may be logged."""
    settings = load(
        tmp_path,
        {"LANGFLOW_SERVER_URL": "http://a", "LANGFLOW_API_KEY": "sk-very-secret"},
        secrets='[servers.b]\nurl = "http://b"\napi_key = "sk-very-secret"\n',
    )
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "env_file", "secrets", "words"),
    [
        ({"LANGFLOW_SERVER_URL": "ftp://x"}, "", "", ["LANGFLOW_SERVER_URL", "environment"]),
        ({}, "LANGFLOW_SERVER_URL=ftp://x", "", ["LANGFLOW_SERVER_URL", ".env"]),
        ({"LFCONSOLE_ALLOW_OTHER_SERVERS": "perhaps"}, "", "", ["LFCONSOLE_ALLOW_OTHER_SERVERS"]),
        ({"LFCONSOLE_ALLOW_INSTALL": "perhaps"}, "", "", ["LFCONSOLE_ALLOW_INSTALL"]),
        ({"LFCONSOLE_CA_BUNDLE": "/no/such.pem"}, "", "", ["LFCONSOLE_CA_BUNDLE", "such.pem"]),
        ({"LANGFLOW_VERIFY": "2"}, "", "", ["LANGFLOW_VERIFY"]),
        ({}, "", "servers = 3", ["servers", "secrets.toml"]),
        ({}, "", "[servers.a]\napi_key = 'x'", ["url", "servers.a"]),
        ({}, "", "[servers.a]\nurl = 'http://a'\napikey = 'sk-1'", ["apikey", "servers.a"]),
        ({}, "", "[servers.a]\nurl = 'nope://a'", ["url", "servers.a"]),
        ({}, "", "[servers.a\n", ["secrets.toml", "not valid TOML"]),
        ({"LANGFLOW_SERVER_URL": "a", "LANGFLOW_API_KEY": "sk ä"}, "", "", ["LANGFLOW_API_KEY"]),
        ({"LANGFLOW_SERVER_URL": "a"}, "", "[servers.a]\nurl='http://b'", ["named 'a'"]),
    ],
)
def test_an_error_has_the_setting_its_source_and_a_hint(
    tmp_path, environ, env_file, secrets, words
):
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environ, env_file=env_file, secrets=secrets)
    assert all(word in str(caught.value) for word in words)
    assert caught.value.hint


@pytest.mark.parametrize("name", [".env", ".streamlit/secrets.toml"])
def test_an_unreadable_file_is_reported_with_the_reason(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"Couldn't read {path}: it is not UTF-8 text."
    refused = PermissionError(errno.EACCES, "Permission denied", str(path))
    monkeypatch.setattr("builtins.open", Mock(side_effect=refused))
    monkeypatch.setattr(Path, "read_text", Mock(side_effect=refused))
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"Couldn't read {path}: Permission denied."


def test_an_error_about_a_key_does_not_contain_the_key(tmp_path):
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, secrets="[servers.a]\nurl = 'http://a'\napi_key = ['sk-hidden']")
    assert "sk-hidden" not in f"{caught.value}{caught.value.hint}"


def test_the_data_folder_discovery_address_and_ca_bundle_are_configurable(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    settings = load(
        tmp_path,
        {
            "LFCONSOLE_DATA_DIR": str(tmp_path / "data"),
            "LFCONSOLE_DISCOVER_URL": "127.0.0.1:9",
            "LFCONSOLE_CA_BUNDLE": str(bundle),
        },
        secrets='[servers.a]\nurl = "https://a"\n[servers.b]\nurl = "https://b"\nverify = false\n',
    )
    assert settings.data_dir == tmp_path / "data"
    assert settings.discover_url == "http://127.0.0.1:9"
    assert [server.verify for server in settings.servers] == [str(bundle), False]


@pytest.mark.parametrize(
    ("environ", "env_file", "address"),
    [
        ({"LFCONSOLE_DISCOVER_URL": ""}, "", None),
        ({}, "LFCONSOLE_DISCOVER_URL=\n", None),
        ({"LFCONSOLE_DISCOVER_URL": ""}, "LFCONSOLE_DISCOVER_URL=http://a\n", None),
        ({"LFCONSOLE_DISCOVER_URL": "http://a"}, "LFCONSOLE_DISCOVER_URL=\n", "http://a"),
    ],
)
def test_an_empty_discovery_address_switches_discovery_off(tmp_path, environ, env_file, address):
    assert load(tmp_path, environ, env_file=env_file).discover_url == address


VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}


def _discover(responses):
    def respond(request):
        status, body = responses.get(request.url.path, (404, {"detail": "Not Found"}))
        return httpx.Response(status, json=body)

    return discover("http://127.0.0.1:7860", http_client=mock_client("sync", respond))


@pytest.mark.parametrize(
    ("login", "auto_login"),
    [
        ((200, {"access_token": "jwt", "refresh_token": None, "token_type": "bearer"}), True),
        ((403, {"detail": {"message": "Auto login is disabled.", "auto_login": False}}), False),
    ],
)
def test_discovery_finds_a_langflow_and_reports_auto_login(login, auto_login):
    found = _discover({"/api/v1/version": (200, VERSION), "/api/v1/auto_login": login})
    assert found == DiscoveredServer("http://127.0.0.1:7860", "1.13.0", auto_login)


@pytest.mark.parametrize("body", [{}, {"version": "2.0"}, [1], "hello"])
def test_discovery_ignores_other_web_servers(body):
    assert _discover({"/api/v1/version": (200, body)}) is None
    assert _discover({}) is None


def test_discovery_finds_nothing_if_the_connection_is_refused():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    assert discover("http://127.0.0.1:1", http_client=mock_client("sync", refuse)) is None


def test_discovery_waits_for_a_langflow_that_responds_late():
    """Otherwise the console would install another Langflow."""
    waits = []

    def respond(request):
        waits.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json=VERSION)

    discover("http://127.0.0.1:7860", http_client=mock_client("sync", respond))
    assert min(waits) >= 5


DATABASE = {"LFCONSOLE_DATABASE_URL": "postgresql://console:hunter2@db/runs"}


def test_a_shared_database_requires_a_shared_secret(tmp_path):
    """Otherwise no console could open another console's runs."""
    with pytest.raises(SettingsError, match="LFCONSOLE_SECRET is not") as caught:
        load(tmp_path, DATABASE)
    assert "at least 32 random characters" in caught.value.hint
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
    secret = "s" * 32
    settings = load(tmp_path, {**DATABASE, "LFCONSOLE_SECRET": secret})
    assert settings.secret.get_secret_value() == secret
    assert secret not in repr(settings)


def test_a_short_secret_is_refused_without_repeating_it(tmp_path):
    with pytest.raises(SettingsError, match=r"LFCONSOLE_SECRET in .*env is too short") as caught:
        load(tmp_path, env_file="LFCONSOLE_SECRET=" + "hunter2" * 4)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
    assert load(tmp_path / "elsewhere").secret is None


def test_frame_ancestors_are_origins_with_spaces_between_them(tmp_path):
    origins = "https://Intranet.example  http://localhost:8000 http://[::1]:80"
    settings = load(tmp_path, {"LFCONSOLE_FRAME_ANCESTORS": origins})
    assert settings.frame_ancestors == (
        "https://intranet.example",
        "http://localhost:8000",
        "http://[::1]:80",
    )
    assert load(tmp_path).frame_ancestors == ()


@pytest.mark.parametrize(
    "text",
    [
        "*", "https://*.example", "intranet.example", "https://intranet.example/path",
        "https://intranet.example/", "https://me@intranet.example",
        "https://a.example,https://b.example", "https://a.example; script-src",
        "javascript:alert(1)", "https://-a.example",
    ],
)  # fmt: skip
def test_frame_ancestors_that_are_not_origins_are_refused(tmp_path, text):
    with pytest.raises(
        SettingsError, match="LFCONSOLE_FRAME_ANCESTORS in the environment"
    ) as error:
        load(tmp_path, {"LFCONSOLE_FRAME_ANCESTORS": text})
    assert "is not an origin" in error.value.message
    assert "https://intranet.example" in error.value.hint
