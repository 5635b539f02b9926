"""What to do about an error of a component whose code is older than the server."""

from collections.abc import Collection
from contextlib import suppress

from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from lfclient.flows.outdated import describe_replacement, find_outdated
from pages._ui.connection.server_session import ServerSession

_UPDATE = "Update the flow's components in Setup."
_NOT_OFFERED = "The server doesn't offer this component. Replace it in Langflow's editor."


def advise(server: ServerSession, flow: Flow, ids: Collection[str]) -> tuple[str, bool]:
    """Return a sentence on what to do, and whether Setup does it.

    `ids` are the components that may have failed, empty if unknown. The sentence is "" if none of
    them is outdated or the server's components are unknown.
    """
    catalogue = None
    with suppress(LangflowError):
        catalogue = server.resources(flow).value.catalogue
    outdated = find_outdated(flow, catalogue) if catalogue else []
    found = [component for component in outdated if not ids or component.id in ids]
    if any(component.can_update for component in found):
        return _UPDATE, True
    sentences = [describe_replacement(component) or _NOT_OFFERED for component in found]
    return (sentences[0] if ids and sentences else ""), False
