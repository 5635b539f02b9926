"""By default, only the person at the console's machine has all permissions."""

import pytest

from lfclient.console.config.permissions import (
    InstallNotAllowed,
    Permissions,
    check_address,
    visitor_permissions,
)
from lfclient.console.config.settings import Settings
from lfclient.errors import AddressRefused

HERE = {"Host": "127.0.0.1:8501", "Origin": "http://127.0.0.1:8501"}
ALL, NONE = Permissions(True, True), Permissions(False, False)
SERVER = {"LANGFLOW_SERVER_URL": "http://own:7860"}


def permissions(tmp_path, headers=HERE, *, bind="127.0.0.1", environ=None):
    return visitor_permissions(Settings.load(tmp_path, environ or {}, bind), headers)


@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        {"host": "localhost:8501", "origin": "http://localhost:8501"},
        {"Host": "[::1]:8501", "Origin": "http://[::1]:8501"},
        {"Host": "127.0.0.1"},
    ],
)
def test_the_person_at_the_machine_may_do_everything(tmp_path, headers):
    assert permissions(tmp_path, headers) == ALL


@pytest.mark.parametrize("bind", ["", "0.0.0.0", "::", "192.168.1.2", "console.example.org"])
def test_a_console_on_another_address_grants_no_permission(tmp_path, bind):
    assert permissions(tmp_path, bind=bind) == NONE


@pytest.mark.parametrize("source", ["environment", "env file", "secrets"])
def test_a_configured_server_removes_the_permissions(tmp_path, source):
    environ = SERVER if source == "environment" else {}
    if source == "env file":
        (tmp_path / ".env").write_text("LANGFLOW_SERVER_URL=http://own:7860")
    if source == "secrets":
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "secrets.toml").write_text('[servers.own]\nurl = "http://own"\n')
    assert permissions(tmp_path, environ=environ) == NONE


@pytest.mark.parametrize(
    "headers",
    [
        HERE | {"X-Forwarded-For": "192.0.2.7"},
        HERE | {"x-forwarded-host": "localhost"},
        HERE | {"X-Forwarded-Proto": "https"},
        HERE | {"Forwarded": "for=192.0.2.7"},
        HERE | {"Via": "1.1 proxy"},
        HERE | {"X-Real-IP": "192.0.2.7"},
        HERE | {"Host": "console.example.org"},
        HERE | {"Host": "127.0.0.1.example.org:8501"},
        HERE | {"Host": "[::1"},
        HERE | {"Origin": "https://console.example.org"},
        HERE | {"Origin": "null"},
        {},
    ],
)
def test_visitors_through_a_proxy_have_no_permissions(tmp_path, headers):
    """The proxy runs on the console's host, so all connections come from loopback."""
    assert permissions(tmp_path, headers) == NONE


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LFCONSOLE_ALLOW_OTHER_SERVERS": "true"}, Permissions(other_servers=True, install=False)),
        ({"LFCONSOLE_ALLOW_INSTALL": "true"}, Permissions(other_servers=False, install=True)),
    ],
)
def test_the_operator_grants_each_permission_to_all_visitors(tmp_path, environ, expected):
    found = permissions(tmp_path, {}, bind="0.0.0.0", environ={**SERVER, **environ})
    assert found == expected


def test_the_operator_denies_both_permissions_to_all_visitors(tmp_path):
    environ = {"LFCONSOLE_ALLOW_OTHER_SERVERS": "false", "LFCONSOLE_ALLOW_INSTALL": "false"}
    assert permissions(tmp_path, environ=environ) == NONE


def test_an_installation_without_permission_raises_an_error():
    ALL.require_install()
    with pytest.raises(InstallNotAllowed) as caught:
        NONE.require_install()
    assert "LFCONSOLE_ALLOW_INSTALL" in caught.value.hint


def test_without_permission_only_configured_servers_are_allowed(tmp_path):
    settings = Settings.load(tmp_path, SERVER)

    def resolve(host, port):
        return ["10.0.0.1"]

    assert check_address("own:7860/", settings, NONE, resolve) == "http://own:7860"
    assert check_address("http://other", settings, ALL, resolve) == "http://other"
    with pytest.raises(AddressRefused) as caught:
        check_address("http://other", settings, NONE, resolve)
    assert "LFCONSOLE_ALLOW_OTHER_SERVERS" in caught.value.hint


def test_metadata_addresses_are_refused_even_if_configured(tmp_path):
    settings = Settings.load(tmp_path, {"LANGFLOW_SERVER_URL": "http://own"})
    with pytest.raises(AddressRefused):
        check_address("http://own", settings, ALL, lambda host, port: ["169.254.169.254"])
