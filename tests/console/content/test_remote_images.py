"""Remote images are loaded safely or not at all."""

import gzip

import httpx
import pytest

from lfclient.console.content.remote_images import MAX_BYTES, ImageLoadError, load_image

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PUBLIC = "93.184.215.14"


def load(address, respond, *, addresses=(PUBLIC,), clock=None):
    transport = httpx.MockTransport(respond)
    options = {} if clock is None else {"clock": clock}
    return load_image(
        address, resolve=lambda host, port: list(addresses), transport=transport, **options
    )


def png(request):
    return httpx.Response(200, content=PNG, headers={"content-type": "image/png"})


def test_a_compressed_response_is_refused():
    """A chunk of 64 kB may expand to 64 MB."""
    requests = []

    def respond(request):
        requests.append(request)
        headers = {"content-type": "image/png", "content-encoding": "gzip"}
        return httpx.Response(200, content=gzip.compress(PNG), headers=headers)

    with pytest.raises(ImageLoadError, match="compressed"):
        load("https://pictures.example/a.png", respond)
    assert requests[0].headers["accept-encoding"] == "identity"


def test_connects_to_the_checked_address_without_credentials():
    seen = []

    def respond(request):
        seen.append(request)
        return png(request)

    assert load("https://pictures.example/a.png", respond) == PNG
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
    def respond(request):
        raise AssertionError("a request was sent")

    with pytest.raises(ImageLoadError, match="not a public address"):
        load("http://inside.example/a.png", respond, addresses=(address,))


def test_refuses_a_host_with_one_private_address_among_public_ones():
    with pytest.raises(ImageLoadError, match="not a public address"):
        load("http://mixed.example/a.png", png, addresses=(PUBLIC, "127.0.0.1"))


def test_refuses_a_redirect_to_a_private_host():
    hosts = {"public.example": [PUBLIC], "inside.example": ["10.0.0.1"]}

    def respond(request):
        return httpx.Response(302, headers={"location": "http://inside.example/a.png"})

    with pytest.raises(ImageLoadError, match=r"inside\.example is not a public address"):
        load_image(
            "http://public.example/",
            resolve=lambda host, port: hosts[host],
            transport=httpx.MockTransport(respond),
        )


def test_follows_a_redirect_to_a_public_host():
    def respond(request):
        if request.headers["host"] == "one.example":
            return httpx.Response(302, headers={"location": "https://two.example/b.png"})
        return png(request)

    assert load("https://one.example/a.png", respond) == PNG


def test_gives_up_on_a_redirect_loop():
    with pytest.raises(ImageLoadError, match="more than 3 times"):
        load("https://one.example/", lambda r: httpx.Response(302, headers={"location": "/again"}))


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(404), "HTTP 404"),
        (httpx.Response(200, content=PNG, headers={"content-type": "text/html"}), "not an image"),
        (
            httpx.Response(200, content=b"<svg/>", headers={"content-type": "image/svg+xml"}),
            "not a PNG",
        ),
        (
            httpx.Response(
                200, content=b"\xff\xd8\xff" + b"0" * MAX_BYTES, headers={"content-type": "image/x"}
            ),
            "larger than 20 MB",
        ),
    ],
)
def test_refuses_anything_but_a_raster_image_of_up_to_20_mb(response, reason):
    with pytest.raises(ImageLoadError, match=reason):
        load("https://pictures.example/a.png", lambda request: response)


def test_refuses_an_image_that_takes_more_than_10_seconds():
    times = iter([0.0, 1.0, 11.0, 12.0, 13.0])
    with pytest.raises(ImageLoadError, match="longer than 10 s"):
        load("https://pictures.example/a.png", png, clock=lambda: next(times))


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.example/b", "http://u:p@a.example/b", "http://"]
)
def test_refuses_other_schemes_and_urls_with_credentials(address):
    with pytest.raises(ImageLoadError):
        load(address, png)


def test_an_unknown_host_is_reported():
    def unknown(host, port):
        raise OSError("no such host")

    with pytest.raises(ImageLoadError, match="find the host"):
        load_image("http://nowhere.example/a.png", resolve=unknown)
