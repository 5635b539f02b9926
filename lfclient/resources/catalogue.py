"""A server's catalogue of components, reduced to names and digests of code."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lfclient.common.coerce import as_dict, as_list, as_str
from lfclient.common.json_types import Json, JsonObject
from lfclient.resources.component_code import (
    code_digest,
    definition_code,
    find_definitions,
    read_code,
)

_SINCE_ALIASES = "component_display_names"  # in catalogues of 1.10 and later
_PREFIXED = re.compile(r"ext:[^:]+:([^@]+)@.+")
# names of older versions that a component's definition does not contain
_FORMER_TYPES = {"Prompt": "Prompt Template", "parser": "ParserComponent"}


@dataclass(frozen=True)
class CatalogueEntry:
    """A component of the catalogue.

    `digest` is the digest of its code, "" without code. `replacements` are the display names of the
    components that replace it. `retired` is the server's advice on a component that Langflow
    retired, so that its runs fail, "" for other components.
    """

    type: str
    display_name: str
    digest: str
    replacements: tuple[str, ...] = ()
    retired: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The components of a server by type, and digests of all code in them.

    `aliases` are types by other names that identify them, and `labels` are types by display names.
    """

    entries: Mapping[str, CatalogueEntry]
    aliases: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    code_digests: frozenset[str] = frozenset()

    def find(self, type: str, *, by_label: bool = True) -> CatalogueEntry | None:
        """Return the component of this type, former type or, with `by_label`, display name."""
        name = base_type(type)
        found = self.aliases.get(name) or (by_label and self.labels.get(name)) or ""
        return self.entries.get(type) or self.entries.get(found)

    def replacements_of(self, names: Json) -> tuple[str, ...]:
        """Return the display names of components named as in a definition's `replacement`."""
        types = (as_str(name).rpartition(".")[2] for name in as_list(names))
        found = (self.find(type) for type in types)
        return tuple(dict.fromkeys(entry.display_name for entry in found if entry))


def parse_catalogue(raw: JsonObject) -> Catalogue:
    """Return the catalogue of `GET /api/v1/all`."""
    definitions = dict(iterate_definitions(raw))
    entries = {
        type: CatalogueEntry(
            type,
            as_str(definition.get("display_name")) or type,
            code_digest(definition_code(definition)),
            retired=_retirement(definition),
        )
        for type, definition in definitions.items()
    }
    # older servers know types alone, and their own templates have old code under other names
    has_aliases = _SINCE_ALIASES in raw
    catalogue = Catalogue(
        entries,
        _find_aliases(definitions) if has_aliases else {},
        _find_names(definitions, _labels) if has_aliases else {},
        _digest(raw),
    )
    replaced = {
        type: replace(entry, replacements=catalogue.replacements_of(names))
        for type, entry in entries.items()
        if (names := definitions[type].get("replacement"))
    }
    return replace(catalogue, entries={**entries, **replaced})


def _retirement(definition: JsonObject) -> str:
    """Return the description if it says so: "Retired in 1.13. Migrate this store to …" (Chroma)."""
    description = as_str(definition.get("description"))
    return description if "retired in " in description.lower() else ""


def _digest(raw: JsonObject) -> frozenset[str]:
    """Return digests of all code in a raw catalogue."""
    codes = (code for definition in find_definitions(raw) for code in read_code(definition))
    return frozenset(map(code_digest, codes))


def iterate_definitions(raw: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield the types and definitions in a raw catalogue."""
    for category in raw.values():
        # since 1.10 the catalogue also has a list of names among its categories
        for type, definition in as_dict(category).items():
            if isinstance(definition, dict):
                yield type, definition


def find_definition(raw: JsonObject, type: str) -> JsonObject:
    """Return the definition of a type in a raw catalogue, empty if the catalogue lacks the type.

    The type may be a former name.
    """
    definitions = {name: each for name, each in iterate_definitions(raw) if each.get("template")}
    if type in definitions:
        return definitions[type]
    entry = parse_catalogue(raw).find(type)
    return definitions.get(entry.type, {}) if entry else {}


def base_type(type: str) -> str:
    """Return a component's type without a prefix: `AstraDB` for `ext:datastax:AstraDB@official`."""
    matched = _PREFIXED.fullmatch(type)
    return matched[1] if matched else type


def _find_aliases(definitions: Mapping[str, JsonObject]) -> dict[str, str]:
    """Return types by their other names, as Langflow finds them."""
    former = {old: new for old, new in _FORMER_TYPES.items() if new in definitions}
    return {**_find_names(definitions, _identities), **former}


def _find_names(
    definitions: Mapping[str, JsonObject], names_of: Callable[[str, JsonObject], Iterator[str]]
) -> dict[str, str]:
    """Return types by the names that `names_of` yields. The first type with a name counts."""
    found: dict[str, str] = {}
    for type, definition in definitions.items():
        for name in filter(None, names_of(type, definition)):
            found.setdefault(name, type)
    return found


def _identities(type: str, definition: JsonObject) -> Iterator[str]:
    base = base_type(type)
    yield base
    if base != type:
        yield base.removesuffix("Component")
    yield as_str(definition.get("name"))


def _labels(_: str, definition: JsonObject) -> Iterator[str]:
    yield as_str(definition.get("display_name"))
    name = as_str(as_dict(definition.get("template")).get("_type"))
    if name.endswith("Component"):
        yield name.removesuffix("Component")
