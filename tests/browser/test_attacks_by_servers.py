"""Attacks by servers that a visitor enters and by outputs of flows.

The attacking servers are stand-ins, since no Langflow sends such responses.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import expect
from streamlit.runtime.memory_media_file_storage import _calculate_file_id

from tests.browser import every_output
from tests.browser.attack_tools import (
    load_on,
    sign_in,
    site,
)
from tests.browser.every_output import FAILING_FLOW, hostile_server
from tests.browser.screen import Screen
from tests.browser.visitor import Visitor, new_cookie
from tests.support.console_process import Console
from tests.support.hostile_markdown import EXTENSIONS, HTML, IMAGES, LINKS, TRACE
from tests.support.pictures import picture

REFUSED_ADDRESSES = {
    "http://169.254.169.254": "metadata address",
    "http://metadata.test/latest": "metadata address",
    "http://2852039166": "metadata address",
    "http://0xA9.0xFE.0xA9.0xFE": "metadata address",
    "http://[::ffff:169.254.169.254]": "metadata address",
    "http://[64:ff9b::a9fe:a9fe]": "metadata address",
    "http://[fd00:ec2::254]": "metadata address",
    "http://100.100.100.200": "metadata address",
    "http://metadata.google.internal.": "metadata address",
    "http://turning.test": "metadata address",
    "file:///etc/passwd": "start with http",
    "gopher://127.0.0.1": "start with http",
    "http://me:word@127.0.0.1": "user name or password",
    "http://127.0.0.1:7860 .example": "not a web address",
}


@pytest.fixture
def beyond_loopback(personal: Console) -> Callable[[], list[str]]:
    """What the console tried to resolve and to connect to beyond loopback."""
    file = personal.folder / "beyond-loopback"
    file.unlink(missing_ok=True)
    return lambda: file.read_text().splitlines() if file.exists() else []


def test_an_address_of_the_clouds_own_network_is_never_connected_to(
    personal: Console, beyond_loopback: Callable[[], list[str]]
):
    with Visitor(personal, new_cookie(personal)) as visitor:
        for address, reason in REFUSED_ADDRESSES.items():
            assert reason in sign_in(visitor, address, "sk-key"), address
        assert beyond_loopback() == []
        assert "Couldn't reach" in sign_in(visitor, "http://192.0.2.1", "sk-key")
        assert "connect 192.0.2.1" in beyond_loopback()


def test_a_redirect_of_a_server_is_not_followed(
    personal: Console, beyond_loopback: Callable[[], list[str]]
):
    with site(b"{}") as inner, Visitor(personal, new_cookie(personal)) as visitor:
        for location in (inner.url, "http://metadata.test/latest", "file:///etc/passwd"):
            with site(b"", 302, location=location) as outer:
                assert "Connected to" not in sign_in(visitor, outer.url, "sk-key")
                assert outer.requests[0].headers["x-api-key"] == "sk-key"
        assert inner.requests == []
    assert beyond_loopback() == []


def test_a_response_that_unpacks_to_a_gigabyte_takes_no_memory(personal: Console):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"[" * 10_000_000) for _ in range(100)) + packer.flush()
    with (
        site(bomb, content_type="application/json", content_encoding="gzip") as server,
        Visitor(personal, new_cookie(personal)) as visitor,
        load_on(personal) as load,
    ):
        assert "larger than 1.0 MB" in sign_in(visitor, server.url, "sk-key")
    assert load.added_bytes < 50_000_000
    assert load.longest_wait < 5


# what a flow returns


@pytest.fixture(scope="module")
def hostile(personal: Console) -> Iterator[str]:
    """The cookie of a person who is connected to a hostile Langflow."""
    cookie = new_cookie(personal)
    with hostile_server() as server, Visitor(personal, cookie) as visitor:
        assert "Connected to" in sign_in(visitor, server.url, "sk-theirs")
        yield cookie


# each attribute of the page in which a text occurs
FIND_ATTRIBUTES = """
(text) => [...document.querySelectorAll("*")]
  .flatMap((each) => [...each.attributes].map((one) => [each, one]))
  .filter(([each, one]) => one.value.includes(text))
  .map(([each, one]) => [each.tagName, one.name, each.closest("[class*=output-Text]")?.className])
