"""Attacks by other sites that frame a page of the console or submit forms to it."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.attack_tools import Counted, StolenSession, site
from tests.browser.screen import Screen
from tests.support.console_process import Console
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

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
    counted: Counted,
) -> None:
    """Nor read anything; a link fills in the form, which only its reader can run."""
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
        page.on("console", lambda message: refused.append("frame-ancestors" in message.text))
        view = f"{console.url}/?view=present&flow={sample_ids['Echo chat']}"

        def is_refused() -> bool:
            page.wait_for_timeout(100)  # receives messages
            found = any(refused)
            refused.clear()
            return found

        page.goto(origin)
        page.evaluate(ADD_FRAME, view)
        framed = page.frame_locator("iframe")
        framed.get_by_role("button", name="Run").click()
        expect(framed.locator(".st-key-run-status")).to_contain_text("Completed")
        assert not is_refused()
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.frames[1].evaluate("history.pushState({}, '', '/?view=run')")
        page.frames[1].wait_for_url("about:blank")
        assert not requests
        for other_page in (console.url, f"{view}&view=", f"{view}&view", f"{view}{'&a' * 1_000}"):
            page.evaluate(ADD_FRAME, other_page)
            wait_for(is_refused)
        page.goto(other.url)
        page.evaluate(ADD_FRAME, view)
        wait_for(is_refused)
