"""Packages and updates that a flow's components need. Pure."""

from collections.abc import Iterator

from lfclient.common.formatting import list_names
from lfclient.flows.graph import Component
from lfclient.flows.model import Flow
from lfclient.flows.need import Need, NeedKind
from lfclient.flows.outdated import describe_replacement, find_outdated
from lfclient.resources.packages import Package
from lfclient.resources.server_resources import ServerResources

_MAX_NAMED = 5  # components in a sentence


def find_outdated_needs(flow: Flow, resources: ServerResources) -> Iterator[Need]:
    """Yield the need for an update of components that differ from the server's.

    It is met if the server lacks all of them, because no update helps then. Components that lack a
    package are left out.
    """
    catalogue = resources.catalogue
    if catalogue is None:
        return
    stored = flow.refreshed.stored if flow.refreshed else flow
    lacking = {
        component.id
        for component, package in flow.optional_packages
        if _lacks_package(component, package, resources)
    }
    found = [
        each
        for each in find_outdated(stored, catalogue)
        if each.can_update
        or each.replacements
        # without aliases, a component that is not found may have a former type and run (1.8)
        or (catalogue.aliases and each.id not in lacking)
    ]
    names = [component.name for component in found if component.can_update]
    sentences = []
    if names:
        listed = list_names(names, _MAX_NAMED)
        differ, they_are = "components differ", "they are"
        if len(names) == 1:
            differ, they_are = "component differs", "it is"
        sentences = [
            f"{len(names)} {differ} from the server's: {listed}.",
            f"Until {they_are} updated, the flow may fail.",
        ]
    described = list(filter(None, map(describe_replacement, found)))
    more = len(described) - _MAX_NAMED
    if more > 1:
        described[_MAX_NAMED:] = [f"The server also lacks {more} other components."]
    if found:
        yield Need(NeedKind.OUTDATED, (), " ".join(sentences + described), not names)


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
