"""A form of 1,000 parameters against one of 10, on the screen."""

from __future__ import annotations

import copy
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page

from bench.browser import click_to_text, settle
from bench.figures import Figure
from bench.screen import chromium
from lfclient import LangflowClient
from tests.support.console_process import Console

LOADS, RERUNS = 5, 15
PARAMETERS = ".st-key-all-parameters summary"
PANEL = "[class*='st-key-form-json']"


def flow_with(fields: int, components: int, catalogue: dict[str, Any]) -> dict[str, Any]:
    """A flow's data: copies of one of the server's components, with multiplied fields."""
    chat_output = next(group["ChatOutput"] for group in catalogue.values() if "ChatOutput" in group)
    model = chat_output["template"]["sender_name"]
    nodes = []
    for number in range(components):
        node = copy.deepcopy(chat_output)
        node["template"] = {"_type": "Component", "code": chat_output["template"]["code"]}
        for index in range(fields // components):
            name = f"parameter_{index}"
            node["template"][name] = {**model, "name": name, "display_name": f"Parameter {index}"}
        name = f"ChatOutput-{number:05}"
        nodes.append(
            {
                "id": name,
                "type": "genericNode",
                "position": {"x": 300 * number, "y": 0},
                "data": {"id": name, "type": "ChatOutput", "node": node},
            }
        )
    return {"nodes": nodes, "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}


def measure(page: Page, console: Console, flow_id: str) -> tuple[float, float]:
    """Return the medians, in ms, of opening the flow's page and of one rerun of it.

    The rerun fills a panel at the end of the form, the same for every flow, with the list of the
    components open above it.
    """
    loads, reruns = [], []
    for _ in range(LOADS):
        page.goto("about:blank")
        start = time.perf_counter()
        page.goto(f"{console.url}/?flow={flow_id}")
        page.locator(PARAMETERS).first.wait_for(timeout=60_000)
        page.locator(".st-key-run-button button").first.wait_for(timeout=60_000)
        loads.append((time.perf_counter() - start) * 1000)
        page.wait_for_timeout(500)
    page.locator(PARAMETERS).first.click()
    page.get_by_placeholder("Search all parameters").wait_for(timeout=60_000)
    for _ in range(RERUNS):
        settle(page)
        reruns.append(
            click_to_text(page, f"{PANEL} summary", PANEL, ["values that differ from the flow"])
        )
        page.locator(f"{PANEL} summary").click()
        page.locator(f"{PANEL} textarea").wait_for(state="detached")
    return median(loads), median(reruns)


def run(url: str, api_key: str, chromium_path: str) -> list[Figure]:
    """Create both flows on the server, measure them in turn, and delete them."""
    with LangflowClient(url, api_key=api_key, timeout=60) as client:
        catalogue = client.editor.catalogue()
        small = client.editor.create_flow("bench 10 parameters", flow_with(10, 2, catalogue))
        large = client.editor.create_flow("bench 1000 parameters", flow_with(1000, 20, catalogue))
        try:
            environ = {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": api_key}
            with (
                tempfile.TemporaryDirectory() as folder,
                chromium(chromium_path) as page,
                Console(Path(folder), environ) as console,
            ):
                measure(page, console, small.id)  # warm up
                small_load, small_rerun = measure(page, console, small.id)
                large_load, large_rerun = measure(page, console, large.id)
        finally:
            client.editor.delete_flow(small.id)
            client.editor.delete_flow(large.id)
    baseline = "10 parameters"
    return [
        Figure(
            "1,000 parameters: first load",
            large_load,
            2,
            baseline=small_load,
            baseline_name=baseline,
        ),
        Figure(
            "1,000 parameters: rerun", large_rerun, 4, baseline=small_rerun, baseline_name=baseline
        ),
    ]
