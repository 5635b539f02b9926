"""A form on a server with 200 flows, 400 models and 1,000 knowledge bases, against one with few."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page

from bench.figures import Figure, pairs
from bench.screen import chromium
from bench.setup import empty_rerun, open_form
from tests.support.console_process import Console
from tests.support.flows import entry, node
from tests.support.http_stand_in import StandIn, flow

ROUNDS = 9
FLOW_ID = str(UUID(int=0))
FLOWS, MODELS, BASES = 200, 400, 1_000
FEW = 5


def large_langflow(flows: int, models: int, bases: int) -> StandIn:
    """Return a server with a flow of three agents and a knowledge component, and with lists."""
    model = entry("ModelInput", "model", [], required=True, real_time_refresh=True)
    key = entry("SecretStrInput", "str", "", password=True)
    base = entry("DropdownInput", "str", "", options=[], required=True, refresh_button=True)
    agents = [node(f"Agent-{number}", model=model, api_key=key) for number in range(3)]
    names = [f"a model with a long name {number:04}" for number in range(models)]
    setting = {"variable_key": "FAR_KEY", "required": True}
    setting["component_metadata"] = {"mapping_field": "api_key"}
    known = [{"model_name": name, "metadata": {"tool_calling": True}} for name in names]
    provider = {"provider": "Far", "is_configured": True, "models": known}
    provider["variables"] = [setting]
    options = [{"name": name, "provider": "Far", "metadata": {}} for name in names]
    places = [f"knowledge base {number:04}" for number in range(bases)]
    listed = [{"name": name, "dir_name": name, "status": "ready", "chunks": 9} for name in places]
    server = StandIn(
        {
            "GET /api/v1/models": (200, [provider]),
            "GET /api/v1/model_options/language": (200, options),
            "GET /api/v1/knowledge_bases": (200, listed),
        }
    )
    server.set_flows(
        flow(FLOW_ID, "Many", [*agents, node("Knowledge-k", knowledge_base=base)]),
        *({"id": str(UUID(int=n)), "name": f"Flow {n:03}"} for n in range(1, flows)),
    )
    return server


def run(chromium_path: str) -> list[Figure]:
    """Measure both in turn, each with a console and a server of its own."""
    with ExitStack() as stack, chromium(chromium_path) as page:
        consoles = [
            stack.enter_context(_console(stack.enter_context(large_langflow(*sizes)).url, stack))
            for sizes in ((FLOWS, MODELS, BASES), (FEW, FEW, FEW))
        ]
        many, few = consoles
        opened = pairs(lambda: _open(page, many), lambda: _open(page, few), ROUNDS)
        assert page.context.browser
        pages = [page, page.context.browser.new_page()]
        for each, console in zip(pages, consoles, strict=True):
            _show(each, console)
            empty_rerun(each)
        reruns = pairs(lambda: _rerun(pages[0]), lambda: _rerun(pages[1]), 2 * ROUNDS)
    what = f"{FLOWS} flows, {MODELS} models, {BASES:,} knowledge bases"
    few_name = f"{FEW} of each"
    return [
        Figure.of(f"{what}, lists out of date: a form opened", *opened, 1.3, few_name),
        Figure.of(f"{what}: a rerun of the form", *reruns, 1.3, few_name),
    ]


def _console(url: str, stack: ExitStack) -> Console:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return Console(folder, {"LANGFLOW_SERVER_URL": url, "LANGFLOW_API_KEY": "sk-benchmark"})


def _show(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/?flow={FLOW_ID}")
    page.locator(".st-key-setup").wait_for(timeout=60_000)


def _open(page: Page, console: Console) -> float:
    _show(page, console)
    return open_form(page, console, FLOW_ID, boxes=4)  # three models, a knowledge base


def _rerun(page: Page) -> float:
    page.bring_to_front()
    return empty_rerun(page)
