"""Find an Ollama that runs on this machine, for the local Langflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from lfclient.common.coerce import as_dict, as_list
from lfclient.console.local_langflow.process import LOOPBACK
from lfclient.wire.addresses import is_loopback

VARIABLE = "OLLAMA_BASE_URL"  # the server variable with Ollama's URL
_PORT = 11434
_TIMEOUT_SECONDS = 2.0
_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # that Ollama may listen on, but that nobody can connect to


@dataclass(frozen=True)
class Ollama:
    """A running Ollama: its URL and its models' names."""

    url: str
    models: tuple[str, ...]


def find_ollama(environ: Mapping[str, str] = os.environ) -> Ollama | None:
    """Return this machine's Ollama, at the address in OLLAMA_HOST, or None if none runs."""
    url = _address(environ.get("OLLAMA_HOST", ""))
    if url is None:
        return None
    try:
        response = httpx.get(f"{url}/api/tags", timeout=_TIMEOUT_SECONDS, trust_env=False)
        models = as_dict(response.raise_for_status().json()).get("models")
    except (httpx.HTTPError, ValueError):
        return None
    if not isinstance(models, list):
        return None  # another program
    names = [as_dict(model).get("name") for model in as_list(models)]
    return Ollama(url, tuple(name for name in names if isinstance(name, str)))


def _address(setting: str) -> str | None:
    """Return OLLAMA_HOST (`host`, `host:port` or a URL) as a URL, or None on another machine."""
    text = setting.strip().strip("\"'")
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    host = LOOPBACK if host in _ALL_ADDRESSES else host
    if parts.scheme not in ("http", "https") or not is_loopback(host):
        return None
    # as in Ollama, a URL without a port has its scheme's port
    default = {"http": 80, "https": 443}[parts.scheme] if "://" in text else _PORT
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{port or default}"
