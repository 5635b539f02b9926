"""The settings that models need of their providers, such as keys."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import Field, Variable
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.resources.catalogue import base_type
from lfclient.resources.models import Provider, ProviderSetting, chosen_model
from lfclient.resources.server_resources import ServerResources

# Parameters of components that fail without a key, though the parameter is not required. The key
# belongs to the provider, or to the provider that another parameter chooses.
_MODEL_KEYS = {
    ("AnthropicModel", "api_key"): "Anthropic",
    ("AnthropicModel", "anthropic_api_key"): "Anthropic",
    ("GoogleGenerativeAIModel", "api_key"): "Google Generative AI",
    ("GoogleGenerativeAIModel", "google_api_key"): "Google Generative AI",
    ("Google Generative AI Embeddings", "api_key"): "Google Generative AI",
    ("GroqModel", "api_key"): "Groq",
    ("GroqModel", "groq_api_key"): "Groq",
    ("OpenAIModel", "api_key"): "OpenAI",
    ("OpenAIModel", "openai_api_key"): "OpenAI",
    ("OpenAIEmbeddings", "openai_api_key"): "OpenAI",
}
_PROVIDER_CHOICES = {  # of Langflow 1.1 to 1.7: later versions choose a provider with the model
    "Agent": "agent_llm",
    "EmbeddingModel": "provider",
    "LanguageModelComponent": "provider",
}
PROVIDERS_OF_CHOICES = {"Google": "Google Generative AI"}  # providers by their names in choices
_KEY_OWNERS = frozenset({"OpenAI", *PROVIDERS_OF_CHOICES, *_MODEL_KEYS.values()})


def key_provider(flow: Flow, field: Field, overrides: Mapping[str, Json]) -> str:
    """Return the provider whose key an old component takes here, or "" for other fields."""
    id, parameter = field.target
    component = flow.component(id)
    if component is None or not field.secret:
        return ""
    type = base_type(component.type)
    choice = _PROVIDER_CHOICES.get(type, "")
    if parameter != "api_key" or choice not in component.template:
        return _MODEL_KEYS.get((type, parameter), "")
    if "model" in component.template:
        return ""
    stored = component.template[choice].get("value")
    chosen = str(overrides.get(f"{component.id}.{choice}", stored))
    return PROVIDERS_OF_CHOICES.get(chosen, chosen) if chosen in _KEY_OWNERS else ""


def lacks_model_key(flow: Flow, field: Field, overrides: Mapping[str, Json]) -> bool:
    """Return whether the flow lacks a key that an old component fails without."""
    is_empty = not (field.has_stored_value or field.default)
    return is_empty and bool(key_provider(flow, field, overrides))


def find_provider_needs(
    flow: Flow,
    models: Iterable[Field],
    overrides: Mapping[str, Json],
    resources: ServerResources,
) -> Iterator[Need]:
    """Yield one need for each provider that these fields' models use."""
    users_by_name: dict[str, list[Field]] = {}
    for field in models:
        chosen = chosen_model(current_value(field, overrides))
        if chosen and chosen.get("provider"):
            users_by_name.setdefault(str(chosen["provider"]), []).append(field)
    for name, users in users_by_name.items():
        provider = resources.provider(name)
        if provider is None:
            continue
        required = [setting for setting in provider.settings if setting.is_required]
        lacking = [
            setting
            for user in users
            for setting in missing_settings(flow, user, provider, overrides, resources)
        ]
        keys = _setting_keys(flow, users, provider)
        yield _provider_need(provider, keys, [one for one in required if one in lacking])


def provider_overrides(
    flow: Flow, needs: Iterable[Need], settings: Mapping[str, str]
) -> JsonObject:
    """Return the overrides by which components get these settings of their providers, by name."""
    return {
        key: settings[setting.name]
        for need in needs
        if need.provider
        for setting in need.provider.settings
        if setting.name in settings
        for key in setting_keys(flow, need, setting)
    }


def takes_setting(flow: Flow, component_id: str, setting: ProviderSetting) -> bool:
    """Return whether a run can bring a provider's setting, as a parameter of this component.

    Only required ones are brought. The parameter may be hidden before a model of the provider is
    chosen: it has a field from then on.
    """
    component = flow.component(component_id)
    return setting.is_required and component is not None and setting.parameter in component.template


def setting_keys(flow: Flow, need: Need, setting: ProviderSetting) -> list[str]:
    """Return those of a need's keys that take this setting of the provider, by `takes_setting`."""
    return [key for key in need.keys if flow.fields_by_key[key].target[1] == setting.parameter]


def missing_settings(
    flow: Flow,
    model: Field,
    provider: Provider,
    overrides: Mapping[str, Json],
    resources: ServerResources,
) -> list[ProviderSetting]:
    """Return the settings of a model's provider that neither the server nor its component has."""
    own = ((setting, _setting_field(flow, model, setting)) for setting in unset_settings(provider))
    return [
        setting for setting, field in own if not (field and _has_value(field, overrides, resources))
    ]


def unused_provider_need(provider: Provider, flow: Flow, models: Iterable[Field]) -> Need:
    """Return what a provider would need if these fields had one of its models."""
    return _provider_need(provider, _setting_keys(flow, models, provider), unset_settings(provider))


def current_value(field: Field, overrides: Mapping[str, Json]) -> Json:
    """Return a field's override, else the flow's value."""
    return overrides.get(field.key, field.default)


def _setting_keys(flow: Flow, models: Iterable[Field], provider: Provider) -> list[str]:
    """Return the keys of the fields by which the models' components take a provider's settings."""
    own = (
        _setting_field(flow, model, setting)
        for model in models
        for setting in provider.settings
        if takes_setting(flow, model.target[0], setting)
    )
    return [field.key for field in own if field]


def _setting_field(flow: Flow, model: Field, setting: ProviderSetting) -> Field | None:
    """Return the field that replaces a provider's setting in the component of a model."""
    return flow.fields_by_target.get((model.target[0], setting.parameter))


def unset_settings(provider: Provider) -> list[ProviderSetting]:
    """Return the settings that a provider requires and the server lacks."""
    required = (one for one in provider.settings if one.is_required)
    return [one for one in required if not (one.is_set or provider.is_ready)]


def _provider_need(
    provider: Provider, keys: Iterable[str], missing: Collection[ProviderSetting]
) -> Need:
    labels = " and ".join(setting.label for setting in missing)
    message = f"{provider.name}: no {labels} yet." if missing else f"{provider.name} is set up."
    return Need(NeedKind.PROVIDER, tuple(keys), message, not missing, provider, tuple(missing))


def _has_value(field: Field, overrides: Mapping[str, Json], resources: ServerResources) -> bool:
    """Return whether a component has its own value for a provider's setting."""
    value = current_value(field, overrides)
    if isinstance(value, Variable):
        return resources.variables is None or value.name in resources.variables
    return bool(value) or (field.has_stored_value and field.key not in overrides)
