"""Normalization and refusal of server addresses."""

import pytest

from lfclient.errors import AddressRefused
from lfclient.wire.addresses import check_resolved_address, is_loopback, normalize_address


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("127.0.0.1:7860", "http://127.0.0.1:7860"),
        (" http://LocalHost:7860/ ", "http://localhost:7860"),
        ("https://host/langflow/", "https://host/langflow"),
        ("https://host:443/a/b?x=1#y", "https://host/a/b"),
        ("http://host/%0d%0aX", "http://host/%0d%0aX"),
        ("http://[::1]:7860", "http://[::1]:7860"),
    ],
)
def test_a_typed_address_becomes_a_base_url(typed, url):
    """A base URL has no trailing slash, query or fragment."""
    assert normalize_address(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        *["", "  ", "ftp://host", "http://", "file:///etc/passwd", "http://a b"],
        *["http://a%0d%0ab", "http://a%20b", "http://a|b"],
        *["http://a:99999", "http://a:0"],
    ],
)
def test_anything_but_a_web_address_is_refused_with_a_hint(typed):
    with pytest.raises(AddressRefused) as caught:
        normalize_address(typed)
    assert caught.value.hint


def test_credentials_in_an_address_are_refused_without_repeating_them():
    with pytest.raises(AddressRefused) as caught:
        normalize_address("http://me:hunter2@host")
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


METADATA = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd00:42::42",
    "100.100.100.200",
    "168.63.129.16",
]


@pytest.mark.parametrize("address", METADATA)
def test_a_name_that_resolves_to_a_metadata_address_is_refused(address):
    """Metadata addresses inside IPv6 addresses are refused as well."""
    with pytest.raises(AddressRefused, match=r"innocent\.example"):
        check_resolved_address(
            "http://innocent.example/", resolve=lambda host, port: ["10.0.0.1", address]
        )


@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"]
)
def test_other_spellings_of_a_metadata_address_are_refused(host):
    """The system resolver reads decimal, hex, octal and short forms, and so must the check."""
    with pytest.raises(AddressRefused):
        check_resolved_address(f"http://{host}/")


def test_a_metadata_address_mapped_to_ipv6_is_refused():
    with pytest.raises(AddressRefused):
        check_resolved_address("http://[::ffff:a9fe:a9fe]/")


def test_a_metadata_name_is_refused_even_if_it_does_not_resolve():
    """A proxy might resolve it."""

    def fails(host, port):
        raise OSError

    with pytest.raises(AddressRefused):
        check_resolved_address("http://metadata.google.internal./", resolve=fails)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.5", "8.8.8.8"])
def test_loopback_private_and_public_addresses_pass(address):
    resolved = []

    def resolve(host, port):
        resolved.append(host)
        return [address]

    check_resolved_address("http://langflow/", resolve=resolve)
    assert resolved == ["langflow"]


def test_a_name_that_does_not_resolve_passes():
    """The request then fails with a better message."""

    resolved = []

    def fails(host, port):
        resolved.append(host)
        raise OSError("no such host")

    check_resolved_address("http://nowhere.invalid/", resolve=fails)
    assert resolved == ["nowhere.invalid"]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True),
        ("[::1]", True), ("::ffff:127.0.0.1", True), ("", False), ("0.0.0.0", False), ("::", False),
        ("10.0.0.1", False), ("console.example.org", False),
    ],
)  # fmt: skip
def test_only_loopback_addresses_stay_on_this_machine(host, loopback):
    """The empty address means all interfaces, so it is not loopback."""
    assert is_loopback(host) is loopback
