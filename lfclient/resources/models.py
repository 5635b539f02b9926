"""Models, and the providers that serve them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject

# the optional address whose list of models takes the place of the provider's own, once it responds
LISTING_ADDRESS = "OPENAI_BASE_URL"
OPENAI_COMPATIBLE = "OpenAI Compatible"  # a provider of Langflow's full package, by its name
# the names by which most embedding models are recognized in a list without kinds
_EMBEDDING_NAMES = re.compile(r"embed|minilm|\b(?:bge|e5|gte)-", re.IGNORECASE)
ModelKind = Literal["language", "embedding"]

# ends of the names of settings that are the address of a provider's server
_ADDRESSES = ("_URL", "_API_BASE", "_ENDPOINT")
_OWN_SITE = "_SITE_URL"  # OpenRouter: the site of its user, not a server's address
_MAX_SUGGESTIONS = 3  # models that a refused part of a name may mean
# by these the server decides that a model takes no temperature
_REASONING = ("reasoning", "reasoning_models")
# they have models of others under the same names: who types a name alone means its maker
_RESELLERS = ("Azure AI Foundry", "Azure OpenAI", "OpenRouter")
# of a chosen model
_MODEL_KEYS = {"name", "provider", "provider_id", "icon", "category", "metadata"}
_MODEL_TYPES: dict[ModelKind, str] = {"language": "llm", "embedding": "embeddings"}


@dataclass(frozen=True)
class ModelOption:
    """A model that a flow may use.

    `is_ready` is False while its provider lacks a setting, such as its key. `calls_tools` is None
    if the server doesn't tell. `value` is what a run sends, as the only item of a list: the
    server's own object, of which Langflow 1.8 needs more than name and provider.
    """

    name: str
    provider: str
    is_ready: bool
    calls_tools: bool | None
    value: JsonObject

    @property
    def label(self) -> str:
        """Provider and name, as people choose them."""
        return model_label(self.value)


@dataclass(frozen=True)
class ProviderSetting:
    """A setting of a provider, such as its key, which the server keeps as the variable `name`.

    `options` are suggested values. `value` is the one that the server has, and "" if `is_secret`.
    `parameter` is the parameter of a component that replaces it
    for one run; "" if there is none.
    """

    name: str
    label: str
    is_required: bool
    is_secret: bool
    is_set: bool
    options: tuple[str, ...] = ()
    help: str = ""
    parameter: str = ""
    value: str = ""

    @property
    def is_address(self) -> bool:
        """Whether this is the address of the provider's server."""
        return self.name.endswith(_ADDRESSES) and not self.name.endswith(_OWN_SITE)


@dataclass(frozen=True)
class Provider:
    """A provider of models. `is_ready`: the server has all settings that it requires.

    `models` are all models that Langflow lists, by kind. `docs_url` is the page that issues keys.
    `has_silent_address`: the server got no list of models from the provider's `LISTING_ADDRESS`.
    """

    name: str
    is_ready: bool
    settings: tuple[ProviderSetting, ...] = ()
    docs_url: str = ""
    language_models: tuple[ModelOption, ...] = ()
    embedding_models: tuple[ModelOption, ...] = ()
    has_silent_address: bool = False

    @property
    def has_listing_address(self) -> bool:
        """Whether the server has a `LISTING_ADDRESS` for the provider."""
        return _has_listing_address(self.settings)

    @property
    def has_unknown_models(self) -> bool:
        """Whether the server does not know which models its `LISTING_ADDRESS` has.

        The server asks only providers that are ready (1.10.3 to 1.13.0): not while it has no key,
        though a run may bring one.
        """
        return self.has_silent_address or (self.has_listing_address and not self.is_ready)

    def models(self, kind: ModelKind) -> tuple[ModelOption, ...]:
        """Return the models of one kind."""
        return self.language_models if kind == "language" else self.embedding_models


def find_compatible(providers: Mapping[str, Provider]) -> Provider | None:
    """Return the provider for any server with OpenAI's API, or None if Langflow has none.

    Langflow 1.10 and later take such a server's address for OpenAI's. `providers` are by name.
    """
    openai = providers.get("OpenAI")
    takes_address = openai and any(one.name == LISTING_ADDRESS for one in openai.settings)
    return providers.get(OPENAI_COMPATIBLE) or (openai if takes_address else None)


def chosen_model(value: Json) -> JsonObject | None:
    """Return the chosen model in a model parameter's value, or None."""
    items = value if isinstance(value, list) else [value]
    first = next(iter(items), None)
    if isinstance(first, str) and first:
        return {"name": first}
    return first if isinstance(first, dict) and first.get("name") else None


def model_identity(value: Json) -> Json:
    """Return a model parameter's value with only the name and provider of each model."""
    if not isinstance(value, list):
        return value
    return [
        {key: item[key] for key in ("name", "provider") if key in item}
        if isinstance(item, dict)
        else item
        for item in value
    ]


