"""Images are found anywhere in an output, shrunk for lists, and loaded from URLs safely."""

import base64
import gzip
import io
import socket
import threading
from contextlib import contextmanager, suppress

import httpx
import pytest
from PIL import Image

from lfclient.console.content import images
from lfclient.console.content.images import (
    MAX_BYTES,
    MAX_IMAGES,
    MAX_THUMBNAIL_PIXELS,
    FoundImage,
    ImageLoadError,
    find_images,
    image_size,
    load_image,
    make_thumbnail,
    undrawable_reason,
)
from lfclient.outputs.model import Output, OutputKind
from tests.support.pictures import image_file
from tests.support.reports import png_header

ONE = "data:image/png;base64,iVBORw0KGgoAAAA="
TWO = "data:image/gif;base64,R0lGODlhAQAB"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PUBLIC = "93.184.215.14"


def found(value, kind=OutputKind.DATA, **more):
    return find_images(Output("C-1", kind, value, **more))


def test_finds_each_image_in_a_message_once():
    text = f"![cat]({ONE}) text ![]({TWO}) and again {ONE}"
    assert found(text, OutputKind.MESSAGE) == [FoundImage("cat", ONE), FoundImage("", TWO)]


def test_an_image_name_has_no_undrawable_characters():
    assert found(f"![a\ud800\u202eb]({ONE})", OutputKind.MESSAGE) == [FoundImage("a?b", ONE)]
    assert found({"a\ud800\u202eb": ONE}) == [FoundImage('["a?b"]', ONE)]


def test_images_in_lists_objects_and_rows_are_named_by_their_path():
    assert found([ONE, TWO]) == [FoundImage("[0]", ONE), FoundImage("[1]", TWO)]
    assert found({"a": {"b": [ONE]}}) == [FoundImage("a.b[0]", ONE)]
    rows = [{"name": "x", "photo": ONE}, {"name": "y", "photo": TWO}]
    assert found(rows, OutputKind.TABLE)[1] == FoundImage("[1].photo", TWO)


def test_finds_urls_of_image_files_and_ignores_others():
    rows = [{"a": "https://x.example/cat.PNG?w=1", "b": "https://x.example/page"}]
    assert found(rows, OutputKind.TABLE) == [FoundImage("[0].a", rows[0]["a"])]


def test_recognises_bare_base64_of_png_and_jpeg():
    text = "iVBORw0KGgo" + "A" * 60
    assert found({"image": text}) == [FoundImage("image", f"data:image/png;base64,{text}")]


def test_finds_images_in_image_outputs_and_extras():
    assert found(b"\x89PNG", OutputKind.IMAGE) == [FoundImage("", b"\x89PNG")]
    extra = Output("C-1", OutputKind.IMAGE, "http://x.example/a")
    assert found("![](http://x.example/a)", OutputKind.MESSAGE, extras=(extra,)) == [
        FoundImage("", "http://x.example/a")
    ]


def test_plain_values_contain_no_images():
    for value in ("text", 5, None, [], {}, [None, {"a": 1.5}]):
        assert found(value) == []


def test_the_number_of_images_is_limited():
    assert len(found([f"{ONE}{i}" for i in range(MAX_IMAGES + 9)])) == MAX_IMAGES


def encoded(kind, size):
    content = io.BytesIO()
    Image.new("L", size).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_the_size_of_an_image_is_read(kind):
    assert image_size(encoded(kind, (30, 20))) == (30, 20)


@pytest.mark.parametrize("data", [b"", b"text", b"<svg/>", b"\x89PNG broken", b"\xff\xd8\xff\xe0"])
def test_other_files_have_no_size(data):
    assert image_size(data) is None


def test_an_image_with_more_than_the_maximum_pixels_is_not_drawn():
    assert undrawable_reason(png_header(5_000, 5_000)) == ""
    reason = "it has 5,000 × 5,001 pixels, more than 25 megapixels"
    assert undrawable_reason(png_header(5_000, 5_001)) == reason


def test_a_drawing_is_drawn_but_an_image_of_unknown_size_is_not():
    assert "damaged" in undrawable_reason(b"\x89PNG broken")
    assert undrawable_reason(b"<svg/>") == ""


