"""Patterns of the error texts that Langflow 1.8 to 1.13 sends, by cause."""

from typing import NamedTuple

from lfclient.runs.cause_codes import CauseCode


class ErrorRule(NamedTuple):
    """The patterns of a cause's error texts, and the component's parameter to fill in.

    Their groups `name`, `variable` and `parameter` have what the text names.
    """

    code: CauseCode
    patterns: tuple[str, ...]
    parameter: str = ""


def _rule(code: CauseCode, *patterns: str, parameter: str = "") -> ErrorRule:
    return ErrorRule(code, patterns, parameter)


# the first rule that matches counts
RULES = (
    _rule(
        CauseCode.KEY_MISSING,
        (
            r"(?s)(?P<name>[^:\n]{1,80}?) API key is required(?: when using .{1,80} provider)?\."
            r".{0,200}?configure it globally as (?P<variable>[A-Z0-9_]+)"
        ),
        (
            r"(?:Missing credentials|Did not find \w{1,50}|The api_key client option must be set"
            r"|no API key or authorization credentials were provided)"
            r".{0,300}?\b(?P<variable>[A-Z][A-Z0-9_]{0,60}API_KEY)\b"
        ),
        parameter="api_key",
    ),
    _rule(
        CauseCode.KEY_MISSING,
        r"(?m)(?:^|: )API [Kk]ey is required\b",
        r"(?m)(?:^|: )(?P<name>\w[\w ]{0,40}) API key is required when using \w",
        parameter="api_key",
    ),
    _rule(
        CauseCode.VARIABLE_MISSING,
        (
            r"The variable '(?P<name>[^'\n]{1,200})' referenced by the component's "
            r"`*(?P<parameter>\w+)`* field could not be resolved"
        ),
        r"(?P<name>\S{1,200}) variable not found\.",
    ),
    _rule(
        CauseCode.VALUE_MISSING,
        r"(?s)validation error for \w{1,50}Input\b.{0,200}Invalid value type <class 'NoneType'>",
    ),
    # the text of Astra DB components without an endpoint
    _rule(
        CauseCode.VALUE_MISSING,
        r"Error fetching database object: expected string or bytes-like object, got 'NoneType'",
        parameter="database_name",
    ),
    _rule(
        CauseCode.MODEL_MISSING,
        r"Embedding is required for non-vectorize collections",
        parameter="embedding_model",
    ),
    _rule(CauseCode.VALUES_MISSING, r"please fill in: (?P<name>[^\n]{1,200})"),
    _rule(CauseCode.VALUES_MISSING, r"(?P<name>URL) cannot be empty", parameter="url_input"),
    _rule(
        CauseCode.MODEL_MISSING,
        r"(?i)model selection is required|No model selected\. Please select a language model",
        parameter="model",
    ),
    _rule(
        CauseCode.MODEL_WITHOUT_PROVIDER,
        r"The selected model is missing a provider|Unknown API key is required",
        r"No (?:model|embedding) class defined|Model provider not found",
        parameter="model",
    ),
    _rule(
        CauseCode.MODEL_UNKNOWN,
        r"(?i)\bmodel [`'\"](?P<name>[^`'\"\n]{1,200})[`'\"] (?:not found|does not exist)",
        parameter="model",
    ),
    _rule(
        CauseCode.KEY_REFUSED,
        r"Error code: 401|Invalid API key|Incorrect API key",
        parameter="api_key",
    ),
    _rule(CauseCode.LIMITED, r"Error code: 429|Rate limit reached", parameter="model"),
    _rule(
        CauseCode.FILE_MISSING,
        r"No files to process\.|Please, upload a file to use",
        parameter="path",
    ),
    _rule(CauseCode.SOURCES, r"provide exactly one of: (?P<name>CSV|JSON) file, file path, or"),
    _rule(CauseCode.FLOW_MISSING, r"Flow name or id is required", parameter="flow_name_selected"),
    _rule(
        CauseCode.KNOWLEDGE_BASE_EMPTY,
        r"Metadata not found for knowledge base: (?P<name>.{0,200}?)\. Ensure",
        parameter="knowledge_base",
    ),
    # from 1.12 on, an unknown knowledge base is looked for as if it were a provider's
    _rule(
        CauseCode.BASE_OR_PROVIDER_UNKNOWN,
        r"The requested model provider is not available",
        parameter="knowledge_base",
    ),
    _rule(
        CauseCode.KNOWLEDGE_BASE_MISSING,
        r"/: 'PosixPath' and 'NoneType'",
        parameter="knowledge_base",
    ),
    _rule(
        CauseCode.MEMORY_BASE_FOREIGN,
        r"Memory Base '(?P<name>[^'\n]{1,200})' is not attached to this flow",
        parameter="memory_base",
    ),
    _rule(CauseCode.MEMORY_BASE_MISSING, r"No Memory Base is selected", parameter="memory_base"),
    _rule(
        CauseCode.MCP_SERVER_UNKNOWN,
        r"MCP server '(?P<name>[^'\n]{1,200})' is not configured",
        parameter="mcp_server",
    ),
    # these are part of every Langflow, so the module has gone from a newer version
    _rule(
        CauseCode.COMPONENT_OUTDATED,
        r"No module named '(?:langflow|lfx|langchain|langchain_(?:core|community|classic))\b",
    ),
    _rule(
        CauseCode.PACKAGE_MISSING,
        (
            r"(?i)(?:not installed\b|import\b|package\b)[^\n]{1,200}\binstall\b[^\n]{0,20}"
            r"\bpip install (?:-\S{1,20} ){0,3}['\"]?(?P<name>\w[\w.-]{0,200}\w)"
        ),
        r"Please install (?!it )(?P<name>[\w-]{1,200}) to use\b",
    ),
    _rule(
        CauseCode.MODULE_MISSING,
        r"No module named '(?P<name>[\w.]{1,200})'",
        r"Could not import (?:module )?['`](?P<name>[\w.-]{1,200})['`](?! from)",
        (
            r"(?i)Could not import (?:the )?(?!(?:the|required|module|python)\b)"
            r"(?P<name>[\w-]{1,200})(?:,| (?:python )?(?:package|library)\b)"
        ),
    ),
    _rule(
        CauseCode.DATABASE_REFUSED,
        r"Database dialect '(?P<name>\w{1,40})' accesses the local filesystem",
    ),
    _rule(CauseCode.FOLDER_REFUSED, r"Directory path escapes the allowed root", parameter="path"),
    _rule(
        CauseCode.FILE_ELSEWHERE,
        r"Access to local file paths outside the authenticated user's storage",
        parameter="path",
    ),
    _rule(CauseCode.SEVERAL_CHAT_INPUTS, r"Only one chat input is allowed"),
    _rule(
        CauseCode.SUBFLOW_MISSING,
        r"(?:^|: )\s*Flow not found\.",
        parameter="flow_name_selected",
    ),
    _rule(
        CauseCode.GRAPH_INCOMPLETE,
        r"Error while creating graph from payload: '(?P<name>\w{1,100})'",
        r"\w{1,50}Vertex' object has no attribute '(?P<name>\w{1,100})'",
    ),
    _rule(
        CauseCode.COMPONENT_RETIRED,
        r"(?P<name>\w[\w ]{0,40}) support was retired in Langflow",
    ),
    # code of another version: it imports, reads or calls what the server no longer has
    _rule(
        CauseCode.COMPONENT_OUTDATED,
        r"Error creating class\. |[Cc]annot import name '|maximum recursion depth exceeded",
        r"Attribute \w{1,100} not found in \w{1,100}|might not be a valid input\.",
        r"Invalid model provider: |'(?!NoneType')\w{1,60}' object has no attribute '",
        r"Name error \(possibly undefined variable\)|Invalid Python code: ",
        r"Field \w{1,100} in \w{1,100} is not a valid field type",
        r"\w\(\) takes \d{1,3} positional arguments? but \d{1,3} (?:was|were) given",
        # a key of pydantic's first version, for a model that takes the second version's
        r"validation errors? for \w{1,100}\n[\s\S]{0,1000}input_value=SecretStr\(",
    ),
    _rule(
        CauseCode.CONNECTION_INVALID,
        r"Edge between (?P<name>.{1,100}? and .{1,100}?) has (?:no matched type|invalid handles)",
    ),
    _rule(CauseCode.VALUE_REFUSED, r"Invalid URL provided: ", parameter="url_input"),
    _rule(
        CauseCode.VALUE_REFUSED,
        r"Embedding provider '.{1,100}' is not supported for retrieval",
        parameter="knowledge_base",
    ),
    # a chain without its language model, or a store's description without the store
    _rule(
        CauseCode.INPUT_MISSING,
        r"validation errors? for \w{1,100}\n[^\n]{1,100}\n[^\n]{0,200}\binput_value=None\b",
    ),
    _rule(CauseCode.VALUE_REFUSED, r"validation errors? for \w{1,100}\n(?P<parameter>\w{1,100})"),
    _rule(
        CauseCode.MCP_SERVER_SILENT,
        r"Error updating tool list: (?!No module named)",
        parameter="mcp_server",
    ),
    _rule(CauseCode.CUT_OFF, r"peer closed connection without sending complete"),
    _rule(CauseCode.TOKENIZER_UNREACHABLE, r"'openaipublic\."),
    _rule(
        CauseCode.UNREACHABLE,
        r"All connection attempts failed|Connection error\.|Connection refused",
        r"Max retries exceeded with url|Error loading documents|Name or service not known",
        r"[Ff]ailure in name resolution|Failed to resolve '|getaddrinfo failed",
        r"No address associated|Cannot connect to host |DNS resolution failed",
        r"Could not connect to [\w .]{1,60} API\b|certificate verify failed",
    ),
    # components read what another one should have sent
    _rule(
        CauseCode.INPUT_MISSING,
        r"'NoneType' object (?:has no attribute|is not iterable|is not subscriptable)",
        r"(?:, got|input type:) <class 'NoneType'>|Input data cannot be None",
        r"of type 'NoneType' has no len|No data inputs provided|Missing required inputs: ",
        r"An embeddings model is required for \w|old_data is not a Data object",
    ),
)
