"""This machine's Ollama is found at the address in OLLAMA_HOST."""

import httpx
import pytest

from lfclient.console.local_langflow.ollama import Ollama, find_ollama
from tests.support.console_process import free_port
from tests.support.model_server import OLLAMA_MODELS, ModelServer


def test_a_running_ollama_is_found_with_its_models():
    with ModelServer() as server:
        host = server.url.partition("://")[2]
        assert find_ollama({"OLLAMA_HOST": host}) == Ollama(server.url, tuple(OLLAMA_MODELS))


def test_nothing_is_found_where_nothing_listens():
    assert find_ollama({"OLLAMA_HOST": f"127.0.0.1:{free_port()}"}) is None


@pytest.fixture
def asked(monkeypatch):
    """Return the list of requested URLs. Each response has no models."""
    urls = []

    def get(url, **options):
        urls.append(url)
        return httpx.Response(200, json={"models": []}, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    return urls


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("[::]:1234", "http://127.0.0.1:1234"),
        ("[::1]:1234", "http://[::1]:1234"),
        ("localhost", "http://localhost:11434"),
        ("http://localhost", "http://localhost:80"),
        ("https://localhost:8443/", "https://localhost:8443"),
    ],
)
def test_ollama_host_is_read_as_in_ollama(asked, setting, url):
    assert find_ollama({"OLLAMA_HOST": setting}) == Ollama(url, ())
    assert asked == [f"{url}/api/tags"]


@pytest.mark.parametrize("setting", ["10.0.0.7:11434", "ollama.example", "ftp://localhost", ":x"])
def test_an_ollama_on_another_machine_gets_no_request(asked, setting):
    assert find_ollama({"OLLAMA_HOST": setting}) is None
    assert asked == []


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=["a"]),
        httpx.Response(200, json={"models": None}),
        httpx.Response(404, json={"models": []}),
        httpx.ConnectTimeout("slow"),
    ],
)
def test_another_program_at_the_address_is_ignored(monkeypatch, response):
    def get(url, **options):
        if isinstance(response, Exception):
            raise response
        response.request = httpx.Request("GET", url)
        return response

    monkeypatch.setattr(httpx, "get", get)
    assert find_ollama({}) is None
