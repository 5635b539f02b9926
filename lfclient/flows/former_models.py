"""Components of one provider's models, which a server may have only for all providers. Pure.

`langflow-base` 1.13 lacks the components of OpenAI, Anthropic, Google and Ollama.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lfclient.common.coerce import as_dict, as_str
from lfclient.common.json_types import JsonObject
from lfclient.resources.catalogue import Catalogue, CatalogueEntry, base_type

_LANGUAGE = "LanguageModelComponent"
_EMBEDDING = "EmbeddingModel"
_NAMES = ("model_name", "model")  # of the parameter with the model
_OPENAI_URLS = ("", "https://api.openai.com/v1")
# parameters that the new component lacks, and values that change nothing
_UNSUPPORTED: Mapping[str, tuple[object, ...]] = {
    "anthropic_api_url": ("", "https://api.anthropic.com"),
    "base_url": ("", "https://api.anthropic.com"),
    "format": ("",),
    "json_mode": (False,),
    "openai_api_base": _OPENAI_URLS,
    "openai_api_type": ("",),
    "openai_proxy": ("",),
}


@dataclass(frozen=True)
class FormerModel:
    """A provider's component, and the component `type` that takes its place.

    `renamed` are the new names of parameters. Other parameters keep their name.
    """

    provider: str
    type: str
    renamed: Mapping[str, str] = field(default_factory=dict)

    def definition(self, old: JsonObject) -> JsonObject:
        """Return a definition with the new names of its parameters, without its model."""
        before = as_dict(old.get("template"))
        kept = {name: entry for name, entry in before.items() if name not in _NAMES}
        return {**old, "template": {self.renamed.get(name, name): kept[name] for name in kept}}

    def model(self, old: JsonObject) -> JsonObject | None:
        """Return a component's model, or None without one."""
        template = as_dict(old.get("template"))
        names = (as_str(as_dict(template.get(name)).get("value")) for name in _NAMES)
        name = next(filter(None, names), "").removeprefix("models/")
        return {"name": name, "provider": self.provider} if name else None


_KEY = "api_key"
_OLLAMA_URL = {"base_url": "ollama_base_url"}
_FORMER = {
    "AnthropicModel": FormerModel("Anthropic", _LANGUAGE, {"anthropic_api_key": _KEY}),
    "GoogleGenerativeAIModel": FormerModel(
        "Google Generative AI",
        _LANGUAGE,
        {"google_api_key": _KEY, "max_output_tokens": "max_tokens"},
    ),
    "Google Generative AI Embeddings": FormerModel("Google Generative AI", _EMBEDDING),
    "OllamaEmbeddings": FormerModel("Ollama", _EMBEDDING, _OLLAMA_URL),
    "OllamaModel": FormerModel("Ollama", _LANGUAGE, _OLLAMA_URL),
    "OpenAIEmbeddings": FormerModel("OpenAI", _EMBEDDING, {"openai_api_key": _KEY}),
    "OpenAIModel": FormerModel("OpenAI", _LANGUAGE, {"openai_api_key": _KEY}),
}


def former_model(type: str, definition: JsonObject) -> FormerModel | None:
    """Return what a provider's component was, or None for other components.

    None if a parameter is set that the new component lacks, such as the URL of another service, or
    if the model's name comes from a server variable.
    """
    former = _FORMER.get(base_type(type).removesuffix("Component"))
    template = as_dict(definition.get("template"))
    if former is None or any(as_dict(template.get(name)).get("load_from_db") for name in _NAMES):
        return None
    if any(
        name in template
        and name not in former.renamed
        and as_dict(template[name]).get("value") not in (None, *usual)
        for name, usual in _UNSUPPORTED.items()
    ):
        return None
    return former


def find_successor(
    type: str, definition: JsonObject, catalogue: Catalogue
) -> CatalogueEntry | None:
    """Return the server's component in place of a provider's component, or None."""
    former = former_model(type, definition)
    return catalogue.find(former.type) if former else None
