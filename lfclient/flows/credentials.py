"""Which parameters of a component are secrets, and which are URLs that receive them."""

import re

from lfclient.common.coerce import as_dict, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import collect_texts, find_named_secrets, is_secret_name
from lfclient.flows.graph import Component

# openai_api_base, baseUrl, "Contact Points", azure_endpoint, curl_input; measured on the catalogues
# of Langflow 1.11.6 and 1.13.0 with lfx-bundles
_URL_NAME = re.compile(
    r"(?:^|[\W_]|(?=[A-Z]))(?i:(?:sub)?domain|(?:(?:base|api)?ur[il]|curl|api[\s_-]?base|endpoint"
    r"|host(?:name)?|server|prox(?:y|ie)|dsn|gateway|contact point|connection[\s_-]?string)s?)"
    r"(?![a-z])"
)
# dictionaries of settings that a client library also reads a URL from
_SETTINGS_NAME = re.compile(r"(?:^|_)(?:kwargs|args|config)$")
_SETTINGS_INPUTS = frozenset({"DictInput", "NestedDictInput"})


def is_secret_entry(name: str, entry: JsonObject) -> bool:
    """Return whether a parameter's value is a secret; a group's stands for one inside it."""
    names = (name, as_str(as_dict(entry.get("proxy")).get("field")))
    return bool(
        entry.get("password") or (any(map(is_secret_name, names)) and not entry.get("options"))
    )


def entry_secrets(name: str, entry: JsonObject) -> set[str]:
    """Return the secret texts that a parameter stores."""
    value: Json = entry.get("value")
    return collect_texts(value) if is_secret_entry(name, entry) else find_named_secrets(value)


def receives_credentials(component: Component | None, parameter: str) -> bool:
    """Return whether a component sends its stored credentials to the URL in this parameter.

    Any component with a secret counts: Langflow fills in an empty secret from the user's variables
    or its environment. So does one that lacks the parameter, because a choice may add both.
    """
    template = component.template if component else {}
    entry = template.get(parameter, {})
    is_settings = entry.get("_input_type") in _SETTINGS_INPUTS and _SETTINGS_NAME.search(parameter)
    names = (parameter, as_str(entry.get("display_name")))
    code = as_str(template.get("code", {}).get("value"))
    is_in_host = f"{{self.{parameter}" in code and re.search(
        rf"://[^/\s\"']*{{self\.{re.escape(parameter)}\b", code
    )
    is_url = is_settings or is_in_host or any(map(_URL_NAME.search, names))
    if not is_url or entry.get("type") == "bool":
        return False
    return (component is not None and not entry) or any(
        is_secret_entry(name, other) or find_named_secrets(other.get("value"))
        for name, other in template.items()
        if name != parameter
    )
