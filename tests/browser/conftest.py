"""A real console in Chromium, on a real Langflow 1.13.0 with the sample flows."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from lfclient import LangflowClient
from lfclient.console.samples import builtin, graph_builder
from tests.browser.attack_tools import CountedFlow, StolenSession, counted_flow, sign_in
from tests.browser.screen import PREFIX, WINDOW, Screen, internal_errors
from tests.browser.visitor import (
    Visitor,
    new_cookie,
    run_to_end,
    session_of,
    start_run,
    wait_for_end,
)
from tests.support import servers
from tests.support.console_process import CHROMIUM_ARGS, ROOT, Console
from tests.support.sample_flows import SAMPLES, SLOW
from tests.support.servers import LiveServer, delete_flow
from tests.support.waiting import wait_for

SECONDS = 60_000  # milliseconds for a step on a busy machine


# Optimizing the scripts takes longer than they then run. With more space for new objects, of which
# a page makes many, they are collected less often, which saves a thirteenth of Chromium's time.
_JS_FLAGS = "--no-opt --no-maglev --min-semi-space-size=32 --max-semi-space-size=64"

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """End what a failed test shares with its module: a window may be broken, a form filled in.

    Its repetition, and the tests that follow, then set it up anew.
    """
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    if call.when == "teardown" and item.stash[_FAILED]:
        item.stash[_FAILED] = False
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            if definitions[-1].scope == "module":
                definitions[-1].finish(item._request)  # type: ignore[arg-type]
    return report


@pytest.fixture(scope="package")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests."""
    expect.set_options(timeout=SECONDS)
    with sync_playwright() as playwright:
        # see _new_context
        args = [*CHROMIUM_ARGS, "--process-per-site", f"--js-flags={_JS_FLAGS}"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=args)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def own_langflow(langflow_113: LiveServer) -> LiveServer:
    """The shared server, with a user of this worker: other workers' tests add flows, too."""
    return servers.with_own_user(langflow_113)


@pytest.fixture(scope="package")
def work_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that ends the half-minute flow once it exists."""
    return tmp_path_factory.mktemp("work") / "over"


@pytest.fixture
def finish_work(work_over: Path) -> Iterator[Callable[[], None]]:
    """End the half-minute flow."""
    yield work_over.touch
    work_over.unlink(missing_ok=True)


@pytest.fixture(scope="package")
def sample_ids(own_langflow: LiveServer, work_over: Path) -> Iterator[dict[str, str]]:
    """The ids of the sample flows by name, which has the prefix `PREFIX` on the server."""
    with LangflowClient(own_langflow.url, own_langflow.api_key) as api:
        catalogue = api.editor.catalogue(builtin.custom_component_code())
        made = {}
        for each in SAMPLES:
            data = graph_builder.build_graph(each, catalogue)
            if each is SLOW:
                _until(work_over, data)
            made[each.name] = api.editor.create_flow(PREFIX + each.name, data, each.description).id
        yield made
        for flow_id in made.values():
            delete_flow(api, flow_id)


@pytest.fixture(scope="package")
def sample_flows(own_langflow: LiveServer, sample_ids: dict[str, str]) -> LiveServer:
    """The server with the sample flows."""
    return own_langflow


def _until(file: Path, data: dict[str, Any]) -> None:
    """Let the half-minute flow end when a file exists, or after two minutes."""
    nodes = [one["data"] for one in data["nodes"]]
    (work,) = (one["node"]["template"] for one in nodes if one["type"] == "PythonREPLComponent")
    work["global_imports"]["value"] = "time,os"
    goes_on = f"if not os.path.exists({str(file)!r}):\n        time.sleep(0.1)"
    work["python_code"]["value"] = f"for turn in range(1200):\n    {goes_on}\n"


@pytest.fixture(scope="package")
def console(
    sample_flows: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console configured for this server."""
    environ = {
        "LANGFLOW_SERVER_URL": sample_flows.url,
        "LANGFLOW_API_KEY": sample_flows.api_key,
    }
    with Console(tmp_path_factory.mktemp("console"), environ) as started:
        yield started
        assert internal_errors(started) == []