def offered_value(
    value: Json, choices: Collection[JsonObject], options: Sequence[ModelOption]
) -> Json:
    """Return a model parameter's value with the attributes that the server gives the models.

    `options` are the server's models, `choices` the flow's own. Other attributes are dropped: on
    Langflow 1.8 to 1.11 they select the class to call with the provider's key and the argument for
    the model's name. That argument could be the provider's URL.
    """
    if not isinstance(value, list):
        return value
    by_label = {option.label: option.value for option in options}
    samples = {option.provider: option for option in reversed(options)}
    models = []
    for model in value:
        own = model if model in choices else model_identity([model])[0]
        sample = samples.get(model.get("provider"))
        models.append(by_label.get(model_label(model)) or _with_attributes(own, sample))
    return models


def model_by_shape(value: Json) -> JsonObject | None:
    """Return the model in a value of an unknown kind, or None if it isn't shaped like one."""
    model = chosen_model(value) if isinstance(value, list) and len(value) == 1 else None
    return model if model and "provider" in model and model.keys() <= _MODEL_KEYS else None


def model_label(value: JsonObject) -> str:
    """Return a model's label: provider, then name."""
    provider = value.get("provider")
    return f"{provider}: {value['name']}" if provider else str(value["name"])


def find_model(
    text: str, options: Sequence[ModelOption], providers: Iterable[Provider]
) -> ModelOption:
    """Return the model that a person chose or typed.

    `text` is a label, "OpenAI: gpt-4o", the name alone, or a part of just one name, or its end. Of
    several providers that have it, the one that is ready is meant, or the first if none is; a part
    is looked for among the models that are ready, if any has it. A provider may have models not
    among `options`. `providers` are those that may have none there; if no provider is known at all,
    any is accepted. Raises `ValueError` with a sentence.
    """
    text = text.strip()
    by_label = {option.label: option for option in options}
    same_name = [option for option in options if option.name == text]
    ready_ones = [option for option in same_name if option.is_ready]
    if text in by_label:
        return by_label[text]
    if len(ready_ones) > 1:
        labels = " or ".join(f"“{option.label}”" for option in ready_ones)
        raise ValueError(f"Several providers have this model. Choose {labels}.")
    if same_name:
        return (ready_ones or same_name)[0]
    before, _, name = (part.strip() for part in text.partition(":"))
    ready = {option.provider: option.is_ready for option in options}
    ready |= {provider.name: provider.is_ready for provider in providers}
    found = next((each for each in ready if each.casefold() == before.casefold()), "")
    if found and not name:
        raise ValueError(f"Enter the name of the model after “{found}:”.")
    provider = found if ready else before
    if not (provider and name):
        part = text.casefold()
        similar = [option for option in options if part and part in option.name.casefold()]
        similar = [option for option in similar if option.is_ready] or similar
        # resellers have models as "openai/gpt-4o-mini"
        ends = [one for one in similar if one.name.casefold().endswith(part)] or similar
        if len({option.name.rpartition("/")[2] for option in ends}) == 1:
            return find_model(ends[0].name, options, providers)
        if similar:
            suggestions = [f"“{option.label}”" for option in similar[:_MAX_SUGGESTIONS]]
            more = " or another" if len(similar) > len(suggestions) else ""
            raise ValueError(f"Several models match “{text}”: {', '.join(suggestions)}{more}.")
        example = next((one for one in ready if ready[one]), next(iter(ready), "OpenAI"))
        listed = f" The providers are {', '.join(ready)}." if ready else ""
        raise ValueError(
            f"Enter the model with its provider, such as “{example}: {name or text}”.{listed}"
        )
    sample = next((option for option in options if option.provider == provider), None)
    value = _with_attributes({"name": name, "provider": provider}, sample)
    return ModelOption(name, provider, ready.get(provider, False), None, value)


def _with_attributes(value: JsonObject, sample: ModelOption | None) -> JsonObject:
    """Return a model's value with the attributes of its provider, which `sample` has.

    Langflow 1.8 needs them.
    """
    if sample is None:
        return value
    attributes = as_dict(sample.value.get("metadata"))
    shared = {name: attributes[name] for name in attributes if name not in _REASONING}
    return {**sample.value, **value, "metadata": shared | as_dict(value.get("metadata"))}


def parse_provider(item: JsonObject, variables: Mapping[str, str]) -> Provider | None:
    """Return the provider of an entry of `GET /api/v1/models`; None without a name.

    `variables` are the values of the variables that have one, by name; "" for secret ones.
    """
    name = as_str(item.get("provider"))
    if not name:
        return None
    is_ready = item.get("is_configured") is True
    known = [model for model in as_list(item.get("models")) if isinstance(model, dict)]

    def models(kind: ModelKind) -> tuple[ModelOption, ...]:
        return tuple(_known_models(item, known, kind, is_ready=is_ready))

    entries = (_setting(entry, variables) for entry in as_list(item.get("variables")))
    settings = tuple(setting for setting in entries if setting)
    return Provider(
        name,
        is_ready,
        settings,
        as_str(item.get("api_docs_url")),
        models("language"),
        models("embedding"),
        is_ready and _has_silent_address(settings, known),
    )


