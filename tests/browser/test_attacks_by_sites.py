"""Attacks by other sites: framed pages, submitted forms and websockets."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import ConsoleMessage, expect

from tests.browser.attack_tools import CountedFlow, StolenSession, site
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

OPEN_WEBSOCKET = """
(url) => new Promise((resolve) => {
  const socket = new WebSocket(url, ["streamlit"]);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})
"""
ADD_FRAME = """(url) => {
  document.querySelector('iframe')?.remove();
  const frame = document.createElement('iframe');
  frame.src = url; frame.width = 1000; frame.height = 800;
  document.body.append(frame);
}"""


def test_another_site_can_frame_no_page_and_submit_no_form(
    open_as: Callable[[str], Screen],
    personal: Console,
    stolen_session: StolenSession,
    counted: CountedFlow,
) -> None:
    before = counted.executions()
    link = f"{personal.url}/?" + urlencode(
        {"flow": counted.id, "values": '{"ChatInput-a.input_value": "of the link"}', "run": "new"}
    )
    paths = ("", "_stcore/stream", "_stcore/agent/interact", "_stcore/upload_file/a/b", "media/a")
    forms = "".join(
        f'<form method={method} action="{personal.url}/{path}" target=f{number}>'
        f"<input name=run></form><iframe name=f{number}></iframe>"
        for number, (method, path) in enumerate(product(("get", "post"), paths))
    )
    attack = f"""<iframe id=framed src="{link}"></iframe>{forms}<script>
      for (const form of document.forms) form.submit();
      window.read = Promise.all({[f"{personal.url}/{path}" for path in paths]}.map((url) =>
        fetch(url, {{credentials: "include"}}).then((answer) => answer.text(), () => "refused")));
      </script>"""
    screen = open_as(stolen_session.cookie)
    page, refused = screen.page, []
    page.on("console", lambda message: refused.append(message.text))
    with site(attack.encode(), content_type="text/html") as other:
        page.goto(other.url)
        assert set(page.evaluate("window.read")) == {"refused"}
        wait_for(lambda: any("frame-ancestors" in text for text in refused))
        page.evaluate("(url) => { location.href = url }", link)
        expect(page.locator("textarea").first).to_have_value("of the link")
    screen.drawn()
    assert counted.executions() == before
    screen.run()
    wait_for(lambda: counted.executions() == before + 1)


def test_a_page_at_another_port_of_the_host_opens_no_websocket(
    open_as: Callable[[str], Screen], personal: Console, stolen_session: StolenSession
) -> None:
    """A browser sends its cookies to every port of a host."""
    page = open_as(stolen_session.cookie).page
    page.goto(f"{personal.url}/_stcore/health")
    stream = f"{personal.url}/_stcore/stream".replace("http", "ws", 1)
    assert page.evaluate(OPEN_WEBSOCKET, stream) == "open"
    with site(b"") as other:
        page.goto(other.url)
        assert page.evaluate(OPEN_WEBSOCKET, stream) == "refused"


def test_only_the_operators_origin_frames_a_view_and_nothing_else(
    window: Callable[..., Any],
    sample_ids: dict[str, str],
    sample_flows: LiveServer,
    tmp_path: Path,
):
    with ExitStack() as stack:
        other = stack.enter_context(site(b"<p>Intranet</p>", content_type="text/html"))
        origin = other.url.rstrip("/").replace("127.0.0.1", "localhost")
        environ = {
            "LANGFLOW_SERVER_URL": sample_flows.url,
            "LANGFLOW_API_KEY": sample_flows.api_key,
            "LFCONSOLE_FRAME_ANCESTORS": origin,
        }
        console = stack.enter_context(Console(tmp_path, environ))
        page, refused = window(), []

        def note_refusal(message: ConsoleMessage) -> None:
            if "frame-ancestors" in message.text:
                refused.append(message.text)

        page.on("console", note_refusal)
        view = f"{console.url}/?view=present&flow={sample_ids['Echo chat']}"

        def is_refused(url: str) -> bool:
            refused.clear()
            page.evaluate(ADD_FRAME, url)
            # reading the page receives messages
            wait_for(lambda: page.evaluate("1") and refused)
            return True

        page.goto(origin)
        page.evaluate(ADD_FRAME, view)
        framed = page.frame_locator("iframe")
        framed.get_by_role("button", name="Run").click()
        expect(framed.locator(".st-key-run-status")).to_contain_text("Completed")
        assert refused == []
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.frames[1].evaluate("history.pushState({}, '', '/?view=run')")
        page.frames[1].wait_for_url("about:blank")
        assert not [url for url in requests if url.startswith("http")]
        for other_page in (console.url, f"{view}&view=", f"{view}&view", f"{view}{'&a' * 1_000}"):
            assert is_refused(other_page)
        page.goto(other.url)
        assert is_refused(view)
