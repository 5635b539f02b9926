"""The output viewers in Chromium, on a run of a stand-in server."""

import zipfile
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import every_output
from tests.browser.accessibility import DIALOG, check
from tests.browser.screen import WINDOW, Screen
from tests.support.console_process import Console
from tests.support.pictures import picture
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """A console of a stand-in server."""
    with every_output.server() as server:
        environ = {"LANGFLOW_SERVER_URL": server.url, "LANGFLOW_API_KEY": "sk-stand-in-key"}
        with Console(tmp_path_factory.mktemp("console"), environ) as started:
            yield started


@pytest.fixture(scope="module")
def run_screen(console, lasting_window):
    """A run with an output of every kind, opened by its address in a window of all tests."""
    screen = Screen(lasting_window())
    with nothing_remote(screen.page):
        screen.open(f"{console.url}/?flow={every_output.FLOW}")
        screen.mode("Synchronous")
        screen.run()
        screen.wait("completed")
        screen.page.reload()
        screen.wait("completed")
        screen.drawn()
    return screen


@pytest.fixture
def outputs_screen(run_screen):
    """The window at its usual size, its outputs in their first views. Fails if it loads anything
    remote.
    """
    page = run_screen.page
    page.set_viewport_size(WINDOW)
    for card in ("ChatOutput-a", "Table-b"):
        run_screen.part(f"output-{card}").get_by_role("radio").first.check()
    run_screen.drawn()
    with nothing_remote(page):
        yield run_screen


@contextmanager
def nothing_remote(page):
    """Fail if the outputs load anything remote, run a script or violate the policy of pages."""
    requested, messages = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    yield
    assert not [url for url in requested if "pictures.example" in url]
    assert page.evaluate("window.hit") is None
    assert not [text for text in messages if "Content Security" in text]


def top(part: Locator) -> float:
    """The distance from the window's top, -1 of a part that is not shown."""
    box = part.bounding_box()
    return box["y"] if box else -1.0


def test_every_kind_of_output_can_be_viewed_compared_and_exported(outputs_screen):
    page = outputs_screen.page

    def card(id):
        return outputs_screen.part(f"output-{id}")

    message = card("ChatOutput-a")
    expect(message.locator(".katex-display")).to_have_count(1)
    expect(message).to_contain_text("one costs $5 and two cost $9")
    expect(message).to_contain_text(":red[not red]")
    # the wide table scrolls in its column
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    outputs_screen.view("output-ChatOutput-a", "Images")
    with page.expect_download() as saved:
        message.get_by_role("button", name="Image", exact=True).click()
    assert saved.value.suggested_filename == "sunset.png"
    assert saved.value.path().read_bytes() == picture("darkorange", "sunset")

    table = card("Table-b")
    table.get_by_test_id("stDataFrame").hover()
    expect(table.get_by_role("button", name="Search")).to_be_visible()
    # the table's own CSV export would contain formulas
    expect(table.get_by_role("button", name="Download as CSV")).to_have_count(0)
    toolbar = table.get_by_test_id("stElementToolbar")
    wait_for(lambda: top(toolbar) > top(table.get_by_role("radiogroup")) + 100)  # not over it
    outputs_screen.view("output-Table-b", "Chart")
    chart = table.locator("canvas, svg.marks").first
    expect(chart).to_be_visible()
    chart.hover()
    wait_for(lambda: top(toolbar) > top(chart) - 8)  # not over the choice of the Y axis
    outputs_screen.view("output-Table-b", "Columns")
    expect(table.get_by_test_id("stDataFrame")).to_be_visible()

    gallery = card("Pictures-c")
    expect(gallery.locator("img")).to_have_count(4)
    zoom = gallery.get_by_role("button", name="Zoom").first
    zoom.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 4")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("2 of 4")
    check(page, DIALOG)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(message.get_by_role("radio", name="Images")).to_be_checked()

    order = card("Order-d")
    order.get_by_role("textbox").fill("price")
    order.get_by_role("textbox").press("Enter")
    expect(order.get_by_test_id("stCode").first).to_contain_text("items[0].price")

    for name, shown in {
        "pdf": "canvas",
        "csv": "[data-testid=stDataFrame]",
        "svg": "img",
        "html": "code",
    }.items():
        file = card(f"File-{name}")
        file.get_by_role("button", name="Preview").click()
        expect(file.locator(shown).first).to_be_visible()
    assert card("File-svg").locator("img").first.evaluate("image => image.naturalWidth") == 120
    with page.expect_download() as saved:
        card("File-txt").get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == "note.txt"
    assert saved.value.path().read_bytes() == b"a note"
    expect(card("File-txt")).to_contain_text("6 B")
    card("File-gone").get_by_role("button", name="Download").click()
    expect(card("File-gone").get_by_test_id("stAlert")).to_be_visible()
    check(page)

    panel = page.get_by_test_id("stExpander").filter(has_text="Compare two outputs")
    panel.get_by_text("Compare two outputs").click()
    panel.get_by_label("Second", exact=True).wait_for()
    outputs_screen.drawn()  # a redraw closes an open list
    panel.get_by_label("Second", exact=True).click()
    page.get_by_role("option").filter(has_text="Text").first.click()
    panel.get_by_text("Differences").click()
    panel.get_by_text("Lines", exact=True).click()
    differences = panel.get_by_test_id("stCode").filter(has_text="unchanged line")
    expect(differences).to_contain_text("two cost $10")
    check(page, "[data-testid=stExpander]")

    outputs_screen.part("export-run").get_by_role("button").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Outputs (ZIP)").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert {"note.txt", "run.json", "README.txt"} < set(archive.namelist())
        assert archive.read("note.txt") == b"a note"
        assert b"Couldn't download" in archive.read("README.txt")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report (HTML)").click()
    assert saved.value.suggested_filename.endswith("-report.html")
    report = saved.value.path().read_text(encoding="utf-8")
    assert report.startswith("<!doctype html>")
    assert "sk-stand-in-key" not in report


