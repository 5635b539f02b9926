"""What a component's error means, and what to do about it.

Langflow gives no code for these: the patterns are of the texts that five releases send.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_REACHABLE = "that the service is running where Langflow can reach it."
CHECK_SERVICE = f"Check {_REACHABLE}"
CHECK_ADDRESS = f"Check the address, and {_REACHABLE}"
CHECK_ADDRESS_AND_KEY = f"Check the address and the key, and {_REACHABLE}"
_MAX_SEARCHED = 10_000  # characters, in 30 ms; a component may fail with megabytes


class CauseCode(StrEnum):
    """Why a component failed. Each comment gives the `name` of such a cause."""

    KEY_MISSING = "key_missing"  # the provider
    KEY_REFUSED = "key_refused"
    LIMITED = "limited"
    VARIABLE_MISSING = "variable_missing"  # the variable
    VALUE_AS_VARIABLE = "value_as_variable"
    VALUE_MISSING = "value_missing"
    MODEL_MISSING = "model_missing"
    MODEL_UNKNOWN = "model_unknown"  # the model
    MODEL_WITHOUT_PROVIDER = "model_without_provider"
    KNOWLEDGE_BASE_MISSING = "knowledge_base_missing"
    KNOWLEDGE_BASE_EMPTY = "knowledge_base_empty"  # the knowledge base
    BASE_OR_PROVIDER_UNKNOWN = "base_or_provider_unknown"
    MEMORY_BASE_MISSING = "memory_base_missing"
    MEMORY_BASE_FOREIGN = "memory_base_foreign"  # the memory base
    MCP_SERVER_UNKNOWN = "mcp_server_unknown"  # the MCP server
    FLOW_MISSING = "flow_missing"
    FILE_MISSING = "file_missing"
    SOURCES = "sources"  # CSV or JSON
    PACKAGE_MISSING = "package_missing"  # the Python package
    CUT_OFF = "cut_off"
    UNREACHABLE = "unreachable"
    PROVIDER_UNREACHABLE = "provider_unreachable"  # the provider
    TOKENIZER_UNREACHABLE = "tokenizer_unreachable"
    # of the client's requests
    LANGFLOW_KEY_REFUSED = "langflow_key_refused"
    LANGFLOW_BUSY = "langflow_busy"


@dataclass(frozen=True)
class ErrorCause:
    """Why a component failed.

    `parameter` is the component's parameter to fill in, or one of `alternatives` in its place.
    `variable` is the server variable that is missing, or that would hold a missing key. Each is
    empty if the error names none.
    """

    code: CauseCode
    name: str = ""
    parameter: str = ""
    variable: str = ""
    alternatives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"

    @property
    def message(self) -> str:
        """The cause as a sentence."""
        return _SENTENCES[self.code][0].format(self)

    @property
    def hint(self) -> str:
        """What to do, as a sentence."""
        return _SENTENCES[self.code][1].format(self)

    @property
    def package(self) -> str:
        """The Python package that the server lacks; "" if none is missing."""
        return self.name if self.code is CauseCode.PACKAGE_MISSING else ""


def explain_error(message: str) -> ErrorCause | None:
    """Return the cause of an error with this text, or None if it is not a known one.

    Only the first `_MAX_SEARCHED` characters are searched.
    """
    message = message[:_MAX_SEARCHED]
    for pattern, code, parameter in _RULES:
        if match := re.search(pattern, message):
            return _read_cause(code, parameter, match.groupdict(""))
    return None


def _read_cause(code: CauseCode, parameter: str, found: dict[str, str]) -> ErrorCause:
    name, variable = found.get("name", "").strip(), found.get("variable", "")
    parameter = found.get("parameter", parameter)
    if code is CauseCode.VARIABLE_MISSING:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):  # an entered key, redacted
            return ErrorCause(CauseCode.VALUE_AS_VARIABLE, parameter=parameter)
        variable = name
    elif code is CauseCode.KNOWLEDGE_BASE_EMPTY and not name:
        code = CauseCode.KNOWLEDGE_BASE_MISSING
    elif code is CauseCode.SOURCES:  # the component has one text for none and for several
        file, *others = (f"{name.lower()}_{end}" for end in ("file", "path", "string"))
        return ErrorCause(code, name, file, alternatives=tuple(others))
    elif code is CauseCode.PACKAGE_MISSING:
        name = name.partition(".")[0]
    return ErrorCause(code, name, parameter, variable)


def explain_missing_variable(name: str) -> ErrorCause:
    """Return the cause of an error by a variable that the server lacks."""
    return ErrorCause(CauseCode.VARIABLE_MISSING, name, variable=name)


_ENTER_VARIABLE = "Enter a value, or save the variable on the server."
_CHOOSE_MEMORY_BASE = "Choose a memory base of this flow, or add one in Langflow."
_SENTENCES = {
    CauseCode.KEY_MISSING: (
        "{0.name} has no key.",
        "Enter the key, or save it on the server as {0.variable}.",
    ),
    CauseCode.KEY_REFUSED: (
        "The provider refused the key.",
        "Check the key, or enter another one.",
    ),
    CauseCode.LIMITED: (
        "The provider's rate limit was reached.",
        "Wait a moment, or use another model or key.",
    ),
    CauseCode.VARIABLE_MISSING: ("The server has no variable “{0.name}”.", _ENTER_VARIABLE),
    CauseCode.VALUE_AS_VARIABLE: (
        "The entered value was read as the name of a server variable.",
        "Save the value on the server, or run in synchronous mode.",
    ),
    CauseCode.VALUE_MISSING: (
        "A parameter has no value: the server may lack the variable that it names.",
        _ENTER_VARIABLE,
    ),
    CauseCode.MODEL_MISSING: ("No model is chosen.", "Choose a model."),
    CauseCode.MODEL_UNKNOWN: ("The provider has no model “{0.name}”.", "Choose another model."),
    CauseCode.MODEL_WITHOUT_PROVIDER: (
        "The model was sent without its provider.",
        "Choose the model from the list.",
    ),
    CauseCode.KNOWLEDGE_BASE_MISSING: (
        "No knowledge base is chosen.",
        "Choose one, or make one from files.",
    ),
    CauseCode.KNOWLEDGE_BASE_EMPTY: (
        "Knowledge base “{0.name}” does not exist or has no documents.",
        "Choose another one, or make one from files.",
    ),
    CauseCode.BASE_OR_PROVIDER_UNKNOWN: (
        "The server has no such knowledge base or model provider.",
        "Choose another one.",
    ),
    CauseCode.MEMORY_BASE_MISSING: ("No memory base is chosen.", _CHOOSE_MEMORY_BASE),
    CauseCode.MEMORY_BASE_FOREIGN: (
        "Memory base “{0.name}” does not belong to this flow.",
        _CHOOSE_MEMORY_BASE,
    ),
    CauseCode.MCP_SERVER_UNKNOWN: (
        "The server has no MCP server “{0.name}”.",
        "Add it in Langflow under Settings, MCP Servers.",
    ),
    CauseCode.FLOW_MISSING: ("No flow to run is chosen.", "Choose one."),
    CauseCode.FILE_MISSING: ("No file was given.", "Choose a file."),
    CauseCode.SOURCES: (
        "{0.name} must be given exactly once: as a file, a path or text.",
        "Fill in one of {0.name} File, {0.name} File Path and {0.name} String, and leave the "
        "others empty.",
    ),
    CauseCode.PACKAGE_MISSING: (
        "The server lacks the package “{0.name}”.",
        "Install it where Langflow runs, then restart Langflow.",
    ),
    CauseCode.CUT_OFF: (
        "The connection broke off before the answer was complete.",
        "Run it again.",
    ),
    CauseCode.UNREACHABLE: (
        "Couldn't reach the internet or a service that the component uses.",
        CHECK_ADDRESS,
    ),
    CauseCode.PROVIDER_UNREACHABLE: ("Couldn't reach {0.name}.", CHECK_ADDRESS),
    CauseCode.TOKENIZER_UNREACHABLE: (
        "Langflow could not fetch a file from the internet that OpenAI embeddings need.",
        "Let Langflow reach the internet, or choose another embedding model. A model of Ollama "
        "needs none.",
    ),
    CauseCode.LANGFLOW_KEY_REFUSED: (
        "Langflow rejected the API key.",
        "Enter another one, then run again.",
    ),
    CauseCode.LANGFLOW_BUSY: ("The server is busy and accepts no runs.", "Try again later."),
}

_RULES: tuple[tuple[str, CauseCode, str], ...] = (
    (
        r"(?s)(?P<name>[^:\n]{1,80}?) API key is required when using .{1,80} provider\."
        r".{0,200}?configure it globally as (?P<variable>[A-Z0-9_]+)",
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
    (r"No files to process\.", CauseCode.FILE_MISSING, "path"),
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
    (r"peer closed connection without sending complete", CauseCode.CUT_OFF, ""),
    (r"'openaipublic\.", CauseCode.TOKENIZER_UNREACHABLE, ""),
    (
        r"All connection attempts failed|Connection error\.|Connection refused"
        r"|Max retries exceeded with url|Error loading documents",
        CauseCode.UNREACHABLE,
        "",
    ),
)