def thumbnail_of(*values):
    kinds = {bytes: OutputKind.IMAGE, str: OutputKind.MESSAGE, list: OutputKind.DATA}
    return make_thumbnail(Output("C", kinds[type(value)], value) for value in values)


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", mode) for mode in ("RGB", "RGBA", "P", "I;16")]
    + [("JPEG", "CMYK"), ("GIF", "P"), ("WEBP", "RGB"), ("BMP", "1")],
)
def test_an_image_of_each_kind_gets_a_small_webp(kind, mode):
    small = opened(thumbnail_of(image_file(kind, mode=mode)))
    assert small.format == "WEBP"
    assert small.size == (MAX_THUMBNAIL_PIXELS, MAX_THUMBNAIL_PIXELS * 200 // 320)


def test_a_small_image_is_not_enlarged():
    assert opened(thumbnail_of(image_file(size=(20, 10)))).size == (20, 10)


def test_the_first_image_of_all_outputs_is_taken():
    """A data URL in a text counts as an image. Remote images are not fetched."""
    url = "data:image/png;base64," + base64.b64encode(image_file(size=(8, 4))).decode()
    remote = "http://127.0.0.1:9/picture.png"
    small = thumbnail_of("no image", [remote], f"Look: ![sunset]({url})", image_file())
    assert opened(small).size == (8, 4)


@pytest.mark.parametrize(
    "value",
    [
        "no image",
        b"\x89PNG\r\n\x1a\nbroken",
        image_file()[:60],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "data:image/png;base64,!!!",
        "http://127.0.0.1:9/picture.png",
    ],
)
def test_without_an_image_that_can_be_drawn_there_is_no_thumbnail(value):
    assert thumbnail_of(value) is None


def test_a_large_image_is_not_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_SOURCE_PIXELS", 99)
    assert thumbnail_of(image_file(size=(10, 10))) is None
    assert thumbnail_of(image_file(size=(11, 9)))


def load(address, respond, *, addresses=(PUBLIC,)):
    transport = httpx.MockTransport(respond)
    return load_image(address, resolve=lambda host, port: list(addresses), transport=transport)


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
        "192.0.0.192",
        "168.63.129.16",
        "fec0::1",
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


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Filler: more\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", b"more"),
    ],
    ids=["interim responses", "header lines", "body"],
)
def test_one_deadline_ends_a_response_that_drips(start, drip, monkeypatch):
    monkeypatch.setattr(images, "_is_public", lambda address: True)
    with dripping_server(start, drip) as port, pytest.raises(ImageLoadError, match="took longer"):
        load_image(f"http://127.0.0.1:{port}/a.png", timeout=0.2)


@contextmanager
def dripping_server(start, drip):
    """Serve a response that never ends, on loopback. Yield the port."""

    def serve():
        with suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(start)
            while not closed.wait(0.02):
                connection.sendall(drip)

    closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        closed.set()
        listener.shutdown(socket.SHUT_RDWR)  # ends the wait for a client that never connected
        thread.join()


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://a.example/b",
        "http://u:p@a.example/b",
        "http://",
        "http://xn--/",
        "http://a.example:99999/",
    ],
)
def test_refuses_other_schemes_invalid_urls_and_urls_with_credentials(address):
    with pytest.raises(ImageLoadError):
        load(address, png)


@pytest.mark.parametrize("error", [OSError("no such host"), UnicodeError("label empty")])
def test_an_unknown_host_is_reported(error):
    def unknown(host, port):
        raise error

    with pytest.raises(ImageLoadError, match="find the host"):
        load_image("http://nowhere..example/a.png", resolve=unknown)


def test_the_deadline_ends_slow_dns_lookups_which_hold_up_no_other():
    found, is_slow = threading.Event(), []

    def resolve(host, port):
        is_slow.append(found.wait(5))
        return [PUBLIC]

    for _ in range(40):
        with pytest.raises(ImageLoadError, match="took longer"):
            load_image("http://slow.example/a.png", resolve=resolve, timeout=0.02)
    assert is_slow == []
    with pytest.raises(ImageLoadError, match="not a public address"):
        load_image("http://other.example/a", resolve=lambda *_: ["10.0.0.1"], timeout=2)
    found.set()
