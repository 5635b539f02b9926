"""Flows added in Chromium, on a real Langflow 1.13.0: from the gallery and from a file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from lfclient import LangflowClient
from tests.browser.accessibility import check
from tests.browser.conftest import SECONDS
from tests.browser.screen import PREFIX, WINDOW, Screen
from tests.browser.visitor import Visitor, start_run
from tests.support.console_process import Console
from tests.support.servers import delete_flow
from tests.support.waiting import wait_for

TEMPLATE = "Twitter Thread Generator"  # other tests add it to this server for a moment only
DIALOG = "[role=dialog]"  # a part to check: the page behind it is checked once
# two clicks, the second while the first is at work; returns after both
TWICE = """(button) => {
  button.click();
  return new Promise((done) => setTimeout(() => done(button.click()), 200));
}"""


@pytest.fixture
def api(sample_flows: Any) -> Iterator[LangflowClient]:
    with LangflowClient(sample_flows.url, sample_flows.api_key, timeout=60) as client:
        yield client


@pytest.fixture
def added(api: LangflowClient) -> Iterator[list[str]]:
    """The ids of the flows that a test has added; other tests use the same server."""
    ids: list[str] = []
    yield ids
    for flow_id in ids:
        delete_flow(api, flow_id)


@pytest.fixture(scope="module")
def owned_console(sample_flows: Any, tmp_path_factory: Any) -> Iterator[Console]:
    """A console whose visitors may add flows."""
    environ = {
        "LANGFLOW_SERVER_URL": sample_flows.url,
        "LANGFLOW_API_KEY": sample_flows.api_key,
        "LFCONSOLE_ALLOW_INSTALL": "true",
    }
    with Console(tmp_path_factory.mktemp("owned"), environ) as console:
        yield console


@pytest.fixture(scope="module")
def lasting_form(owned_console: Console, lasting_window: Any, sample_ids: dict[str, str]) -> Screen:
    """The form of the echo chat, in a window that stays open."""
    screen = Screen(lasting_window())
    screen.open(f"{owned_console.url}/?flow={sample_ids['Echo chat']}")
    return screen


@pytest.fixture
def screen(lasting_form: Screen) -> Iterator[Screen]:
    """The form of a flow without a dialog, in a light wide window."""
    yield lasting_form
    page = lasting_form.page
    lasting_form.drawn()  # a redraw may drop the key
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.set_viewport_size(WINDOW)
    page.emulate_media(color_scheme="light")


def open_menu(screen: Screen) -> None:
    screen.drawn()
    screen.part("flow-menu").get_by_role("button").locator("visible=true").click()


def picked(screen: Screen) -> Locator:
    """The box with the name of the chosen flow."""
    return screen.part("flow-picker").locator("input")


def chosen_id(screen: Screen, name: str) -> str:
    """Return the id of the chosen flow once it is the one of this name."""
    expect(picked(screen)).to_have_value(name)
    screen.drawn()
    (flow_id,) = parse_qs(urlsplit(screen.page.url).query)["flow"]
    return flow_id


def test_a_template_is_found_previewed_and_added(
    screen: Screen, api: LangflowClient, added: list[str]
):
    dialog = screen.add_dialog()
    check(screen.page)
    dialog.get_by_label("Search templates").fill("twitter thread")
    expect(dialog.get_by_text("Preview")).to_have_count(1)
    expect(dialog).to_contain_text("4 components · Needs: Model")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_label("Flow graph")).to_contain_text("Prompt")
    check(screen.page, DIALOG)
    dialog.get_by_role("button", name="Add", exact=True).evaluate(TWICE)
    expect(dialog).to_have_count(0, timeout=2 * SECONDS)
    added.append(chosen_id(screen, TEMPLATE))
    names = [each.name for each in api.flows()]
    assert (names.count(TEMPLATE), f"{TEMPLATE} (1)" in names) == (1, False)
    expect(screen.page.locator("textarea").first).to_be_visible()


@pytest.mark.exhaustive
@pytest.mark.parametrize("below", [10, 110, 220])
def test_a_preview_below_the_window_of_a_phone_is_scrolled_into_sight(screen: Screen, below: int):
    """Its button is that many pixels above the window's end."""
    screen.page.set_viewport_size({"width": 390, "height": 844})
    dialog = screen.add_dialog()
    button = dialog.get_by_role("button", name="Preview").nth(4)
    button.evaluate("button => button.scrollIntoView({block: 'end'})")
    button.hover()
    before = button.bounding_box()
    screen.page.mouse.wheel(0, below)
    wait_for(lambda: button.bounding_box() != before)
    button.click()
    graph = dialog.get_by_label("Flow graph")
    expect(graph).to_be_in_viewport(ratio=1)


def test_a_file_with_the_id_of_a_flow_leaves_that_flow_as_it_was(
    screen: Screen, api: LangflowClient, added: list[str]
):
    echo = api.flow(f"{PREFIX}Echo chat")
    changed = {**echo.raw, "description": "From a file"}
    dialog = screen.upload_flow(changed)
    expect(dialog.get_by_text("Name exists")).to_be_visible()
    check(screen.page, DIALOG)
    dialog.get_by_role("button", name="Add a copy").click()
    expect(dialog).to_have_count(0, timeout=2 * SECONDS)
    added.append(chosen_id(screen, f"{PREFIX}Echo chat (1)"))
    expect(screen.page.get_by_text("From a file")).to_be_visible()
    assert api.flow(echo.id).raw["updated_at"] == echo.raw["updated_at"]


