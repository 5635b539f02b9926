"""Preset files: a flow's values by name, as JSON.

    {"format": "langflow-console/preset", "version": 1,
     "flow": {"id": "…", "name": "…"}, "name": "Short answers",
     "values": {"Agent-x1.temperature": 0.2, "Agent-x1.model": {"$variable": "MODEL"}},
     "secrets": ["Agent-x1.api_key"],
     "components": {"Agent-x1": {"type": "Agent", "name": "Agent"}},
     "presentation": {"title": "…", "inputs": [{"key": "Agent-x1.input_value"}]}, "example": true}

`secrets` are the keys of secrets, which are never saved and have to be entered. `components` is
optional; it helps to find the same components in another flow. So are `presentation`, the settings
of the flow's presentation, and `example`, whether the preset is one of its examples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lfclient.common.coerce import as_str
from lfclient.common.json_text import from_json, to_json
from lfclient.common.json_types import Json, JsonObject
from lfclient.console.content.json_path import walk
from lfclient.console.present.presentation import Presentation
from lfclient.console.presets.fitting import fit_values, match_components
from lfclient.console.store.presets import PresetSummary
from lfclient.errors import InvalidRequest
from lfclient.flows.field import value_from_json, value_to_json
from lfclient.flows.model import Flow
from lfclient.flows.validation import SECRET_MASK

FORMAT = "langflow-console/preset"
VERSION = 1
MAX_FILE_BYTES = 1_000_000
_MAX_DEPTH = 50  # nested objects and lists
_HINT = "Choose a file that was exported from a preset."
MAX_NAME_LENGTH = 100  # characters


@dataclass(frozen=True)
class PresetFile:
    """The content of a file. `components` has (type, display name) by id.

    `presentation` has no examples, but `is_example` tells whether the preset is one.
    """

    name: str
    flow_id: str
    flow_name: str
    values: JsonObject
    components: dict[str, tuple[str, str]] = field(default_factory=dict)
    presentation: Presentation | None = None
    is_example: bool = False

    def presentation_for(self, flow: Flow) -> Presentation | None:
        """Return the presentation with the keys and ids of the same components in a flow."""
        settings = self.presentation
        if settings is None:
            return None
        inputs, outputs = settings.inputs or (), [f"{id}." for id in settings.outputs or ()]
        moved = match_components(flow, [*(each.key for each in inputs), *outputs], self.components)
        changes: JsonObject = {}
        if settings.inputs is not None:
            changes["inputs"] = tuple(
                each.model_copy(update={"key": moved.get(each.key, each.key)}) for each in inputs
            )
        if settings.outputs is not None:
            changes["outputs"] = tuple(moved.get(key, key).removesuffix(".") for key in outputs)
        return settings.model_copy(update=changes)


def dump_preset(
    flow: Flow,
    name: str,
    values: Mapping[str, Json],
    presentation: Presentation | None = None,
    *,
    is_example: bool = False,
) -> str:
    """Return the text of a preset file; secrets in `values` are masked."""
    fitted = fit_values(flow, values)
    keys = {*fitted.values, *fitted.secrets}
    more: JsonObject = {}
    component_ids = set()
    if presentation:
        keys |= {each.key for each in presentation.inputs or ()}
        component_ids |= set(presentation.outputs or ())
        more["presentation"] = presentation.to_json()
        del more["presentation"]["examples"], more["presentation"]["values"]  # of this console
    if is_example:
        more["example"] = True
    component_ids |= {field.component for field in flow.fields if field.key in keys}
    return to_json(
        {
            "format": FORMAT,
            "version": VERSION,
            "flow": {"id": flow.id, "name": flow.name},
            "name": name,
            "values": {key: value_to_json(value) for key, value in fitted.values.items()},
            "secrets": list(fitted.secrets),
            "components": {
                component.id: {"type": component.type, "name": component.display_name}
                for component in flow.components
                if component.id in component_ids
            },
            **more,
        }
    )


def check_size(flow: Flow, values: Mapping[str, Json]) -> None:
    """Raise `InvalidRequest` if the values are too large for a preset file."""
    size = len(dump_preset(flow, "x" * MAX_NAME_LENGTH, values).encode())
    if size > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"These values have {size / 1e6:.1f} MB. A preset can have up to 1 MB.",
            hint="Pass the large value as a file, if the flow accepts one.",
        )


def load_preset(data: bytes) -> PresetFile:
    """Read a preset file. Raise `InvalidRequest` if it is not valid.

    The values are not checked against a flow; see `fit_values`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise InvalidRequest(
            f"This file has {len(data) / 1e6:.1f} MB. A preset can have up to 1 MB.", hint=_HINT
        )
    content = read_json(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        is_flow = isinstance(content, dict) and ("nodes" in content or "data" in content)
        hint = "This looks like a flow. Import it in Langflow." if is_flow else _HINT
        raise InvalidRequest("This file is not a Langflow Console preset.", hint=hint)
    version = content.get("version")
    if type(version) is not int or version < 1:
        raise InvalidRequest("This preset has no valid version.", hint=_HINT)
    if version > VERSION:
        raise InvalidRequest(
            f"This preset has version {version}; this console reads versions up to {VERSION}.",
            hint="Update the console, or export the preset from a console of this release.",
        )
    flow = _read_object(content, "flow")
    values = {key: value_from_json(value) for key, value in _read_object(content, "values").items()}
    secrets = content.get("secrets", [])
    if not isinstance(secrets, list) or any(not isinstance(key, str) for key in secrets):
        raise InvalidRequest("“secrets” in this preset must be a list of strings.", hint=_HINT)
    return PresetFile(
        name=as_str(content.get("name")),
        flow_id=as_str(flow.get("id")),
        flow_name=as_str(flow.get("name")),
        values={**values, **dict.fromkeys(secrets, SECRET_MASK)},
        components={
            id: (as_str(component.get("type")), as_str(component.get("name")))
            for id, component in _read_object(content, "components").items()
            if isinstance(component, dict)
        },
        presentation=_read_presentation(content),
        is_example=content.get("example") is True,
    )


def _read_presentation(content: JsonObject) -> Presentation | None:
    settings = content.get("presentation")
    if settings is None:
        return None
    try:
        return Presentation.from_json(settings).model_copy(update={"examples": (), "values": None})
    except InvalidRequest as error:
        raise InvalidRequest(error.message, hint=_HINT) from error


def read_json(data: bytes) -> Json:
    """Read untrusted JSON. Raise `InvalidRequest` if it is invalid or nested too deeply."""
    try:
        value = from_json(data.decode("utf-8-sig"))
        if any(len(keys) >= _MAX_DEPTH for keys, _ in walk(value)):
            raise ValueError("This JSON is nested too deeply.")
    except UnicodeError as error:
        raise InvalidRequest("This is not UTF-8 text.", hint=_HINT) from error
    except ValueError as error:
        raise InvalidRequest(str(error), hint=_HINT) from error
    return value


def _read_object(content: JsonObject, name: str) -> JsonObject:
    value = content.get(name, {})
    if not isinstance(value, dict):
        raise InvalidRequest(f"“{name}” in this preset must be an object.", hint=_HINT)
    return value


def validate_name(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` as a preset name: one line of printable characters, single spaces.

    Raise `InvalidRequest` if the name is empty, too long, or contains one of the secrets.
    """
    name = _normalize(text)
    if any(secret in name for secret in secrets):
        raise InvalidRequest("This name contains the API key.", hint="Enter another one.")
    if not name:
        raise InvalidRequest("A preset needs a name.", hint="Enter one.")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            f"This name has {len(name)} characters. The maximum is {MAX_NAME_LENGTH}.",
            hint="Shorten it.",
        )
    return name


def find_by_name(presets: Iterable[PresetSummary], text: str) -> PresetSummary | None:
    """Return the preset that has `text` as its name, or None."""
    name = _normalize(text)
    return next((preset for preset in presets if preset.name == name), None)


def _normalize(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
