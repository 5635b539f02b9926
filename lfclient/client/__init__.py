"""The clients of the Workflow API: the only place that talks HTTP to a Langflow server."""

from lfclient.client.aio import AsyncLangflowClient
from lfclient.client.sync import LangflowClient

__all__ = ["AsyncLangflowClient", "LangflowClient"]
