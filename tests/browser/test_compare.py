"""Stored runs compared in Chromium; no Langflow is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.config.settings import Settings
from lfclient.console.store.run_record import RunRecord
from lfclient.console.store.store import Store
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from tests.browser.accessibility import check, check_with_menus
from tests.browser.screen import Screen
from tests.browser.visitor import Visitor
from tests.support.console_process import Console
from tests.support.pictures import picture

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
COLORS = ["crimson", "crimson", "royalblue", "crimson"]
TEXTS = ["The sun over Lisbon", "The sun over Lisbon", "The rain over Lisbon", "The sun over Oslo"]
ENVIRON = {"LANGFLOW_SERVER_URL": "http://127.0.0.1:9", "LANGFLOW_API_KEY": "none"}


def rows(number: int) -> list[dict[str, Any]]:
    return [{"id": str(UUID(int=100 * number + n)), "city": f"City {n}"} for n in range(5)]


def outputs(number: int) -> dict[str, Output]:
    values = [
        ("Chat", OutputKind.MESSAGE, TEXTS[number]),
        ("Table", OutputKind.TABLE, rows(number)),
        ("Image", OutputKind.IMAGE, picture(COLORS[number], "")),
    ]
    return {name: Output(name, kind, value, display_name=name) for name, kind, value in values}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with four stored runs of a server that is down."""
    folder = tmp_path_factory.mktemp("compared")
    console = Console(folder, ENVIRON)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in console.environ.items():
            patch.setenv(name, value)
        settings = Settings.load()
    store = Store(settings.data_dir)
    owner = owner_fingerprint(settings.servers[0], settings.data_dir)
    for number in range(len(TEXTS)):
        began = NOW + timedelta(minutes=number)
        run = Run("flow", "sync", RunStatus.COMPLETED, outputs=outputs(number))
        record = RunRecord(
            id=run_ids()[number],
            owner=owner,
            submit_token=f"token {number}",
            server_name="Langflow",
            server_url=ENVIRON["LANGFLOW_SERVER_URL"],
            flow_id="flow",
            flow_name="Weather",
            mode="sync",
            created_at=began,
            status=RunStatus.COMPLETED,
            ended_at=began,
            overrides={"Chat.input_value": TEXTS[number]},
            run=run,
            attempts=1,
        )
        store.create(record)
        store.update(replace(record, version=2), with_response=True)
    store.close()
    with console:
        yield console


def run_ids() -> list[str]:
    return [f"{number:032x}" for number in range(len(TEXTS))]


@pytest.fixture(scope="module")
def compared(console: Console, lasting_window: Callable[..., Page]) -> Screen:
    """The comparison of the four runs. After one of its tests, it ignores no column."""
    return open_comparison(console, lasting_window(), run_ids())


def open_comparison(console: Console, page: Page, runs: list[str]) -> Screen:
    page.goto(f"{console.url}/compare?runs={','.join(runs)}")
    page.get_by_text("Compare other runs").wait_for()
    screen = Screen(page)
    screen.drawn()
    return screen


def output_card(screen: Screen, name: str) -> Any:
    cards = screen.page.locator("[class*=st-key-compared-output-]")
    return cards.filter(has_text=name).first


@pytest.mark.exhaustive
def test_a_cell_of_the_overview_shows_its_runs_differences(compared: Screen):
    expect(compared.page.get_by_text("Run 1 → Run 3")).to_be_visible()
    grid = compared.part("compared-overview")
    box = grid.bounding_box()
    row = box["height"] / (1 + len(TEXTS))
    compared.page.mouse.click(box["x"] + box["width"] / 3, box["y"] + 4.5 * row)
    expect(compared.page.get_by_text("Run 1 → Run 4")).to_be_visible()
    words = compared.page.locator("[class*=st-key-compared-pair-]").first
    expect(words).to_contain_text("+ Oslo")
    compared.page.keyboard.press("ArrowUp")
    expect(compared.page.get_by_text("Run 1 → Run 3")).to_be_visible()


@pytest.mark.exhaustive
def test_the_overview_can_be_read_as_a_table(compared: Screen):
    cells = compared.part("compared-overview").locator("[role=gridcell]")
    for text in ("baseline", "≠ 1 word", "same", "≠ other image"):
        expect(cells.filter(has_text=text)).not_to_have_count(0)


@pytest.mark.exhaustive
def test_what_is_ignored_is_changed_and_kept(console: Console, compared: Screen):
    said = compared.part("compared-ignored")
    expect(said).to_contain_text("Ignored: id – it changes with each run")
    compared.page.get_by_role("button", name="Change", exact=False).first.click()
    compared.page.get_by_role("button", name="Remove id").click()
    expect(said).to_contain_text("Nothing is ignored.")
    expect(output_card(compared, "Table")).to_contain_text("Different")
    with Visitor(console) as elsewhere:
        assert "Nothing is ignored." in elsewhere.open("compare", runs=",".join(run_ids()))
    compared.page.keyboard.press("Escape")
    compared.drawn()


def test_a_comparison_is_accessible(compared: Screen):
    check_with_menus(compared.page)
    others = compared.page.get_by_text("Compare other runs")
    others.click()
    compared.drawn()
    check(compared.page, within=".st-key-comparing-others")
    others.click()
    compared.drawn()


@pytest.fixture(scope="module")
def history(console: Console, lasting_window: Callable[..., Page]) -> Screen:
    """The history of the four runs, in a window that stays open."""
    screen = Screen(lasting_window())
    screen.page.goto(f"{console.url}/history")
    screen.part("history-bar").get_by_text(f"{len(TEXTS)} runs").wait_for()
    screen.drawn()
    return screen


def test_history_is_accessible(history: Screen):
    check_with_menus(history.page)


def test_a_history_without_matching_runs_is_accessible(history: Screen):
    history.go_to("/history?q=no+run+has+this")
    history.page.get_by_text("No matching runs").wait_for()
    history.drawn()
    check_with_menus(history.page)


def test_a_run_of_an_unreachable_server_is_accessible(
    console: Console, window: Callable[..., Page]
):
    screen = Screen(window())
    screen.page.goto(f"{console.url}/?run={run_ids()[-1]}")
    expect(screen.page.get_by_text(TEXTS[-1]).first).to_be_visible()
    screen.drawn()
    check_with_menus(screen.page)


@pytest.mark.exhaustive
@pytest.mark.parametrize("runs", [2, 4])
def test_nothing_scrolls_sideways_on_a_phone(
    console: Console, window: Callable[..., Page], runs: int
):
    page = window()
    page.set_viewport_size({"width": 390, "height": 844})
    open_comparison(console, page, run_ids()[-runs:])
    wider = page.evaluate(
        "() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"
    )
    assert wider <= 0
