"""Addresses of providers that a person enters."""

from lfclient.common.formatting import strip_credentials
from lfclient.errors import AddressRefused, InvalidRequest
from lfclient.wire.addresses import check_resolved_address, normalize_address


def check_provider_address(label: str, address: str) -> None:
    """Check what Langflow would connect to, as the address of a server is checked.

    It may have a user name and a password. Raises `InvalidRequest`.
    """
    try:
        check_resolved_address(normalize_address(strip_credentials(address) or address))
    except AddressRefused as error:
        raise InvalidRequest(f"{label}: {error}", hint="Correct the address.") from error
