"""A form with the server's models against one without, and a choice that changes other fields."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from playwright.sync_api import Page

from bench.browser import click_to_text, settle
from bench.figures import Figure
from bench.form import PANEL, PARAMETERS
from bench.screen import chromium
from lfclient import LangflowClient
from lfclient.flows.definitions import node_definition
from lfclient.flows.refreshing import update_body
from tests.support.console_process import Console

ROUNDS = 9
REFRESH = ".st-key-refresh-flows button"
PARSER = "ParserComponent-bench"
CHOICE = f".st-key-param-{PARSER}-mode [aria-checked='false']"


def flow_of(id: str, component: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a flow of one component."""
    node = {"id": id, "type": "genericNode", "position": {"x": 0, "y": 0}}
    node["data"] = {"id": id, "type": id.partition("-")[0], "node": component}
    return {"nodes": [node], "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}


def find(catalogue: dict[str, Any], type: str) -> dict[str, Any]:
    """Return a component of the server's catalogue."""
    return copy.deepcopy(next(group[type] for group in catalogue.values() if type in group))


# resolves once the page is drawn, waits for no list, and has so many lists to choose from in Setup
_OPENED = """
(boxes) => document.querySelector("[data-test-script-state=notRunning]")
  && !document.querySelector("[class*=st-key-awaited-] p")
  && document.querySelectorAll(".st-key-setup input[role=combobox]").length >= boxes
"""


def open_form(page: Page, console: Console, flow_id: str, boxes: int = 0) -> float:
    """Return the ms until a flow's form is complete after its lists were marked as out of date.

    `boxes` is the number of lists in Setup to wait for.
    """
    page.locator(REFRESH).first.click()
    settle(page)
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(f"{console.url}/?flow={flow_id}")
    page.locator(PARAMETERS).first.wait_for(timeout=60_000)
    page.locator(".st-key-run-button button").first.wait_for(timeout=60_000)
    page.wait_for_function(_OPENED, arg=boxes, timeout=60_000)
    return (time.perf_counter() - began) * 1000


def choose(page: Page) -> float:
    """Return the ms from a choice until the field that it brings or hides is redrawn."""
    page.locator(REFRESH).first.click()
    settle(page)
    is_shown = page.get_by_text("Clean Data").count() > 0
    shows = ["template"] if is_shown else ["clean data"]
    return click_to_text(page, CHOICE, ".st-key-all-parameters", shows)


def empty_rerun(page: Page) -> float:
    """Return the ms of a rerun that opens a panel."""
    settle(page)
    ms = click_to_text(page, f"{PANEL} summary", PANEL, ["values that differ from the flow"])
    page.locator(f"{PANEL} summary").click()
    page.locator(f"{PANEL} textarea").wait_for(state="detached")
    return ms


def bare_request(client: LangflowClient, flow_id: str, url: str, key: str) -> Callable[[], float]:
    """Return a function that measures the ms of the request behind the choice."""
    flow = client.flow(flow_id)
    node = node_definition(flow, PARSER)
    body = update_body(flow, node, "mode", "Stringify", is_refresh=False)
    api = httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=60)

    def measure() -> float:
        began = time.perf_counter()
        api.post("/api/v1/custom_component/update", json=body).raise_for_status()
        return (time.perf_counter() - began) * 1000

    return measure


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Create the flows on the server, measure them in turn, and delete them."""
    with LangflowClient(url, api_key=api_key, timeout=60) as client:
        catalogue = client.editor.catalogue()
        agent, plain = find(catalogue, "Agent"), find(catalogue, "Agent")
        model = plain["template"]["model"]
        plain["template"]["model"] = {
            **model,
            "type": "str",
            "_input_type": "StrInput",
            "value": "",
        }
        data = {
            "with models": flow_of("Agent-bench", agent),
            "without": flow_of("Agent-bench", plain),
            "choice": flow_of(PARSER, find(catalogue, "ParserComponent")),
        }
        made = {
            name: client.editor.create_flow(f"bench {name}", each).id for name, each in data.items()
        }
        request = bare_request(client, made["choice"], url, api_key)
        try:
            environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
            with (
                tempfile.TemporaryDirectory() as folder,
                chromium(chromium_path) as page,
                Console(Path(folder), environ) as console,
            ):
                page.goto(f"{console.url}/?flow={made['without']}")
                page.locator(REFRESH).first.wait_for(timeout=60_000)
                opened: dict[str, list[float]] = {"with models": [], "without": []}
                for _ in range(ROUNDS):
                    for name, values in opened.items():
                        boxes = int(name == "with models")
                        values.append(open_form(page, console, made[name], boxes))
                open_form(page, console, made["choice"])
                page.locator(PARAMETERS).first.click()
                choices = [choose(page) for _ in range(ROUNDS)]
                baselines = [empty_rerun(page) + request() for _ in range(ROUNDS)]
        finally:
            for flow_id in made.values():
                client.editor.delete_flow(flow_id)
    baseline = median(baselines)
    return [
        Figure.of(
            "A form with models whose list is out of date: opened",
            opened["with models"],
            opened["without"],
            1.3,
            "the same without a model",
        ),
        Figure(
            "A choice that changes other fields: click to redrawn",
            median(choices),
            1.3,
            baseline=baseline,
            baseline_name="the bare request and a rerun",
        ),
    ]