def test_outputs_are_copied_as_text_cells_json_and_image(outputs_screen):
    page = outputs_screen.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def copied(id):
        outputs_screen.part(f"output-{id}").locator("button:visible", has_text="Copy").last.click()
        expect(outputs_screen.part(f"output-{id}")).to_contain_text("Copied")
        return page.evaluate(
            """async () => {
              const [item] = await navigator.clipboard.read();
              const isText = item.types[0] === "text/plain";
              return isText ? navigator.clipboard.readText() : item.types[0];
            }"""
        )

    assert "one costs $5 and two cost $9" in copied("ChatOutput-a")
    assert "\t" in copied("Table-b").splitlines()[0]
    assert copied("Order-d").startswith("{")
    outputs_screen.view("output-ChatOutput-a", "Images")
    outputs_screen.drawn()
    assert copied("ChatOutput-a") == "image/png"


@pytest.mark.exhaustive
def test_an_image_that_can_not_be_copied_says_why(outputs_screen):
    page = outputs_screen.page
    card = outputs_screen.view("output-ChatOutput-a", "Images")
    button = card.locator("button:visible", has_text="Copy").last
    outputs_screen.drawn()
    with outputs_screen.without(page.get_by_test_id("stImage")):
        button.click()
        expect(card).to_contain_text("Couldn't copy")
    expect(button).to_contain_text("Copy")
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true})"
    )
    try:
        button.click()
        expect(card).to_contain_text("Needs HTTPS")
    finally:
        page.evaluate("delete navigator.clipboard")


@pytest.mark.exhaustive
def test_a_table_takes_the_whole_window(outputs_screen):
    table = outputs_screen.part("output-Table-b").get_by_test_id("stDataFrame")
    table.hover()
    table.locator("..").get_by_role("button", name="Fullscreen").click()
    box = outputs_screen.page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box["width"] > outputs_screen.page.viewport_size["width"] * 0.9
    outputs_screen.page.keyboard.press("Escape")
    wait_for(lambda: table.first.bounding_box()["width"] < box["width"])
