"""The known causes of a component's error."""

from enum import StrEnum


class CauseCode(StrEnum):
    """Why a component failed. Each comment gives the `name` of such a cause."""

    KEY_MISSING = "key_missing"  # the provider
    KEY_REFUSED = "key_refused"
    LIMITED = "limited"
    VARIABLE_MISSING = "variable_missing"  # the variable
    VALUE_AS_VARIABLE = "value_as_variable"
    VALUE_MISSING = "value_missing"
    VALUES_MISSING = "values_missing"  # the parameters
    INPUT_MISSING = "input_missing"
    MODEL_MISSING = "model_missing"
    MODEL_UNKNOWN = "model_unknown"  # the model
    MODEL_WITHOUT_PROVIDER = "model_without_provider"
    PROVIDER_UNKNOWN = "provider_unknown"  # the provider
    KNOWLEDGE_BASE_MISSING = "knowledge_base_missing"
    KNOWLEDGE_BASE_EMPTY = "knowledge_base_empty"  # the knowledge base
    BASE_OR_PROVIDER_UNKNOWN = "base_or_provider_unknown"
    MEMORY_BASE_MISSING = "memory_base_missing"
    MEMORY_BASE_FOREIGN = "memory_base_foreign"  # the memory base
    MCP_SERVER_UNKNOWN = "mcp_server_unknown"  # the MCP server
    MCP_SERVER_SILENT = "mcp_server_silent"
    FLOW_MISSING = "flow_missing"
    FILE_MISSING = "file_missing"
    SOURCES = "sources"  # CSV or JSON
    PACKAGE_MISSING = "package_missing"  # the Python package, or a module of a known package
    MODULE_MISSING = "module_missing"  # the Python module
    COMPONENT_RETIRED = "component_retired"  # what it uses
    COMPONENT_OUTDATED = "component_outdated"  # its code does not fit the server
    VALUE_REFUSED = "value_refused"
    FILE_ELSEWHERE = "file_elsewhere"
    DATABASE_REFUSED = "database_refused"  # the kind of database
    FOLDER_REFUSED = "folder_refused"
    SEVERAL_CHAT_INPUTS = "several_chat_inputs"
    SUBFLOW_MISSING = "subflow_missing"
    CONNECTION_INVALID = "connection_invalid"  # "A and B", its ends
    GRAPH_INCOMPLETE = "graph_incomplete"  # the property
    CUT_OFF = "cut_off"
    UNREACHABLE = "unreachable"
    PROVIDER_UNREACHABLE = "provider_unreachable"  # the provider
    TOKENIZER_UNREACHABLE = "tokenizer_unreachable"
    # of the client's requests
    LANGFLOW_KEY_REFUSED = "langflow_key_refused"
    LANGFLOW_BUSY = "langflow_busy"


# causes for which servers refuse to build a flow's graph
GRAPH_CAUSES = (
    CauseCode.PACKAGE_MISSING,
    CauseCode.MODULE_MISSING,
    CauseCode.COMPONENT_OUTDATED,
    CauseCode.SEVERAL_CHAT_INPUTS,
    CauseCode.CONNECTION_INVALID,
    CauseCode.GRAPH_INCOMPLETE,
)