def test_code_in_a_flow_file_is_announced_before_it_is_added(
    screen: Screen, api: LangflowClient, tmp_path: Path
):
    """The code would run on the server, which has neither the flow nor run the code before."""
    marker = tmp_path / "marker"
    raw = json.loads(json.dumps(api.flow(f"{PREFIX}Echo chat").raw))
    output = raw["data"]["nodes"][-1]["data"]["node"]
    output["display_name"] = "Harmless"
    output["template"]["code"]["value"] += f"\nopen({str(marker)!r}, 'w')\n"
    before = [flow.id for flow in api.flows()]
    dialog = screen.upload_flow({**raw, "name": "A gift"})
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_visible()
    expect(dialog).to_contain_text("Code from this file will run on the server.")
    expect(dialog).to_contain_text(
        "1 component differs from the server's, by version or by a change: Harmless."
    )
    dialog.get_by_role("button", name="Close").click()
    assert [flow.id for flow in api.flows()] == before
    assert not marker.exists()


def test_a_file_without_a_flow_is_refused_in_its_dialog(screen: Screen):
    dialog = screen.upload_flow({"name": "no flow"})
    expect(dialog.get_by_test_id("stAlert")).to_contain_text("no flow")
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_have_count(0)
    check(screen.page, DIALOG)


def test_an_added_flow_is_exported_duplicated_and_deleted(
    screen: Screen, api: LangflowClient, added: list[str], tmp_path: Path
):
    name = "Exported flow"
    flow = {**api.flow(f"{PREFIX}Echo chat").raw, "name": name}
    screen.upload_flow(flow).get_by_role("button", name="Add", exact=True).click()
    added.append(chosen_id(screen, name))
    open_menu(screen)
    check(screen.page, "[data-testid=stPopoverBody]")
    with screen.page.expect_download() as download:
        screen.page.get_by_role("button", name="Export").locator("visible=true").click()
    assert download.value.suggested_filename == "Exported-flow.json"
    exported = json.loads(Path(download.value.path()).read_text())
    assert (exported["name"], exported["last_tested_version"]) == (name, "1.13.0")
    screen.page.get_by_role("button", name="Duplicate").evaluate(TWICE)
    expect(picked(screen)).to_have_value(f"{name} (1)")
    open_menu(screen)
    screen.page.get_by_role("button", name="Delete…").click()
    expect(screen.page.get_by_text("Its runs stay in History.")).to_be_visible()
    check(screen.page, DIALOG)
    screen.page.get_by_role("button", name="Delete", exact=True).click()
    expect(picked(screen)).not_to_have_value(f"{name} (1)")
    assert [each.name for each in api.flows() if each.name.startswith(name)] == [name]


@pytest.mark.exhaustive
def test_the_dialog_stays_open_when_the_page_is_redrawn_behind_it(
    screen: Screen, owned_console: Console, sample_ids: dict[str, str]
):
    """A run that ends redraws the page; what was typed stays."""
    with Visitor(owned_console) as other:
        run = start_run(other, sample_ids["Takes half a minute"])
        screen.open(f"{owned_console.url}/?run={run}")
        screen.wait("running")
        dialog = screen.add_dialog()
        dialog.get_by_label("Search templates").fill("agent")
        other.open(run=run)
        other.press("stop-")
    expect(screen.part("run-status")).to_contain_text(re.compile("stopped", re.I))
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Search templates")).to_have_value("agent")


@pytest.mark.exhaustive
def test_a_phone_has_the_buttons_of_a_flow_in_one_menu_beside_its_name(
    owned_console: Console, window: Any, sample_ids: dict[str, str]
):
    screen = Screen(window())
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 844})
    screen.open(f"{owned_console.url}/?flow={sample_ids['Wait for an approval']}")
    name, menu = picked(screen), screen.part("flow-head-menu").locator("button:visible")
    flow, box = name.bounding_box(), menu.bounding_box()
    assert flow
    assert box
    assert flow["y"] < box["y"] + box["height"] / 2 < flow["y"] + flow["height"]
    assert name.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert menu.count() == screen.part("flow-head").locator("button:visible").count() - 1
    open_menu(screen)
    opened = page.get_by_test_id("stPopoverBody")
    for each in ("Present", "Refresh flows", "Add a flow", "Export", "Duplicate"):
        expect(opened.get_by_role("button", name=each)).to_be_visible()
    expect(opened.get_by_role("link", name="Edit in Langflow")).to_be_visible()
    opened.get_by_text("Share", exact=True).click()
    expect(opened).to_contain_text("Link to this form")
    opened.get_by_role("button", name="Add a flow").click()
    expect(page.get_by_role("dialog").get_by_label("Search templates")).to_be_visible()
    expect(opened).to_have_count(0)


def test_keyboard_shortcuts_do_nothing_behind_a_dialog(screen: Screen):
    expect(screen.add_dialog()).to_be_visible()
    screen.page.keyboard.press("Alt+KeyO")
    screen.drawn()
    expect(screen.part("run-mode")).to_have_count(0)


def test_escape_closes_the_dialog_after_an_earlier_upload(
    screen: Screen, api: LangflowClient, added: list[str]
):
    flow = {**api.flow(f"{PREFIX}Echo chat").raw, "name": "Uploaded first"}
    screen.upload_flow(flow).get_by_role("button", name="Add", exact=True).click()
    added.append(chosen_id(screen, "Uploaded first"))
    dialog = screen.add_dialog()
    dialog.get_by_role("tab", name="Upload").click()
    screen.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
