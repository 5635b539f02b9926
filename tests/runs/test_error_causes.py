"""The causes of the errors that five releases of Langflow report."""

from __future__ import annotations

import pytest

from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_causes import ErrorCause, explain_error
from tests.support.cpu_time import cpu_seconds

CAUSES: list[tuple[ErrorCause, list[str]]] = [
    (ErrorCause(CauseCode.MODEL_MISSING, parameter="model"), [
        "A model selection is required",
        "No model selected. Please select a language model from the available options.",
        "An embedding model selection is required",
    ]),
    (ErrorCause(CauseCode.KEY_MISSING, "OpenAI", parameter="api_key", variable="OPENAI_API_KEY"), [
        "OpenAI API key is required when using OpenAI provider. Please provide it in the "
            "component or configure it globally as OPENAI_API_KEY.",
        "OpenAI API key is required. Please provide it in the component or configure it globally "
            "as OPENAI_API_KEY.",
    ]),
    (ErrorCause(CauseCode.KEY_MISSING, "Anthropic", parameter="api_key"), [
        "Anthropic API key is required when using Anthropic provider",
    ]),
    (ErrorCause(CauseCode.KEY_MISSING, parameter="api_key", variable="ANTHROPIC_API_KEY"), [
        "Anthropic authentication failed: no API key or authorization credentials were "
            "provided. Set the ANTHROPIC_API_KEY environment variable, pass api_key=...",
    ]),
    (ErrorCause(CauseCode.VALUE_REFUSED, parameter="knowledge_base"), [
        "Embedding provider 'Ollama' is not supported for retrieval.",
    ]),
    (ErrorCause(CauseCode.KEY_MISSING, parameter="api_key"), [
        "Error building Component Hugging Face: \n\nAPI Key is required",
    ]),
    (ErrorCause(CauseCode.VALUE_MISSING, parameter="database_name"), [
        "Error fetching database object: expected string or bytes-like object, got "
            "'NoneType'",
    ]),
    (ErrorCause(CauseCode.MODEL_MISSING, parameter="embedding_model"), [
        "Error initializing AstraDBVectorStore: Embedding is required for non-vectorize "
            "collections.",
    ]),
    (ErrorCause(CauseCode.VALUES_MISSING, "Base URL, API Key"), [
        "For the custom provider, please fill in: Base URL, API Key",
    ]),
    (ErrorCause(CauseCode.VALUES_MISSING, "URL", parameter="url_input"), ["URL cannot be empty"]),
    (ErrorCause(CauseCode.DATABASE_REFUSED, "sqlite"), [
        "Database dialect 'sqlite' accesses the local filesystem and is not permitted "
            "(LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS=true). Use a network database.",
    ]),
    (ErrorCause(CauseCode.FOLDER_REFUSED, parameter="path"), [
        "Directory path escapes the allowed root.",
    ]),
    (ErrorCause(CauseCode.MCP_SERVER_SILENT, parameter="mcp_server"), [
        "Error in build_output: Error updating tool list: MCP server 'y' at "
            "http://127.0.0.1:9/mcp failed: unhandled errors in a TaskGroup (1 sub-exception)",
        "Error in build_output: Error updating tool list: DNS resolution failed for nope.invalid: "
            "[Errno -2] Name or service not known",
        "Error updating tool list: Command 'nope' is not allowed for security reasons.",
    ]),
    (ErrorCause(CauseCode.COMPONENT_RETIRED, "Chroma"), [
        "Chroma support was retired in Langflow 1.13. This store requires migration.",
    ]),
    (ErrorCause(CauseCode.VALUE_REFUSED, parameter="url_input"), [
        "Invalid URL provided: https://x.example/a b",
    ]),
    (ErrorCause(CauseCode.UNREACHABLE), [
        "Cannot connect to host 127.0.0.1:9 ssl:default [Connect call failed]",
        "Could not connect to HuggingFace Endpoints API.",
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get issuer",
        "DNS resolution failed for db.example: Temporary failure",
        "HTTPSConnectionPool(host='api.example', port=443): Max retries exceeded with url: "
            "/ (Caused by NameResolutionError('Name or service not known'))",
        "SSRF Protection: DNS resolution failed for api.example: [Errno -2] Name or "
            "service not known",
        "All connection attempts failed",
        "Request error: <urlopen error [Errno 111] Connection refused>",
        "Error loading documents: No documents were successfully loaded from any URL",
    ]),
    (ErrorCause(CauseCode.COMPONENT_OUTDATED), [
        "'InferenceClient' object has no attribute 'post'",
    ]),
    (ErrorCause(CauseCode.INPUT_MISSING), [
        "'NoneType' object has no attribute 'page_content'",
        "An embeddings model is required for SemanticTextSplitter.",
        "Unsupported input type: <class 'NoneType'>. Expected DataFrame, Data, or "
            "list[Data].",
        "Error running method \"run_batch\": Expected DataFrame input, got <class 'NoneType'>",
        'Error running method "split_text": No data inputs provided',
        "1 validation error for VectorStoreInfo\nvectorstore\n  Input should be an instance of "
            "VectorStore [type=is_instance_of, input_value=None, input_type=NoneType]",
    ]),
    (ErrorCause(CauseCode.VARIABLE_MISSING, "NOPE", parameter="api_key", variable="NOPE"), [
        "The variable 'NOPE' referenced by the component's ``api_key`` field could not be "
            "resolved from the database.",
    ]),
    (ErrorCause(CauseCode.VALUE_MISSING), [
        "1 validation error for MultilineInput\nvalue\n  Value error, Invalid value type "
            "<class 'NoneType'> [type=value_error, input_value=None, input_type=NoneType]",
    ]),
    (ErrorCause(CauseCode.FLOW_MISSING, parameter="flow_name_selected"), [
        "Flow name or id is required",
    ]),
    (ErrorCause(CauseCode.SOURCES, "JSON", parameter="json_file",
                alternatives=("json_path", "json_string")), [
        "Please provide exactly one of: JSON file, file path, or JSON string.",
    ]),
    (ErrorCause(CauseCode.VARIABLE_MISSING, "TAVILY_API_KEY", variable="TAVILY_API_KEY"), [
        "TAVILY_API_KEY variable not found.",
    ]),
    (ErrorCause(CauseCode.VALUE_AS_VARIABLE), [
        "•••• variable not found.",
    ]),
    (ErrorCause(CauseCode.MODEL_WITHOUT_PROVIDER, parameter="model"), [
        "The selected model is missing a provider. Please reselect it.",
        "No embedding class defined in metadata for text-embedding-3-small",
        "Model provider not found",
    ]),
    (ErrorCause(CauseCode.MODEL_UNKNOWN, "llama3.2", parameter="model"), [
        "model 'llama3.2' not found (status code: 404)",
    ]),
    (ErrorCause(CauseCode.MODEL_UNKNOWN, "gpt-9", parameter="model"), [
        "Error code: 404 - {'error': {'message': 'The model `gpt-9` does not exist or you "
            "do not have access to it.', 'code': 'model_not_found'}}",
    ]),
    (ErrorCause(CauseCode.TOKENIZER_UNREACHABLE), [
        "HTTPSConnectionPool(host='openaipublic.blob.core.windows.net', port=443): Max "
            "retries exceeded with url: /encodings/cl100k_base.tiktoken (Caused by "
            "ProxyError('Unable to connect to proxy', NewConnectionError('[Errno 111] "
            "Connection refused')))",
    ]),
    (ErrorCause(CauseCode.SEVERAL_CHAT_INPUTS), [
        "Only one chat input is allowed in the graph",
    ]),
    (ErrorCause(CauseCode.SUBFLOW_MISSING, parameter="flow_name_selected"), [
        "Flow not found.",
    ]),
    (ErrorCause(CauseCode.FILE_ELSEWHERE, parameter="path"), [
        "Access to local file paths outside the authenticated user's storage scope is "
            "disabled (LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS=true). Use an uploaded file "
            "instead.",
    ]),
    (ErrorCause(CauseCode.CONNECTION_INVALID, "APIRequest and Agent"), [
        "Failed to build graph from flow data: Edge between APIRequest and Agent has no "
            "matched type.",
    ]),
    (ErrorCause(CauseCode.CONNECTION_INVALID, "Chat Input and Astra DB Graph"), [
        "Edge between Chat Input and Astra DB Graph has invalid handles",
    ]),
    (ErrorCause(CauseCode.GRAPH_INCOMPLETE, "code"), [
        "Failed to build graph from flow data: Error while creating graph from payload: "
            "'code'",
    ]),
    (ErrorCause(CauseCode.GRAPH_INCOMPLETE, "display_name"), [
        "Failed to build graph from flow data: 'InterfaceVertex' object has no attribute "
            "'display_name'",
    ]),
    (ErrorCause(CauseCode.VALUE_REFUSED, parameter="size"), [
        "1 validation error for Response\nsize\n  Input should be a valid integer",
    ]),
    (ErrorCause(CauseCode.KEY_REFUSED, parameter="api_key"), [
        "Error code: 401 - {'error': {}}",
    ]),
    (ErrorCause(CauseCode.LIMITED, parameter="model"), [
        "Error code: 429 - {'error': {}}",
        "Rate limit reached for gpt-4o.",
    ]),
    (ErrorCause(CauseCode.CUT_OFF), [
        "peer closed connection without sending complete message body (incomplete chunked "
            "read)",
    ]),
    (ErrorCause(CauseCode.FILE_MISSING, parameter="path"), [
        "Error processing files: No files to process.",
    ]),
    (ErrorCause(CauseCode.KNOWLEDGE_BASE_MISSING, parameter="knowledge_base"), [
        "Metadata not found for knowledge base: . Ensure it has been indexed.",
    ]),
    (ErrorCause(CauseCode.KNOWLEDGE_BASE_EMPTY, "kb_1", parameter="knowledge_base"), [
        "Metadata not found for knowledge base: kb_1. Ensure it has been indexed.",
    ]),
    (ErrorCause(CauseCode.BASE_OR_PROVIDER_UNKNOWN, parameter="knowledge_base"), [
        "Error running graph: The requested model provider is not available",
    ]),
    (ErrorCause(CauseCode.MEMORY_BASE_FOREIGN, "x", parameter="memory_base"), [
        "Memory Base 'x' is not attached to this flow.",
    ]),
    (ErrorCause(CauseCode.MEMORY_BASE_MISSING, parameter="memory_base"), [
        "No Memory Base is selected.",
    ]),
    (ErrorCause(CauseCode.MCP_SERVER_UNKNOWN, "nope", parameter="mcp_server"), [
        "MCP server 'nope' is not configured. Add a server with this name.",
    ]),
    (ErrorCause(CauseCode.KEY_MISSING, parameter="api_key", variable="OPENAI_API_KEY"), [
        "Missing credentials. Please pass an `api_key`, `workload_identity`, "
            "`admin_api_key`, or set the `OPENAI_API_KEY` or `OPENAI_ADMIN_KEY` environment "
            "variable.",
        "Did not find openai_api_key, please add an environment variable `OPENAI_API_KEY` "
            "which contains it, or pass `openai_api_key` as a named parameter.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "text"), [(cause, text) for cause, texts in CAUSES for text in texts]
)
def test_an_error_is_recognized_with_the_parameter_to_fill_in(cause, text):
    assert explain_error(text) == cause


def test_a_key_is_missing_in_the_component_if_the_error_names_no_provider():
    assert ErrorCause(CauseCode.KEY_MISSING).message == "The component has no key."


@pytest.mark.parametrize("code", CauseCode)
def test_each_cause_has_a_message_and_a_hint(code):
    cause = ErrorCause(code, "{name}", variable="KEY")
    assert cause.message
    assert str(cause) == f"{cause.message} {cause.hint}" != f"{cause.message} "


@pytest.mark.parametrize(
    "text",
    [
        "Error creating class. ModuleNotFoundError(No module named 'yfinance.base').",
        "Could not import 'yfinance'. Install it.",
        "Could not import module 'yfinance.base'.",
        "Could not import `yfinance` module.",
        "Could not import yfinance python package. Please install it.",
        "Could not import the yfinance library.",
        "Please install yfinance to use Yahoo! Finance.",
        "YF is not installed. Please install it with `uv pip install yfinance`.",
        "Unable to import yf, please install with `pip install -U yfinance>=1`.",
        "YF is not installed. Please install it with `pip install 'yfinance>=1'`.",
    ],
)
def test_a_missing_package_is_named(text):
    cause = explain_error(text)
    assert cause
    assert (cause.code, cause.name) == (CauseCode.PACKAGE_MISSING, "yfinance")
    assert "“uv pip install yfinance”" in cause.hint


@pytest.mark.parametrize(
    "name", ["langchain-groq", "langchain_groq", "LangChain.Groq", "ruamel.yaml"]
)
def test_a_package_named_by_its_distribution_can_be_installed(name):
    text = f"{name} is not installed. Please install it with `pip install {name}`."
    cause = explain_error(text)
    assert cause
    assert cause.message == f"The server lacks the package “{name}”."
    installed = name if "ruamel" in name else "langchain-groq"
    assert f"“uv pip install {installed}”" in cause.hint


def test_a_module_of_the_author_is_not_taken_for_a_package():
    cause = explain_error("Error creating class. ModuleNotFoundError(No module named 'helpers.a').")
    assert cause
    assert cause.message == "The server lacks the Python module “helpers”."
    assert "can't be installed" in cause.hint


@pytest.mark.parametrize(
    "text",
    [
        "Could not import module components.py",
        "Could not import the package that it needs",
        "Could not import the required package",
        "The package is not installed. Please install it to use this component.",
        "Could not import required, optional packages",
        "Could not import 'Prices' from 'lfx.components': no network",
    ],
)
def test_a_word_is_not_taken_for_a_missing_package(text):
    assert explain_error(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Failed to build graph from flow data: Error creating class. KeyError('OpenAI').",
        "Error creating class. ImportError(Cannot import name 'ChatOllama' from 'langchain').",
        "Error creating class. ModuleNotFoundError(No module named 'langflow.base.io').",
        "Error creating class. RecursionError(maximum recursion depth exceeded).",
        "Name error (possibly undefined variable): name 'Data' is not defined",
        "Invalid Python code: invalid syntax (<unknown>, line 26)",
        "parse_text_file_to_data() takes 1 positional argument but 2 were given",
        "Attribute build_output not found in OpenAIModelComponent",
        "Component Agent field 'tools' might not be a valid input.",
        "Field inputs in CharacterTextSplitter is not a valid field type: Data",
        "Failed to initialize language model: Invalid model provider: OpenAI",
        "'coroutine' object has no attribute 'text'",
        "1 validation error for ChatGoogleGenerativeAI\ngoogle_api_key\n  Input should be a valid "
        "string [type=string_type, input_value=SecretStr('**********'), input_type=SecretStr]",
    ],
)
def test_code_of_another_version_is_recognized(text):
    cause = explain_error(text)
    assert cause
    assert cause.code is CauseCode.COMPONENT_OUTDATED


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
