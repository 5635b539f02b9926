"""The public errors of the client, and the packages that it must not load."""

import subprocess
import sys

import pytest

import lfclient

APPLICATION_PACKAGES = ("sqlalchemy", "pandas", "jinja2", "streamlit")
LOADED_BY_CLIENT = """
import importlib, pkgutil, sys
import lfclient

for module in pkgutil.walk_packages(lfclient.__path__, "lfclient."):
    if not module.name.startswith(("lfclient.console", "lfclient.local")):
        importlib.import_module(module.name)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def client_modules() -> set[str]:
    """The modules that a new process has loaded with those of the client."""
    command = [sys.executable, "-c", LOADED_BY_CLIENT]
    process = subprocess.run(command, capture_output=True, check=True)
    return set(process.stdout.decode().split())


@pytest.mark.parametrize("package", APPLICATION_PACKAGES)
def test_the_client_loads_no_package_of_the_application(client_modules: set[str], package: str):
    assert "lfclient.api.operations.runs" in client_modules
    assert package not in client_modules


def test_every_error_is_a_langflow_error_with_a_hint():
    for name in lfclient.__all__:
        kind = getattr(lfclient, name)
        if isinstance(kind, type) and issubclass(kind, Exception) and name != "LangflowError":
            assert issubclass(kind, lfclient.LangflowError)
            assert kind.default_hint
