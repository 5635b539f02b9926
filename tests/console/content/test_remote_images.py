"""Remote images are fetched only where it can harm nobody."""

import httpx
import pytest

from lfclient.console.content.remote_images import MAX_BYTES, ImageLoadError, load_image

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PUBLIC = "93.184.215.14"


def load(address, answer, *, addresses=(PUBLIC,), clock=None):
    transport = httpx.MockTransport(answer)
    options = {} if clock is None else {"clock": clock}
    return load_image(
        address, resolve=lambda host, port: list(addresses), transport=transport, **options
    )


def png(request):
    return httpx.Response(200, content=PNG, headers={"content-type": "image/png"})


def test_connects_to_the_checked_address_under_the_given_name():
    """The request goes to the IP that was checked, with the host's name in it and for TLS."""
    seen = []

    def answer(request):
        seen.append(request)
        return png(request)

    assert load("https://pictures.example/a.png", answer) == PNG
    assert seen[0].url.host == PUBLIC
    assert seen[0].headers["host"] == "pictures.example"
    assert seen[0].extensions["sni_hostname"] == "pictures.example"
    assert "cookie" not in seen[0].headers
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "nonsense",
    ],
)
def test_refuses_addresses_that_are_not_public(address):
    """A name that leads into a private network is not called."""

    def answer(request):
        raise AssertionError("it was called")

    with pytest.raises(ImageLoadError, match="not a public address"):
        load("http://inside.example/a.png", answer, addresses=(address,))


def test_refuses_a_name_with_one_private_address_among_public_ones():
    """All addresses of a name must be public, not only the first."""
    with pytest.raises(ImageLoadError, match="not a public address"):
        load("http://mixed.example/a.png", png, addresses=(PUBLIC, "127.0.0.1"))


def test_checks_where_a_redirect_leads():
    """A public host may not lead to a private one."""
    hosts = {"public.example": [PUBLIC], "inside.example": ["10.0.0.1"]}

    def answer(request):
        return httpx.Response(302, headers={"location": "http://inside.example/a.png"})

    with pytest.raises(ImageLoadError, match=r"inside\.example is not a public address"):
        load_image(
            "http://public.example/",
            resolve=lambda host, port: hosts[host],
            transport=httpx.MockTransport(answer),
        )


def test_follows_a_redirect_to_a_public_host():
    """A redirect that stays public is followed."""

    def answer(request):
        if request.headers["host"] == "one.example":
            return httpx.Response(302, headers={"location": "https://two.example/b.png"})
        return png(request)

    assert load("https://one.example/a.png", answer) == PNG


def test_gives_up_on_a_loop_of_redirects():
    """A host that leads on without end is left."""
    with pytest.raises(ImageLoadError, match="more than 3 times"):
        load("https://one.example/", lambda r: httpx.Response(302, headers={"location": "/again"}))


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(404), "HTTP 404"),
        (httpx.Response(200, content=PNG, headers={"content-type": "text/html"}), "no image"),
        (
            httpx.Response(200, content=b"<svg/>", headers={"content-type": "image/svg+xml"}),
            "no PNG",
        ),
        (
            httpx.Response(
                200, content=b"\xff\xd8\xff" + b"0" * MAX_BYTES, headers={"content-type": "image/x"}
            ),
            "larger than 20 MB",
        ),
    ],
)
def test_refuses_what_is_no_usable_image(response, reason):
    """Only a raster image of at most 20 MB is given back."""
    with pytest.raises(ImageLoadError, match=reason):
        load("https://pictures.example/a.png", lambda request: response)


def test_refuses_what_takes_too_long():
    """An image that drips in for more than 10 s is given up."""
    times = iter([0.0, 1.0, 11.0, 12.0, 13.0])
    with pytest.raises(ImageLoadError, match="longer than 10 s"):
        load("https://pictures.example/a.png", png, clock=lambda: next(times))


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.example/b", "http://u:p@a.example/b", "http://"]
)
def test_refuses_other_kinds_of_addresses(address):
    """Only http and https without credentials are called."""
    with pytest.raises(ImageLoadError):
        load(address, png)


def test_says_that_a_host_is_unknown():
    """A name that does not resolve is a refusal, not a crash."""

    def unknown(host, port):
        raise OSError("no such host")

    with pytest.raises(ImageLoadError, match="is not known"):
        load_image("http://nowhere.example/a.png", resolve=unknown)