"""
# attributes that load, lead somewhere or execute, and elements that do by themselves
FIND_ACTIVE = """
(trace) => [...document.querySelectorAll("*")].flatMap((each) =>
  [...each.attributes]
    .filter(({ name, value }) => name.startsWith("on")
      || (/^(src|srcset|href|xlink:href|style|action|formaction|data|poster)$/.test(name)
        && value.includes(trace))
      || (name === "srcdoc"))
    // a message may have links to web pages
    .filter(({ value }) => !value.startsWith("http") || !each.closest("[class*=output-Chat]"))
    .map(({ name, value }) =>
      `${each.tagName} ${name}=${value} in ${each.closest("[class*=st-key]")?.className}`))
"""


@pytest.fixture(scope="module")
def hostile_run(
    open_as: Callable[[str], Screen], personal: Console, hostile: str
) -> Iterator[Screen]:
    """The page of a run of the hostile flow. Whatever is done there loads and runs nothing."""
    screen, requested = open_as(hostile), []
    screen.page.context.on("request", lambda request: requested.append(request.url))
    run_flow(screen, personal, every_output.FLOW)
    yield screen
    assert all(url.startswith((personal.url, "data:", "blob:")) for url in requested), requested
    assert screen.page.evaluate("window.hit") is None


def run_flow(screen: Screen, console: Console, flow_id: str) -> None:
    screen.open(f"{console.url}/?flow={flow_id}")
    screen.mode("Synchronous")
    screen.run()
    screen.wait("completed", "failed")


def test_markup_in_every_name_and_text_is_shown_as_text(
    hostile_run: Screen, personal: Console
) -> None:
    run_id = hostile_run.address().partition("run=")[2][:32]
    file = hostile_run.part("output-File-c")
    file.get_by_role("button", name="Preview").click()
    expect(file.locator("img").first).to_be_visible()
    pages = [hostile_run.page, hostile_run.page.context.new_page()]
    other = Screen(pages[1])
    found = pages[0].evaluate(FIND_ACTIVE, TRACE)
    shown = [pages[0].locator("body").inner_text()]

    def look() -> None:
        found.extend(pages[1].evaluate(FIND_ACTIVE, TRACE))
        shown.append(pages[1].locator("body").inner_text())
        assert pages[1].evaluate("window.hit") is None

    run_flow(other, personal, FAILING_FLOW)
    look()
    hostile_session = f"/chat?flow={every_output.FLOW}&session=<img src=x onerror=window.hit=1>"
    for path, text in (
        ("/history", "2 runs"),
        (hostile_session, "This flow can't be used in Chat"),
        (f"/compare?runs={run_id},{run_id}", "Choose the runs to compare this run with"),
    ):
        other.go_to(path)
        expect(other.page.get_by_text(text).first).to_be_visible()
        look()
    for query in (f"flow=<script>window.hit=1</script>{TRACE}", f"run=<img src=http://{TRACE}>"):
        other.open(f"{personal.url}/?{query}")
        look()
    pages[1].close()
    assert found == []
    assert all("<script>window.hit=1</script>" in text for text in shown[:2])
    assert [each["name"] for each in pages[0].context.cookies() if each["name"] == "hit"] == []


def test_no_cell_of_an_exported_table_is_a_formula(hostile_run: Screen) -> None:
    page = hostile_run.page
    with page.expect_download() as saved:
        hostile_run.part("output-Table-b").get_by_role("button", name="CSV").click()
    tables = [saved.value.path().read_bytes()]
    hostile_run.part("export-run").get_by_role("button").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Outputs (ZIP)").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        tables += [archive.read(name) for name in archive.namelist() if name.endswith(".csv")]
    assert len(tables) == 2
    for table in tables:
        for separator in ",;":
            text = table.decode("utf-8-sig")
            rows = csv.reader(io.StringIO(text), delimiter=separator)
            cells = [cell for row in rows for cell in row]
            assert len(cells) > 10
            starts = [cell.strip("\t\r\n \u200b\ufeff")[:1] for cell in cells]
            assert not set(starts) & set("=+-@＝"), cells


def test_no_file_name_leads_out_of_a_folder_or_into_a_header(hostile_run: Screen) -> None:
    page, names = hostile_run.page, []
    with page.expect_download() as saved:
        hostile_run.part("output-File-c").get_by_role("button", name="Download").click()
    names.append(saved.value.suggested_filename)
    expect(hostile_run.part("output-File-c")).to_contain_text(names[0])
    hostile_run.part("export-run").get_by_role("button").first.click()
    for label in ("Report (HTML)", "Outputs (ZIP)"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=label).click()
        names.append(saved.value.suggested_filename)
    with zipfile.ZipFile(saved.value.path()) as archive:
        names += archive.namelist()
    assert len(names) > 8
    for name in names:
        assert not re.search(r"[/\\:*?\"<>|\r\n\u202e\u200b]|^\.|\.\.", name), names


def test_an_image_of_400_megapixels_is_not_decoded(hostile_run: Screen, personal: Console) -> None:
    screen = hostile_run
    before = screen.address()
    with load_on(personal) as load:
        screen.run()
        expect(screen.page).not_to_have_url(before)
        screen.wait("completed")
        for output in ("Bomb-e", "Bomb-f"):
            if output == "Bomb-f":
                screen.view("output-Bomb-f", "Images")
            expect(screen.part(f"output-{output}")).to_contain_text("25 megapixels")
    sizes = screen.page.evaluate("[...document.images].map((each) => each.naturalWidth)")
    assert max(sizes) < 1_000
    assert load.added_bytes < 100_000_000
    assert load.longest_wait < 5


def test_the_address_of_a_shown_image_cannot_be_made_of_its_content(
    hostile_run: Screen, personal: Console
) -> None:
    """Whoever knows a file can't ask whether somebody looks at it."""
    assert _calculate_file_id.__module__.startswith("streamlit.")
    image = picture("teal", "a")
    expect(hostile_run.part("output-Picture-d").locator("img").first).to_be_visible()
    sources = hostile_run.page.evaluate("[...document.images].map((each) => each.src)")
    contents = {
        source: httpx.get(source).content for source in sources if source.startswith(personal.url)
    }
    assert image in contents.values()
    guess = f"{personal.url}/media/{_calculate_file_id(image, 'image/png')}.png"
    assert httpx.get(guess).status_code == 404
    assert guess not in contents


def test_no_address_of_a_hostile_message_is_in_the_page(
    open_as: Callable[[str], Screen], personal: Console
) -> None:
    samples = [*IMAGES.values(), *EXTENSIONS.values(), *LINKS.values(), *HTML.values()]
    kinds = {f"Text-{number}": ("message", text) for number, text in enumerate(samples)}
    cookie = new_cookie(personal)
    with every_output.server(kinds) as server, Visitor(personal, cookie) as visitor:
        sign_in(visitor, server.url, "sk-theirs")
        screen, requested = open_as(cookie), []
        page = screen.page
        page.on("request", lambda request: requested.append(request.url))
        run_flow(screen, personal, every_output.FLOW)
        expect(screen.part(f"output-Text-{len(samples) - 1}")).to_be_visible()
        assert page.evaluate(FIND_ATTRIBUTES, TRACE) == []
        assert not [url for url in requested if TRACE in url]
        assert page.evaluate("window.hit") is None
