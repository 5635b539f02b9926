"""What a component's error means, in words, and what to do about it.

Langflow gives no code for these: the patterns are of the texts that five releases send.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lfclient.flows.needs import ADD_VARIABLE

_REACHABLE = "that the service is running where Langflow can reach it."
CHECK_SERVICE = f"Check {_REACHABLE}"
CHECK_ADDRESS = f"Check the address, and {_REACHABLE}"
CHECK_ADDRESS_AND_KEY = f"Check the address and the key, and {_REACHABLE}"
_MAX_SEARCHED = 10_000  # characters, in 30 ms; a component may fail with megabytes


@dataclass(frozen=True)
class ErrorCause:
    """Why a component failed, as a sentence, and what to do.

    `parameter` is the component's parameter to fill in, or one of `alternatives` in its place;
    `package` is the Python package and `variable` the variable that the server lacks. Each is empty
    if the error names none.
    """

    message: str
    hint: str
    parameter: str = ""
    package: str = ""
    variable: str = ""
    alternatives: tuple[str, ...] = ()


def explain_error(message: str) -> ErrorCause | None:
    """Return the cause of an error with this text, or None if it is not a known one.

    Only the first `_MAX_SEARCHED` characters are searched.
    """
    message = message[:_MAX_SEARCHED]
    for pattern, explain in _RULES:
        match = pattern.search(message)
        if match:
            return explain(match)
    return None


def explain_unreachable(provider: str) -> ErrorCause:
    """Return `UNREACHABLE` with the name of the provider."""
    return replace(UNREACHABLE, message=f"Couldn't reach {provider}.")


def explain_missing_variable(name: str) -> ErrorCause:
    """Return the cause of an error by a variable that the server lacks."""
    message = f"The server has no variable “{name}”."
    return ErrorCause(message, ADD_VARIABLE, variable=name)


def _no_key(match: re.Match[str]) -> ErrorCause:
    hint = f"Enter the key in Setup, or save it on the server as {match['variable']}."
    return ErrorCause(f"{match['provider'].strip()} has no key.", hint, "api_key")


def _no_variable(match: re.Match[str]) -> ErrorCause:
    parameter = match.groupdict().get("parameter") or ""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", match["name"]):  # an entered key, redacted
        return ErrorCause(
            "The entered value was read as the name of a server variable.",
            "Save the value on the server, or run in synchronous mode.",
            parameter,
        )
    return replace(explain_missing_variable(match["name"]), parameter=parameter)


def _no_such_model(match: re.Match[str]) -> ErrorCause:
    message = f"The provider has no model “{match['name']}”."
    return ErrorCause(message, "Choose another model in Setup.", "model")


def _no_documents(match: re.Match[str]) -> ErrorCause:
    name = match["name"].strip()
    if not name:
        return _NO_KNOWLEDGE_BASE
    message = f"Knowledge base “{name}” does not exist or has no documents."
    return ErrorCause(message, "Choose another one, or make one from files.", "knowledge_base")


def _no_memory_base(match: re.Match[str]) -> ErrorCause:
    message = f"Memory base “{match['name']}” does not belong to this flow."
    return ErrorCause(
        message, "Choose a memory base of this flow, or add one in Langflow.", "memory_base"
    )


def _no_mcp_server(match: re.Match[str]) -> ErrorCause:
    message = f"The server has no MCP server “{match['name']}”."
    hint = "Add it in Langflow under Settings, MCP Servers."
    return ErrorCause(message, hint, "mcp_server")


def _not_one_source(match: re.Match[str]) -> ErrorCause:
    kind = match["kind"]  # the component has one text for none and for several
    message = f"{kind} must be given exactly once: as a file, a path or text."
    hint = (
        f"Fill in one of {kind} File, {kind} File Path and {kind} String, and leave the others "
        "empty."
    )
    file, *others = (f"{kind.lower()}_{end}" for end in ("file", "path", "string"))
    return ErrorCause(message, hint, file, alternatives=tuple(others))


def _no_package(match: re.Match[str]) -> ErrorCause:
    package = match["package"].partition(".")[0]
    hint = "Install it where Langflow runs, then restart Langflow."
    return ErrorCause(f"The server lacks the package “{package}”.", hint, package=package)


def _fixed(cause: ErrorCause) -> Callable[[re.Match[str]], ErrorCause]:
    return lambda match: cause


# a synchronous run takes a variable that the server lacks for no value
NO_VALUE = ErrorCause(
    "A parameter has no value: the server may lack the variable that it names.",
    ADD_VARIABLE,
)
_NO_KNOWLEDGE_BASE = ErrorCause(
    "No knowledge base is chosen.", "Choose one, or make one from files.", "knowledge_base"
)
_NO_CHOSEN_MEMORY_BASE = ErrorCause(
    "No memory base is chosen.",
    "Choose a memory base of this flow, or add one in Langflow.",
    "memory_base",
)
# from 1.12 on, an unknown knowledge base is looked for as if it were a provider's
_NO_BASE_OR_PROVIDER = ErrorCause(
    "The server has no such knowledge base or model provider.",
    "Choose another one in Setup.",
    "knowledge_base",
)
_NO_MODEL = ErrorCause("No model is chosen.", "Choose a model in Setup.", "model")
_NO_PROVIDER = ErrorCause(
    "The model was sent without its provider.", "Choose the model from the list.", "model"
)
# not a component's: the console's own errors, which end with Langflow's "Invalid API key", or may
# end with words of a provider's
REFUSED_LANGFLOW_KEY = ErrorCause(
    "Langflow rejected the API key.", "Enter another one on the Connection page, then run again."
)
BUSY_LANGFLOW = ErrorCause("The server is busy and accepts no runs.", "Try again later.")
_REFUSED_KEY = ErrorCause(
    "The provider refused the key.", "Check the key, or enter another one.", "api_key"
)
LIMITED = ErrorCause(
    "The provider's rate limit was reached.", "Wait a moment, or use another model or key.", "model"
)
CUT_OFF = ErrorCause("The connection broke off before the answer was complete.", "Run it again.")
UNREACHABLE = ErrorCause(
    "Couldn't reach the internet or a service that the component uses.",
    CHECK_ADDRESS,
)
_NO_TOKENIZER = ErrorCause(
    "Langflow could not fetch a file from the internet that OpenAI embeddings need.",
    "Let Langflow reach the internet, or choose another embedding model. A model of Ollama needs "
    "none.",
)
_NO_FLOW = ErrorCause("No flow to run is chosen.", "Choose one in Setup.", "flow_name_selected")
NO_FILE = ErrorCause("No file was given.", "Choose a file.", "path")

_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], ErrorCause]], ...] = (
    (
        re.compile(r"\AThe server (rejected the|requires an) API key"),
        _fixed(REFUSED_LANGFLOW_KEY),
    ),
    (re.compile(r"\AThe server received too many requests"), _fixed(BUSY_LANGFLOW)),
    (
        re.compile(
            r"(?P<provider>[^:\n]{1,80}?) API key is required when using .{1,80} provider\."
            r".{0,200}?configure it globally as (?P<variable>[A-Z0-9_]+)",
            re.DOTALL,
        ),
        _no_key,
    ),
    (
        re.compile(
            r"The variable '(?P<name>[^'\n]{1,200})' referenced by the component's "
            r"`*(?P<parameter>\w+)`* field could not be resolved"
        ),
        _no_variable,
    ),
    (re.compile(r"(?P<name>\S{1,200}) variable not found\."), _no_variable),
    (
        re.compile(
            r"validation error for \w{1,50}Input\b.{0,200}Invalid value type <class 'NoneType'>",
            re.DOTALL,
        ),
        _fixed(NO_VALUE),
    ),
    (
        re.compile(
            r"model selection is required|No model selected\. Please select a language model",
            re.IGNORECASE,
        ),
        _fixed(_NO_MODEL),
    ),
    (
        re.compile(
            r"The selected model is missing a provider|Unknown API key is required"
            r"|No (?:model|embedding) class defined"
        ),
        _fixed(_NO_PROVIDER),
    ),
    (
        re.compile(
            r"\bmodel [`'\"](?P<name>[^`'\"\n]{1,200})[`'\"] (?:not found|does not exist)",
            re.IGNORECASE,
        ),
        _no_such_model,
    ),
    (re.compile(r"Error code: 401|Invalid API key|Incorrect API key"), _fixed(_REFUSED_KEY)),
    (re.compile(r"Error code: 429|Rate limit reached"), _fixed(LIMITED)),
    (re.compile(r"No files to process\."), _fixed(NO_FILE)),
    (
        re.compile(r"provide exactly one of: (?P<kind>CSV|JSON) file, file path, or"),
        _not_one_source,
    ),
    (re.compile(r"Flow name or id is required"), _fixed(_NO_FLOW)),
    (
        re.compile(r"Metadata not found for knowledge base: (?P<name>.{0,200}?)\. Ensure"),
        _no_documents,
    ),
    (re.compile(r"The requested model provider is not available"), _fixed(_NO_BASE_OR_PROVIDER)),
    (re.compile(r"/: 'PosixPath' and 'NoneType'"), _fixed(_NO_KNOWLEDGE_BASE)),
    (
        re.compile(r"Memory Base '(?P<name>[^'\n]{1,200})' is not attached to this flow"),
        _no_memory_base,
    ),
    (re.compile(r"No Memory Base is selected"), _fixed(_NO_CHOSEN_MEMORY_BASE)),
    (re.compile(r"MCP server '(?P<name>[^'\n]{1,200})' is not configured"), _no_mcp_server),
    (re.compile(r"No module named '(?P<package>[\w.]{1,200})'"), _no_package),
    (
        re.compile(r"Could not import (?:module )?['`](?P<package>[\w.-]{1,200})['`](?! from)"),
        _no_package,
    ),
    (
        re.compile(
            r"Could not import (?:the )?(?!(?:the|required|module|python)\b)"
            r"(?P<package>[\w-]{1,200})(?:,| (?:python )?(?:package|library)\b)",
            re.IGNORECASE,
        ),
        _no_package,
    ),
    (re.compile(r"peer closed connection without sending complete"), _fixed(CUT_OFF)),
    (re.compile(r"'openaipublic\."), _fixed(_NO_TOKENIZER)),
    (
        re.compile(
            r"All connection attempts failed|Connection error\.|Connection refused"
            r"|Max retries exceeded with url|Error loading documents"
        ),
        _fixed(UNREACHABLE),
    ),
)