@pytest.fixture(scope="package")
def spare_contexts(chromium: Browser) -> dict[str, list[BrowserContext]]:
    """Contexts of earlier tests without their pages and data, by their options.

    They still have Streamlit's scripts, whose requests take a quarter of the time of a first page.
    """
    return {}


@pytest.fixture
def window(
    chromium: Browser, spare_contexts: dict[str, list[BrowserContext]]
) -> Iterator[Callable[..., Page]]:
    """Open a browser window that shares nothing with the others but cached files."""
    yield from _windows(chromium, spare_contexts)


@pytest.fixture(scope="module")
def lasting_window(
    chromium: Browser, spare_contexts: dict[str, list[BrowserContext]]
) -> Iterator[Callable[..., Page]]:
    """Open such a window for all tests of a module."""
    yield from _windows(chromium, spare_contexts)


def _windows(
    chromium: Browser, spare_contexts: dict[str, list[BrowserContext]]
) -> Iterator[Callable[..., Page]]:
    used = []

    def open_window(
        color_scheme: Any = None, reduced_motion: Any = None, **options: object
    ) -> Page:
        spare = spare_contexts.setdefault(repr(options), [])
        context = spare.pop() if spare else _new_context(chromium, **options)
        used.append((spare, context))
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        # not as options of a context, of which each loads the scripts for itself
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        return page

    yield open_window
    for spare, context in used:
        _empty(context)
        spare.append(context)


def _new_context(chromium: Browser, **options: object) -> BrowserContext:
    """Create a context with an empty page of the consoles' site.

    Its process runs the later pages, too: one for each takes a quarter of a first page's time.
    """
    context = chromium.new_context(viewport=WINDOW, **options)
    page = context.new_page()
    page.route("http://127.0.0.1/", lambda route: route.fulfill(body=""))
    page.goto("http://127.0.0.1/")
    return context


def _empty(context: BrowserContext) -> None:
    """Close the pages of a context but its first, and delete their data and permissions."""
    first, *pages = context.pages
    for page in pages:
        page.close()
    everything = {"origin": "*", "storageTypes": "all"}
    session = context.new_cdp_session(first)
    session.send("Storage.clearDataForOrigin", everything)
    session.detach()
    context.clear_cookies()
    context.clear_permissions()


@pytest.fixture(scope="package")
def addresses(console: Console, sample_ids: dict[str, str]) -> dict[str, str]:
    """The addresses of the sample flows' forms by the flows' names."""
    return {name: f"{console.url}/?flow={id}" for name, id in sample_ids.items()}


@pytest.fixture
def new_screen(window: Callable[..., Page], addresses: dict[str, str]) -> Callable[..., Screen]:
    """Open a fresh window without a page: `pick` opens the form of a flow."""
    return lambda **options: Screen(window(**options), addresses)


@pytest.fixture(scope="module")
def lasting_screen(
    lasting_window: Callable[..., Page], addresses: dict[str, str]
) -> Callable[..., Screen]:
    """Open such a window for all tests of a module."""
    return lambda **options: Screen(lasting_window(**options), addresses)


@pytest.fixture(scope="module")
def lasting_shared_screen(lasting_screen: Callable[..., Screen]) -> Screen:
    """The window of `shared_screen` and `shared_window`."""
    return lasting_screen()


@pytest.fixture
def shared_screen(lasting_shared_screen: Screen) -> Screen:
    """A window of all tests of a module that use it, without a run and at its usual size.

    It has the flow of the test before, and what was typed there.
    """
    lasting_shared_screen.reset()
    return lasting_shared_screen


@pytest.fixture
def shared_window(lasting_shared_screen: Screen) -> Screen:
    """A window in which each test of a module opens an address, light and at its usual size."""
    lasting_shared_screen.page.set_viewport_size(WINDOW)
    lasting_shared_screen.page.emulate_media(color_scheme="light")
    return lasting_shared_screen


@pytest.fixture
def screen(new_screen: Callable[..., Screen]) -> Screen:
    """A fresh window without a page: `pick` opens the form of a flow."""
    return new_screen()


