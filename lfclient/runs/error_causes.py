"""What a component's error means, and what to do about it.

Langflow gives no code for these: `error_patterns` has patterns of the texts that servers send.
"""

import re
from dataclasses import dataclass

from lfclient.resources.packages import Package, package_for
from lfclient.runs.cause_codes import CauseCode
from lfclient.runs.error_patterns import RULES, ErrorRule

_REACHABLE = "that the service is running where Langflow can reach it."
CHECK_SERVICE = f"Check {_REACHABLE}"
CHECK_ADDRESS = f"Check the address, and {_REACHABLE}"
CHECK_ADDRESS_AND_KEY = f"Check the address and the key, and {_REACHABLE}"
_MAX_SEARCHED = 10_000  # characters, in 30 ms; a component may fail with megabytes


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
    def owner(self) -> str:
        """What lacks a key: the provider if the error names it."""
        return self.name or "The component"

    @property
    def key_places(self) -> str:
        """Where to enter a missing key, as a sentence."""
        on_server = f", or save it on the server as {self.variable}" if self.variable else ""
        return f"Enter the key{on_server}."

    @property
    def installation(self) -> str:
        """How to install a missing package, as a sentence."""
        return (package_for(self.name) or Package(self.name)).install_hint


def explain_error(message: str) -> ErrorCause | None:
    """Return the cause of an error with this text, or None if it is not a known one.

    Only the first `_MAX_SEARCHED` characters are searched.
    """
    message = message[:_MAX_SEARCHED]
    for rule in RULES:
        for pattern in rule.patterns:
            if match := re.search(pattern, message):
                return _read_cause(rule, match.groupdict(""))
    return None


def _read_cause(rule: ErrorRule, found: dict[str, str]) -> ErrorCause:
    code, name, variable = rule.code, found.get("name", "").strip(), found.get("variable", "")
    parameter = found.get("parameter", rule.parameter)
    if code is CauseCode.VARIABLE_MISSING:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):  # an entered key, redacted
            return ErrorCause(CauseCode.VALUE_AS_VARIABLE, parameter=parameter)
        variable = name
    elif code is CauseCode.KNOWLEDGE_BASE_EMPTY and not name:
        code = CauseCode.KNOWLEDGE_BASE_MISSING
    elif code is CauseCode.SOURCES:  # the component has one text for none and for several
        file, *others = (f"{name.lower()}_{end}" for end in ("file", "path", "string"))
        return ErrorCause(code, name, file, alternatives=tuple(others))
    elif code is CauseCode.MODULE_MISSING:
        name = name.partition(".")[0]
        code = CauseCode.PACKAGE_MISSING if package_for(name) else code
    return ErrorCause(code, name, parameter, variable)


def explain_missing_variable(name: str) -> ErrorCause:
    """Return the cause of an error by a variable that the server lacks."""
    return ErrorCause(CauseCode.VARIABLE_MISSING, name, variable=name)


_ENTER_VARIABLE = "Enter a value, or save the variable on the server."
_ALLOW_FILES = "start Langflow with LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS=false."
_CHOOSE_MEMORY_BASE = "Choose a memory base of this flow, or add one in Langflow."
_SENTENCES = {
    CauseCode.KEY_MISSING: (
        "{0.owner} has no key.",
        "{0.key_places}",
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
    CauseCode.VALUES_MISSING: ("Values are missing: {0.name}.", "Fill them in."),
    CauseCode.INPUT_MISSING: (
        "The component got nothing from another component, or a value is empty.",
        "Check its values, and its connections in Langflow's editor.",
    ),
    CauseCode.MODEL_MISSING: ("No model is chosen.", "Choose a model."),
    CauseCode.MODEL_UNKNOWN: ("The provider has no model “{0.name}”.", "Choose another model."),
    CauseCode.MODEL_WITHOUT_PROVIDER: (
        "The model was sent without a provider that the server has.",
        "Choose a model from the list.",
    ),
    CauseCode.PROVIDER_UNKNOWN: (
        "The server offers no models of {0.name}.",
        "Choose another model.",
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
    CauseCode.MCP_SERVER_SILENT: (
        "The component's MCP server did not start or respond.",
        "Check its URL or command in Langflow under Settings, MCP Servers.",
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
        "{0.installation}",
    ),
    CauseCode.MODULE_MISSING: (
        "The server lacks the Python module “{0.name}”.",
        "If it is the author's own code, it can't be installed: copy its file to where Langflow "
        "runs. Otherwise install the package that contains it. Then restart Langflow.",
    ),
    CauseCode.COMPONENT_RETIRED: (
        "The server's version of Langflow no longer supports {0.name}.",
        "Replace the component in Langflow's editor, a vector store by a knowledge base.",
    ),
    CauseCode.COMPONENT_OUTDATED: (
        "Its code doesn't work on this version of Langflow.",
        "Update the flow's components, or replace this one.",
    ),
    CauseCode.VALUE_REFUSED: (
        "The component can't use a value that it was given.",
        "Check its values and connections. Update it if its code differs from the server's.",
    ),
    CauseCode.FILE_ELSEWHERE: (
        "The flow names a file or folder that is not one of your files on the server.",
        f"Choose a file. For folders, {_ALLOW_FILES}",
    ),
    CauseCode.DATABASE_REFUSED: (
        "Langflow doesn't open {0.name} databases, which are files on its server.",
        f"Use a database server such as PostgreSQL, or {_ALLOW_FILES}",
    ),
    CauseCode.FOLDER_REFUSED: (
        "Langflow reads only folders inside the folder that it was started in.",
        "Enter such a folder, or add this one to LANGFLOW_DIRECTORY_COMPONENT_ALLOWED_ROOTS.",
    ),
    CauseCode.SEVERAL_CHAT_INPUTS: (
        "The flow has several chat inputs, which only synchronous runs allow.",
        "Run in synchronous mode.",
    ),
    CauseCode.SUBFLOW_MISSING: (
        "The flow that the component runs is not on the server.",
        "Add that flow, or choose another one.",
    ),
    CauseCode.CONNECTION_INVALID: (
        "The connection between {0.name} no longer fits.",
        "Update both components, or connect them again in Langflow's editor.",
    ),
    CauseCode.GRAPH_INCOMPLETE: (
        "A component or connection lacks the property “{0.name}”.",
        "Export the flow from Langflow's editor again.",
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
