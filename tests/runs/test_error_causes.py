"""The causes of the errors that five releases of Langflow report."""

from __future__ import annotations

import pytest

from lfclient.runs.error_causes import explain_error
from tests.support.cpu_time import cpu_seconds


@pytest.mark.parametrize(
    ("text", "message", "parameter"),
    [
        ("A model selection is required", "No model is chosen.", "model"),
        (
            "The server rejected the API key: Invalid API key.",
            "Langflow rejected the API key.",
            "",
        ),
        (
            "No model selected. Please select a language model from the available options.",
            "No model is chosen.",
            "model",
        ),
        ("An embedding model selection is required", "No model is chosen.", "model"),
        (
            "OpenAI API key is required when using OpenAI provider. Please provide it in the "
            "component or configure it globally as OPENAI_API_KEY.",
            "OpenAI has no key.",
            "api_key",
        ),
        (
            "The variable 'NOPE' referenced by the component's ``api_key`` field could not be "
            "resolved from the database.",
            "The server has no variable “NOPE”.",
            "api_key",
        ),
        (
            "1 validation error for MultilineInput\nvalue\n  Value error, Invalid value type "
            "<class 'NoneType'> [type=value_error, input_value=None, input_type=NoneType]",
            "A parameter has no value: the server may lack the variable that it names.",
            "",
        ),
        ("Flow name or id is required", "No flow to run is chosen.", "flow_name_selected"),
        (
            "Please provide exactly one of: JSON file, file path, or JSON string.",
            "JSON must be given exactly once: as a file, a path or text.",
            "json_file",
        ),
        ("TAVILY_API_KEY variable not found.", "The server has no variable “TAVILY_API_KEY”.", ""),
        (
            "•••• variable not found.",
            "The entered value was read as the name of a server variable.",
            "",
        ),
        (
            "The selected model is missing a provider. Please reselect it.",
            "The model was sent without its provider.",
            "model",
        ),
        (
            "No embedding class defined in metadata for text-embedding-3-small",
            "The model was sent without its provider.",
            "model",
        ),
        (
            "model 'llama3.2' not found (status code: 404)",
            "The provider has no model “llama3.2”.",
            "model",
        ),
        (
            "Error code: 404 - {'error': {'message': 'The model `gpt-9` does not exist or you do "
            "not have access to it.', 'code': 'model_not_found'}}",
            "The provider has no model “gpt-9”.",
            "model",
        ),
        (
            "HTTPSConnectionPool(host='openaipublic.blob.core.windows.net', port=443): Max retries "
            "exceeded with url: /encodings/cl100k_base.tiktoken (Caused by ProxyError('Unable to "
            "connect to proxy', NewConnectionError('[Errno 111] Connection refused')))",
            "Langflow could not fetch a file from the internet that OpenAI embeddings need.",
            "",
        ),
        (
            "HTTPSConnectionPool(host='api.example', port=443): Max retries exceeded with url: / "
            "(Caused by NameResolutionError('Name or service not known'))",
            "Couldn't reach the internet or a service that the component uses.",
            "",
        ),
        ("Error code: 401 - {'error': {}}", "The provider refused the key.", "api_key"),
        ("Error code: 429 - {'error': {}}", "The provider's rate limit was reached.", "model"),
        ("Rate limit reached for gpt-4o.", "The provider's rate limit was reached.", "model"),
        (
            "peer closed connection without sending complete message body (incomplete chunked "
            "read)",
            "The connection broke off before the answer was complete.",
            "",
        ),
        (
            "All connection attempts failed",
            "Couldn't reach the internet or a service that the component uses.",
            "",
        ),
        (
            "Request error: <urlopen error [Errno 111] Connection refused>",
            "Couldn't reach the internet or a service that the component uses.",
            "",
        ),
        (
            "Error loading documents: No documents were successfully loaded from any URL",
            "Couldn't reach the internet or a service that the component uses.",
            "",
        ),
        ("Error processing files: No files to process.", "No file was given.", "path"),
        (
            "Metadata not found for knowledge base: . Ensure it has been indexed.",
            "No knowledge base is chosen.",
            "knowledge_base",
        ),
        (
            "Metadata not found for knowledge base: kb_1. Ensure it has been indexed.",
            "Knowledge base “kb_1” does not exist or has no documents.",
            "knowledge_base",
        ),
        (
            "Error running graph: The requested model provider is not available",
            "The server has no such knowledge base or model provider.",
            "knowledge_base",
        ),
        (
            "Memory Base 'x' is not attached to this flow.",
            "Memory base “x” does not belong to this flow.",
            "memory_base",
        ),
        ("No Memory Base is selected.", "No memory base is chosen.", "memory_base"),
        (
            "MCP server 'nope' is not configured. Add a server with this name.",
            "The server has no MCP server “nope”.",
            "mcp_server",
        ),
    ],
)
def test_an_error_is_put_in_words_with_the_parameter_to_fill_in(text, message, parameter):
    cause = explain_error(text)
    assert cause
    assert (cause.message, cause.parameter) == (message, parameter)
    assert cause.hint


@pytest.mark.parametrize(
    "text",
    [
        "Error creating class. ModuleNotFoundError(No module named 'yfinance.base').",
        "Could not import 'yfinance'. Install it.",
        "Could not import module 'yfinance.base'.",
        "Could not import `yfinance` module.",
        "Could not import yfinance python package. Please install it.",
        "Could not import the yfinance library.",
        "Could not import yfinance, please install with `pip install yfinance`.",
    ],
)
def test_a_missing_package_is_named(text):
    cause = explain_error(text)
    assert cause
    assert cause.package == "yfinance"


@pytest.mark.parametrize(
    "text",
    [
        "Could not import module components.py",
        "Could not import the package that it needs",
        "Could not import the required package",
        "Could not import required, optional packages",
        "Could not import 'Prices' from 'lfx.components': no network",
    ],
)
def test_a_word_is_not_taken_for_a_missing_package(text):
    assert explain_error(text) is None


def test_another_error_has_no_known_cause():
    assert explain_error("KeyError: 'x'") is None


@pytest.mark.parametrize("part", ["The variable 'a API key is required when using ", "x"])
def test_a_long_text_takes_no_longer_than_its_beginning(part):
    """A response may hold a megabyte of a component's words."""

    def seconds(length: int) -> float:
        return cpu_seconds(explain_error, (part * length)[:length])

    quarter, whole, long = (
        min(seconds(length) for _ in range(3)) for length in (2_500, 10_000, 500_000)
    )
    assert whole < 12 * max(quarter, 0.001)  # linear
    assert long < 5 * max(whole, 0.001)