@pytest.fixture(scope="module")
def lasting_echo_form(lasting_screen: Callable[..., Screen]) -> Screen:
    """The window of `echo_form`."""
    return lasting_screen()


@pytest.fixture
def echo_form(lasting_echo_form: Screen) -> Screen:
    """The form of the echo chat in a window of all tests of a module that leave it as it is."""
    lasting_echo_form.reset()
    lasting_echo_form.pick("Echo chat")
    return lasting_echo_form


class Echoes(NamedTuple):
    """Runs of the echo chat: a word that finds them, and their texts, newest first."""

    word: str
    texts: list[str]


@pytest.fixture(scope="package")
def echoes(console: Console, sample_ids: dict[str, str]) -> Echoes:
    """Five runs of the console, which no test deletes."""
    word = uuid.uuid4().hex
    texts = [f"{word} {number}" for number in range(5)]
    with Visitor(console) as tab:
        for text in texts:
            wait_for_end(tab, start_run(tab, sample_ids["Echo chat"], text))
    return Echoes(word, texts[::-1])


@pytest.fixture(scope="package")
def make_run(console: Console, sample_ids: dict[str, str]) -> Callable[..., str]:
    """Run a sample flow, with a text in its first field, and return the address of the ended run.

    It takes a third of the time that a run in a window takes.
    """

    return lambda name, text="": run_to_end(console, sample_ids[name], text)


@pytest.fixture(scope="package")
def ended_run(make_run: Callable[..., str]) -> Callable[[str], str]:
    """Return the address of a run of a sample flow with its default values, which is made once."""
    return functools.cache(make_run)


# of the attacks


@pytest.fixture(scope="package")
def counted(
    own_langflow: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CountedFlow]:
    """A flow on the real server that counts its executions."""
    with counted_flow(own_langflow, tmp_path_factory.mktemp("counted")) as flow:
        yield flow


@pytest.fixture(scope="package")
def personal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console whose visitors enter their servers. It can't connect beyond loopback."""
    folder = tmp_path_factory.mktemp("personal")
    environ = {
        "PYTHONPATH": str(ROOT / "tests/support/loopback_only"),
        "LOOPBACK_ONLY": str(folder / "beyond-loopback"),
        "LFCONSOLE_ALLOW_INSTALL": "false",
        "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "1",
    }
    with Console(folder, environ) as console:
        yield console


@pytest.fixture(scope="module")
def open_as(chromium: Browser, personal: Console) -> Iterator[Callable[[str], Screen]]:
    """Open a window with a cookie of the personal console, which shares nothing with the others."""
    contexts = []

    def open_window(cookie: str) -> Screen:
        context = chromium.new_context(viewport=WINDOW)
        contexts.append(context)
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": personal.url}])
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        return Screen(page)

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def stolen_session(
    personal: Console, own_langflow: LiveServer, counted: CountedFlow
) -> Iterator[StolenSession]:
    words, cookie = f"words-{uuid.uuid4().hex}", new_cookie(personal)
    with Visitor(personal, cookie) as tab:
        server = own_langflow.url, own_langflow.api_key
        wait_for(lambda: "Connected to" in sign_in(tab, *server))
        field = "field-ChatInput-a.input_value"
        # a busy server: the page is first drawn without its lists and flows
        wait_for(lambda: tab.open(flow=counted.id) and tab.is_offered(field), seconds=180)
        tab.type(field, words)
        tab.unfold("preset-save")
        tab.type("preset-name", f"preset {words}")
        tab.press("preset-save-it")
        link = re.compile(r"preset=([\w-]+)")
        wait_for(lambda: link.search(tab.unfold("preset-share")), seconds=180)
        preset_id = link.search(tab.unfold("preset-share"))[1]
        before = counted.executions()
        run_id = re.search(r"run=([0-9a-f]{32})", tab.press("run"))[1]
        wait_for(lambda: "Completed" in tab.open(run=run_id), seconds=180)
        assert counted.executions() == before + 1
        session_id = session_of(tab, run_id)
        yield StolenSession(cookie, tab, words, run_id, preset_id, session_id)
