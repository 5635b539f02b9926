"""Packages, updates and connections that a flow's components need. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence

from lfclient.common.coerce import as_str
from lfclient.common.formatting import list_names
from lfclient.common.json_types import Json
from lfclient.flows.field_extraction import is_connection
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.outdated import OutdatedComponent, describe_replacement, find_outdated
from lfclient.resources.catalogue import base_type
from lfclient.resources.component_code import code_text
from lfclient.resources.packages import Package
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.server_info import ServerInfo, parse_minor

_MAX_NAMED = 5  # components in a sentence
# They complete without the input that they require, without a result: measured on 1.11 and 1.13.
_IDLE_WITHOUT_INPUT = frozenset(
    {
        "AssemblyAILeMUR",
        "ConvertAstraToTwelveLabs",
        "DataOperations",
        "MergeDataComponent",
        "ParseData",
        "ParseJSONData",
        "TextEmbedderComponent",
    }
)
# URLs of databases that are files, and the first 1.N that refuses to open such files by default
_LOCAL_DATABASE = re.compile(r"\s*(?:sqlite|duckdb|access|shell)\b", re.IGNORECASE)
_RESTRICTS_FILES = 12


def find_component_needs(flow: Flow, resources: ServerResources) -> Iterator[Need]:
    """Yield the update of components that differ from the server's, and components it lacks.

    The need for a missing component is met if the component may run with its code in the flow.
    Components that lack a package are left out.
    """
    catalogue = resources.catalogue
    if catalogue is None:
        return
    found = find_outdated(flow.stored, catalogue)
    updated = [component for component in found if component.can_update]
    if updated:
        yield Need(NeedKind.OUTDATED, (), _describe_outdated(updated), False)
    lacking = {
        component.id
        for component, package in flow.optional_packages
        if _lacks_package(component, package, resources)
    }
    running = {leaf.id for leaf in flow.leaves if leaf.runs}
    retired: dict[str, list[str]] = {}
    others = []
    for component in found:
        if component.can_update:
            continue
        if component.retired and component.id in running:
            retired.setdefault(component.retired, []).append(component.name)
        elif component.replacements:
            yield Need(NeedKind.COMPONENT, (), describe_replacement(component), True)
        # without aliases, a component that is not found may have a former type and run (1.8)
        elif catalogue.aliases and component.id not in lacking:
            others.append(component.name)
    for advice, users in retired.items():
        message = f"{list_names(users, _MAX_NAMED)} can't run on this server. {advice}"
        yield Need(NeedKind.COMPONENT, (), message, False)
    if others:
        code = "its code" if len(others) == 1 else "their code"
        message = (
            f"Not on this server: {list_names(others, _MAX_NAMED)}. A run uses {code} in the flow."
        )
        yield Need(NeedKind.COMPONENT, (), message, True)


def _describe_outdated(components: Sequence[OutdatedComponent]) -> str:
    names = list_names([component.name for component in components], _MAX_NAMED)
    differ, they_are = "components differ", "they are"
    if len(components) == 1:
        differ, they_are = "component differs", "it is"
    replaced = list(filter(None, map(describe_replacement, components)))
    sentences = [
        f"{len(components)} {differ} from the server's: {names}.",
        f"Until {they_are} updated, the flow may fail.",
        *replaced[:_MAX_NAMED],
    ]
    return " ".join(sentences)


def find_connection_needs(flow: Flow, *, runs_all: bool) -> Iterator[Need]:
    """Yield the required inputs that nothing is connected to, by component.

    With `runs_all`, components that only some runs include count as well (`Component.always_runs`).
    """
    # edges from before 1.0 name no parameter
    unclear = {edge.target for edge in flow.leaf_edges if not edge.target_parameter}
    for leaf in flow.leaves_in_reading_order:
        is_run = leaf.always_runs or (runs_all and leaf.runs)
        is_idle = leaf.tool_mode or leaf.frozen or base_type(leaf.type) in _IDLE_WITHOUT_INPUT
        if not is_run or is_idle or leaf.id in unclear:
            continue
        lacking = [
            as_str(entry.get("display_name")) or name
            for name, entry in leaf.template.items()
            if entry.get("required") is True
            and entry.get("show") is not False
            and is_connection(entry)
            and not entry.get("value")
            and (leaf.id, name) not in flow.connected_parameters
        ]
        if lacking:
            message = (
                f"{flow.component_label(leaf.id, 80)}: nothing is connected to "
                f"{list_names(lacking, _MAX_NAMED)}. Connect it in Langflow's editor."
            )
            yield Need(NeedKind.COMPONENT, (), message, False)


def find_local_file_needs(
    flow: Flow, overrides: Mapping[str, Json], server: ServerInfo | None
) -> Iterator[Need]:
    """Yield the components that open the server's own files, which servers refuse by default.

    The needs are met: a server doesn't report this setting. Code of older components isn't refused.
    """
    if server is None or (parse_minor(server.version) or 0) < _RESTRICTS_FILES:
        return
    for leaf in flow.leaves_in_reading_order:
        code = code_text(leaf.template.get("code", {}).get("value"))
        is_local = leaf.type == "Directory" and "enforce_local_file_access(" in code
        if "database_url_for_ssrf(" in code:
            is_local = any(
                _LOCAL_DATABASE.match(
                    as_str(overrides.get(f"{leaf.id}.{name}", entry.get("value")))
                )
                for name, entry in leaf.template.items()
                if (leaf.id, name) not in flow.connected_parameters
            )
        if is_local and leaf.always_runs:
            label = flow.component_label(leaf.id, 80)
            message = (
                f"{label} opens files on the server itself. Langflow {server.version} refuses that "
                "unless LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS is false."
            )
            yield Need(NeedKind.COMPONENT, (), message, True)


def find_package_needs(flow: Flow, resources: ServerResources) -> Iterator[Need]:
    """Yield the packages that are not installed, or whose components the server doesn't offer."""
    users: dict[Package, list[str]] = {}
    for component, package in flow.optional_packages:
        if component.runs and _lacks_package(component, package, resources):
            users.setdefault(package, []).append(flow.component_label(component.id, 80))
    is_certain = resources.packages is not None
    problem = "the server lacks" if is_certain else "not offered by the server, which may lack"
    for package, names in users.items():
        hint = "" if is_certain else f" {package.install_hint}"
        message = f"{' and '.join(names)}: {problem} the package {package.name}.{hint}"
        yield Need(NeedKind.PACKAGE, (), message, False, package=package)


def _lacks_package(component: Component, package: Package, resources: ServerResources) -> bool:
    if resources.packages is not None:
        return package.name not in resources.packages
    return resources.catalogue is not None and resources.catalogue.find(component.type) is None
