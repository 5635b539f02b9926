"""Patterns of the error texts that Langflow 1.8 to 1.13 sends, each with its cause.

A row has a regular expression, a cause and the component's parameter to fill in. The first row
that matches counts. Its groups `name`, `variable` and `parameter` have what the text names.
"""

from lfclient.runs.cause_codes import CauseCode

RULES: tuple[tuple[str, CauseCode, str], ...] = (
    (
        r"(?s)(?P<name>[^:\n]{1,80}?) API key is required when using .{1,80} provider\."
        r".{0,200}?configure it globally as (?P<variable>[A-Z0-9_]+)",
        CauseCode.KEY_MISSING,
        "api_key",
    ),
    (
        r"(?:Missing credentials|Did not find \w{1,50}|The api_key client option must be set)"
        r".{0,300}?\b(?P<variable>[A-Z][A-Z0-9_]{0,60}API_KEY)\b",
        CauseCode.KEY_MISSING,
        "api_key",
    ),
    (
        r"The variable '(?P<name>[^'\n]{1,200})' referenced by the component's "
        r"`*(?P<parameter>\w+)`* field could not be resolved",
        CauseCode.VARIABLE_MISSING,
        "",
    ),
    (r"(?P<name>\S{1,200}) variable not found\.", CauseCode.VARIABLE_MISSING, ""),
    (
        r"(?s)validation error for \w{1,50}Input\b.{0,200}Invalid value type <class 'NoneType'>",
        CauseCode.VALUE_MISSING,
        "",
    ),
    (
        r"(?i)model selection is required|No model selected\. Please select a language model",
        CauseCode.MODEL_MISSING,
        "model",
    ),
    (
        r"The selected model is missing a provider|Unknown API key is required"
        r"|No (?:model|embedding) class defined",
        CauseCode.MODEL_WITHOUT_PROVIDER,
        "model",
    ),
    (
        r"(?i)\bmodel [`'\"](?P<name>[^`'\"\n]{1,200})[`'\"] (?:not found|does not exist)",
        CauseCode.MODEL_UNKNOWN,
        "model",
    ),
    (r"Error code: 401|Invalid API key|Incorrect API key", CauseCode.KEY_REFUSED, "api_key"),
    (r"Error code: 429|Rate limit reached", CauseCode.LIMITED, "model"),
    (r"No files to process\.|Please, upload a file to use", CauseCode.FILE_MISSING, "path"),
    (r"provide exactly one of: (?P<name>CSV|JSON) file, file path, or", CauseCode.SOURCES, ""),
    (r"Flow name or id is required", CauseCode.FLOW_MISSING, "flow_name_selected"),
    (
        r"Metadata not found for knowledge base: (?P<name>.{0,200}?)\. Ensure",
        CauseCode.KNOWLEDGE_BASE_EMPTY,
        "knowledge_base",
    ),
    # from 1.12 on, an unknown knowledge base is looked for as if it were a provider's
    (
        r"The requested model provider is not available",
        CauseCode.BASE_OR_PROVIDER_UNKNOWN,
        "knowledge_base",
    ),
    (r"/: 'PosixPath' and 'NoneType'", CauseCode.KNOWLEDGE_BASE_MISSING, "knowledge_base"),
    (
        r"Memory Base '(?P<name>[^'\n]{1,200})' is not attached to this flow",
        CauseCode.MEMORY_BASE_FOREIGN,
        "memory_base",
    ),
    (r"No Memory Base is selected", CauseCode.MEMORY_BASE_MISSING, "memory_base"),
    (
        r"MCP server '(?P<name>[^'\n]{1,200})' is not configured",
        CauseCode.MCP_SERVER_UNKNOWN,
        "mcp_server",
    ),
    # these are part of every Langflow, so the module has gone from a newer version
    (
        r"No module named '(?:langflow|lfx|langchain|langchain_(?:core|community|classic))\b",
        CauseCode.COMPONENT_OUTDATED,
        "",
    ),
    (r"No module named '(?P<name>[\w.]{1,200})'", CauseCode.PACKAGE_MISSING, ""),
    (
        r"Could not import (?:module )?['`](?P<name>[\w.-]{1,200})['`](?! from)",
        CauseCode.PACKAGE_MISSING,
        "",
    ),
    (
        r"(?i)Could not import (?:the )?(?!(?:the|required|module|python)\b)"
        r"(?P<name>[\w-]{1,200})(?:,| (?:python )?(?:package|library)\b)",
        CauseCode.PACKAGE_MISSING,
        "",
    ),
    (
        r"Please install (?P<name>[\w-]{1,200}) to use\b",
        CauseCode.PACKAGE_MISSING,
        "",
    ),
    (
        r"Access to local file paths outside the authenticated user's storage",
        CauseCode.FILE_ELSEWHERE,
        "path",
    ),
    (r"Only one chat input is allowed", CauseCode.SEVERAL_CHAT_INPUTS, ""),
    (r"(?:^|: )\s*Flow not found\.", CauseCode.SUBFLOW_MISSING, "flow_name"),
    (
        r"(?:Error while creating graph from payload:|\w{1,50}Vertex' object has no attribute)"
        r" '(?P<name>\w{1,100})'",
        CauseCode.GRAPH_INCOMPLETE,
        "",
    ),
    # code of another version: it imports, reads or calls what the server no longer has
    (
        r"Error creating class\. |[Cc]annot import name '|maximum recursion depth exceeded"
        r"|Attribute \w{1,100} not found in \w{1,100}|might not be a valid input\."
        r"|Invalid model provider: |'coroutine' object has no attribute"
        r"|Name error \(possibly undefined variable\)|Invalid Python code: "
        r"|Field \w{1,100} in \w{1,100} is not a valid field type"
        # a key of pydantic's first version, for a model that takes the second one's
        r"|validation errors? for \w{1,100}\n[\s\S]{0,1000}input_value=SecretStr\(",
        CauseCode.COMPONENT_OUTDATED,
        "",
    ),
    (
        r"Edge between (?P<name>.{1,100}? and .{1,100}?) has (?:no matched type|invalid handles)",
        CauseCode.CONNECTION_INVALID,
        "",
    ),
    (
        r"validation errors? for \w{1,100}\n(?P<parameter>\w{1,100})",
        CauseCode.VALUE_REFUSED,
        "",
    ),
    (r"peer closed connection without sending complete", CauseCode.CUT_OFF, ""),
    (r"'openaipublic\.", CauseCode.TOKENIZER_UNREACHABLE, ""),
    (
        r"All connection attempts failed|Connection error\.|Connection refused"
        r"|Max retries exceeded with url|Error loading documents|Name or service not known"
        r"|[Ff]ailure in name resolution|Failed to resolve '|getaddrinfo failed"
        r"|No address associated",
        CauseCode.UNREACHABLE,
        "",
    ),
)