def _has_silent_address(settings: Iterable[ProviderSetting], models: Iterable[JsonObject]) -> bool:
    """Return whether the models are the provider's own though another address is saved for it.

    Langflow's check and its list are silent about an address that doesn't respond. Only its own
    models are marked as reasoning: an address doesn't tell that of the ones that it has (measured
    on 1.10.3 to 1.13.0).
    """
    return _has_listing_address(settings) and any(
        as_dict(model.get("metadata")).get("reasoning") for model in models
    )


def _has_listing_address(settings: Iterable[ProviderSetting]) -> bool:
    """Return whether the `LISTING_ADDRESS` is among the settings, and set."""
    return any(one.name == LISTING_ADDRESS and one.is_set for one in settings)


def merge_options(
    options: Iterable[JsonObject], providers: Iterable[Provider], kind: ModelKind
) -> list[ModelOption]:
    """Return the models of `GET /api/v1/model_options`, and then all others of the providers.

    The endpoint lists the enabled models: by default the first five of each provider that is
    ready. Runs accept all models. The models of ready providers come first and resellers' models
    last. A provider's models stay together, in the server's order. A gateway lists each model as
    both kinds, so its embedding models are recognized by their names: they are left out of the
    language models, and come first among the embedding models.
    """
    by_name = {provider.name: provider for provider in providers}
    enabled = list(_parse_options(options, by_name, kind))
    listed = {(option.provider, option.name) for option in enabled}
    samples = {option.provider: option for option in reversed(enabled)}
    others = [
        replace(model, value=_with_attributes(model.value, samples.get(model.provider)))
        for provider in by_name.values()
        for model in provider.models(kind)
        if (model.provider, model.name) not in listed
    ]
    of_both_kinds = {
        (provider.name, name)
        for provider in by_name.values()
        for name in _names(provider.language_models) & _names(provider.embedding_models)
    }

    def embeds(option: ModelOption) -> bool:
        is_unclear = (option.provider, option.name) in of_both_kinds
        return is_unclear and bool(_EMBEDDING_NAMES.search(option.name))

    merged = [each for each in (*enabled, *others) if kind == "embedding" or not embeds(each)]
    places = {name: place for place, name in enumerate(dict.fromkeys(m.provider for m in merged))}

    def place(option: ModelOption) -> tuple[bool, bool, int, bool]:
        is_reseller = option.provider in _RESELLERS
        return not option.is_ready, is_reseller, places[option.provider], not embeds(option)

    return sorted(merged, key=place)


def _names(models: Iterable[ModelOption]) -> set[str]:
    return {model.name for model in models}


def _parse_options(
    options: Iterable[JsonObject], providers: dict[str, Provider], kind: ModelKind
) -> Iterator[ModelOption]:
    for option in options:
        name, provider_name = as_str(option.get("name")), as_str(option.get("provider"))
        # 1.8 lists "__enable_provider_OpenAI__" for its editor
        if not name or as_dict(option.get("metadata")).get("is_disabled_provider"):
            continue
        provider = providers.get(provider_name)
        known = provider.models(kind) if provider else ()
        calls_tools = next((model.calls_tools for model in known if model.name == name), None)
        is_ready = provider is None or provider.is_ready
        yield ModelOption(name, provider_name, is_ready, calls_tools, option)


def _known_models(
    item: JsonObject, models: Iterable[JsonObject], kind: ModelKind, *, is_ready: bool
) -> Iterator[ModelOption]:
    provider = as_str(item.get("provider"))
    mapping = as_dict(item.get("mapping"))
    for model in models:
        name, metadata = as_str(model.get("model_name")), as_dict(model.get("metadata"))
        is_kind = as_str(metadata.get("model_type")) in ("", _MODEL_TYPES[kind])
        if not name or not is_kind or metadata.get("not_supported") or metadata.get("deprecated"):
            continue
        value: JsonObject = {"name": name, "provider": provider}
        if kind == "language" and mapping:
            attributes: JsonObject = {
                "model_class": as_str(mapping.get("model_class")),
                "model_name_param": as_str(mapping.get("model_param")) or "model",
                "api_key_param": "api_key",
            }
            if metadata.get("reasoning"):
                attributes["reasoning"] = True
                if provider == "OpenAI":  # Langflow before 1.11 sets it for no other
                    attributes["reasoning_models"] = [name]
            value["metadata"] = attributes
        calls_tools = metadata.get("tool_calling")
        calls_tools = calls_tools if isinstance(calls_tools, bool) else None
        yield ModelOption(name, provider, is_ready, calls_tools, value)


def _setting(entry: object, variables: Mapping[str, str]) -> ProviderSetting | None:
    item = as_dict(entry)
    name = as_str(item.get("variable_key"))
    if not name:
        return None
    component = as_dict(item.get("component_metadata"))
    is_secret = item.get("is_secret") is True
    return ProviderSetting(
        name,
        as_str(item.get("variable_name")) or name,
        item.get("required") is True,
        is_secret,
        name in variables,
        tuple(filter(None, map(as_str, as_list(item.get("options"))))),
        as_str(item.get("description")),
        as_str(component.get("mapping_field")),
        "" if is_secret else variables.get(name, ""),
    )
