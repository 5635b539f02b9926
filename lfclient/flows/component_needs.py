"""Packages and updates that a flow's components need. Pure."""

from collections.abc import Iterator, Sequence

from lfclient.common.formatting import list_names
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.outdated import OutdatedComponent, describe_replacement, find_outdated
from lfclient.resources.packages import Package
from lfclient.resources.server_resources import ServerResources

_MAX_NAMED = 5  # components in a sentence


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
