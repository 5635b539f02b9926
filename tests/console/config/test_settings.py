"""Where the servers are: environment, `.env`, secrets.toml."""

import httpx
import pytest

from lfclient.console.config.discovery import DiscoveredServer, discover
from lfclient.console.config.settings import Settings, SettingsError, check_address
from lfclient.wire.addresses import AddressRefused


def load(tmp_path, environ=None, bind="", env_file="", secrets=""):
    if env_file:
        (tmp_path / ".env").write_text(env_file)
    if secrets:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text(secrets)
    return Settings.load(tmp_path, environ or {}, bind)


def described(settings):
    return [
        (
            server.name,
            server.url,
            server.api_key.get_secret_value() if server.api_key else None,
            server.source,
        )
        for server in settings.connections()
    ]


def test_nothing_set_means_no_server(tmp_path):
    """An empty environment configures nothing and looks at the default address."""
    settings = load(tmp_path)
    assert settings.connections() == []
    assert settings.discover_url == "http://127.0.0.1:7860"


def test_the_environment_comes_before_the_env_file_and_secrets_come_after(tmp_path):
    """A variable in the environment hides the one in .env; named servers are added in order."""
    settings = load(
        tmp_path,
        {"LANGFLOW_SERVER_URL": "http://one:7860/", "LANGFLOW_API_KEY": "sk-one"},
        env_file="LANGFLOW_SERVER_URL=http://two\nLANGFLOW_API_KEY=sk-two\n",
        secrets='[servers.test]\nurl = "http://three"\napi_key = "sk-three"\n'
        '[servers.open]\nurl = "https://four/langflow/"\n',
    )
    assert described(settings) == [
        ("one:7860", "http://one:7860", "sk-one", "environment"),
        ("test", "http://three", "sk-three", "secrets"),
        ("open", "https://four/langflow", None, "secrets"),
    ]


def test_the_env_file_alone_is_enough_and_stays_out_of_the_environment(tmp_path, monkeypatch):
    """Child processes do not inherit the key."""
    import os

    monkeypatch.delenv("LANGFLOW_API_KEY", raising=False)
    settings = load(
        tmp_path, env_file='LANGFLOW_SERVER_URL="http://two"\nLANGFLOW_API_KEY=sk-$two\n'
    )
    assert described(settings) == [("two", "http://two", "sk-$two", "env file")]
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
def test_a_key_goes_only_to_the_address_it_was_written_for(tmp_path, environ, env_file, key):
    """A key beside another address is not sent to this one."""
    assert described(load(tmp_path, environ, env_file=env_file))[0][2] == key


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
        ({"LFCONSOLE_CA_BUNDLE": "/no/such.pem"}, "", "", ["LFCONSOLE_CA_BUNDLE", "such.pem"]),
        ({"LANGFLOW_VERIFY": "2"}, "", "", ["LANGFLOW_VERIFY"]),
        ({}, "", "servers = 3", ["servers", "secrets.toml"]),
        ({}, "", "[servers.a]\napi_key = 'x'", ["url", "servers.a"]),
        ({}, "", "[servers.a]\nurl = 'http://a'\napikey = 'sk-1'", ["apikey", "servers.a"]),
        ({}, "", "[servers.a]\nurl = 'nope://a'", ["url", "servers.a"]),
        ({}, "", "[servers.a\n", ["secrets.toml", "not TOML"]),
        ({"LANGFLOW_SERVER_URL": "a", "LANGFLOW_API_KEY": "sk ä"}, "", "", ["LANGFLOW_API_KEY"]),
        ({"LANGFLOW_SERVER_URL": "a"}, "", "[servers.a]\nurl='http://b'", ["named 'a'"]),
    ],
)
def test_a_bad_setting_is_named_with_its_place(tmp_path, environ, env_file, secrets, words):
    """The error says which setting, where it stands, and what to do."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, environ, env_file=env_file, secrets=secrets)
    assert all(word in str(caught.value) for word in words)
    assert caught.value.hint


def test_a_bad_secret_is_not_repeated(tmp_path):
    """The message about a wrong key does not hold it."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, secrets="[servers.a]\nurl = 'http://a'\napi_key = ['sk-hidden']")
    assert "sk-hidden" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    ("bind", "value", "allowed"),
    [
        ("127.0.0.1", None, True),
        ("localhost", None, True),
        ("", None, False),
        ("0.0.0.0", None, False),
        ("0.0.0.0", "true", True),
        ("127.0.0.1", "false", False),
    ],
)
def test_typed_addresses_are_allowed_by_default_only_on_loopback(tmp_path, bind, value, allowed):
    """A console that others can reach does not call whatever they type, unless told so."""
    environ = {"LFCONSOLE_ALLOW_OTHER_SERVERS": value} if value else {}
    assert load(tmp_path, environ, bind).allow_other_servers is allowed


