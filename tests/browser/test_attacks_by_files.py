"""Attacks by the files that people add."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from lfclient import LangflowClient
from tests.browser.screen import PREFIX, Screen
from tests.support.console_process import Console
from tests.support.servers import LiveServer


def test_the_code_in_a_flow_file_is_announced_before_it_is_added(
    sample_flows: LiveServer, window: Callable[..., Any], tmp_path: Path
):
    """It would run on the server, which has neither the flow nor run the code before."""
    marker = tmp_path / "marker"
    environ = {
        "LANGFLOW_SERVER_URL": sample_flows.url,
        "LANGFLOW_API_KEY": sample_flows.api_key,
        "LFCONSOLE_ALLOW_INSTALL": "true",
    }
    with (
        Console(tmp_path, environ) as console,
        LangflowClient(sample_flows.url, sample_flows.api_key, timeout=60) as api,
    ):
        raw = json.loads(json.dumps(api.flow(f"{PREFIX}Echo chat").raw))
        output = raw["data"]["nodes"][-1]["data"]["node"]
        output["display_name"] = "Harmless"
        output["template"]["code"]["value"] += f"\nopen({str(marker)!r}, 'w')\n"
        before = [each.id for each in api.flows()]
        screen = Screen(window())
        screen.open(console.url)
        dialog = screen.upload_flow({**raw, "name": "A gift"})
        expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_visible()
        expect(dialog).to_contain_text(
            "1 component runs code from this file, not the server's own: Harmless."
        )
        dialog.get_by_role("button", name="Close").click()
        assert [each.id for each in api.flows()] == before
        assert not marker.exists()