def test_an_address_that_is_not_configured_is_refused_where_others_are_not_allowed(tmp_path):
    """The configured one passes in any spelling; another is refused with the setting's name."""
    settings = load(tmp_path, {"LANGFLOW_SERVER_URL": "http://own:7860"}, "0.0.0.0")

    def resolve(host, port):
        return ["10.0.0.1"]

    assert check_address("own:7860/", settings, resolve) == "http://own:7860"
    with pytest.raises(AddressRefused) as caught:
        check_address("http://other", settings, resolve)
    assert "LFCONSOLE_ALLOW_OTHER_SERVERS" in caught.value.hint


def test_metadata_is_refused_even_if_configured(tmp_path):
    """Allowing other servers, or naming this one, does not open the cloud's own addresses."""
    settings = load(tmp_path, {"LANGFLOW_SERVER_URL": "http://own"}, "127.0.0.1")
    with pytest.raises(AddressRefused):
        check_address("http://own", settings, lambda host, port: ["169.254.169.254"])


def test_folders_and_certificates(tmp_path):
    """The data folder, the address to look at and a private CA come from their variables."""
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
    assert [server.verify for server in settings.connections()] == [str(bundle), False]


def test_looking_for_a_server_can_be_switched_off(tmp_path):
    """An empty LFCONSOLE_DISCOVER_URL means: do not look."""
    assert load(tmp_path, {"LFCONSOLE_DISCOVER_URL": ""}).discover_url is None


VERSION = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}


def _found(answers):
    def answer(request):
        status, body = answers.get(request.url.path, (404, {"detail": "Not Found"}))
        return httpx.Response(status, json=body)

    return discover("http://127.0.0.1:7860", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("login", "auto_login"),
    [
        ((200, {"access_token": "jwt", "refresh_token": None, "token_type": "bearer"}), True),
        ((403, {"detail": {"message": "Auto login is disabled.", "auto_login": False}}), False),
    ],
)
def test_a_langflow_at_the_default_address_is_found(login, auto_login):
    """Recognised by its version; whether it gives keys without login is told."""
    found = _found({"/api/v1/version": (200, VERSION), "/api/v1/auto_login": login})
    assert found == DiscoveredServer("http://127.0.0.1:7860", "1.13.0", auto_login)


@pytest.mark.parametrize("body", [{}, {"version": "2.0"}, [1], "hello"])
def test_anything_else_that_answers_counts_as_nothing(body):
    """A web server that is not Langflow is not offered."""
    assert _found({"/api/v1/version": (200, body)}) is None
    assert _found({}) is None


def test_nothing_at_all_counts_as_nothing():
    """A refused connection is the usual case."""

    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    assert discover("http://127.0.0.1:1", transport=httpx.MockTransport(refuse)) is None


DATABASE = {"LFCONSOLE_DATABASE_URL": "postgresql://console:hunter2@db/runs"}


def test_consoles_that_share_a_database_need_a_secret_that_they_share(tmp_path):
    """Else each would take the runs of the others for somebody else's."""
    with pytest.raises(SettingsError, match="LFCONSOLE_SECRET is not") as caught:
        load(tmp_path, DATABASE)
    assert "at least 32 random characters" in caught.value.hint
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
    secret = "s" * 32
    settings = load(tmp_path, {**DATABASE, "LFCONSOLE_SECRET": secret})
    assert settings.secret.get_secret_value() == secret
    assert secret not in repr(settings)


def test_a_secret_that_is_too_short_is_refused_and_not_shown(tmp_path):
    """Wherever it stands, with a database or without."""
    with pytest.raises(SettingsError, match=r"LFCONSOLE_SECRET in .*env is too short") as caught:
        load(tmp_path, env_file="LFCONSOLE_SECRET=" + "hunter2" * 4)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
    assert load(tmp_path / "elsewhere").secret is None
