"""Attacks by strangers, other users and links, on pages."""

import base64
import json
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from lfclient import LangflowClient
from lfclient.console.samples import builtin
from tests.browser.attack_tools import (
    CountedFlow,
    StolenSession,
    enter_key,
    handshake,
    load_on,
    sign_in,
    site,
    used_cpu_seconds,
)
from tests.browser.visitor import Visitor, new_cookie
from tests.support import servers
from tests.support.console_process import Console
from tests.support.http_stand_in import StandIn, flow
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def team(own_langflow: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with a configured server."""
    environ = {
        "LANGFLOW_SERVER_URL": own_langflow.url,
        "LANGFLOW_API_KEY": own_langflow.api_key,
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "127.0.0.1 kept.example named.example",
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": "https://named.example/",
    }
    with Console(tmp_path_factory.mktemp("team"), environ) as console:
        yield console


@pytest.fixture(scope="module")
def other_key(live_server: Callable[[str], LiveServer]) -> str:
    """A key of another user of the same server."""
    return servers.with_own_user(live_server("1.13.0")).api_key


def test_the_address_of_a_run_shows_it_to_nobody_else(
    personal: Console, stolen_session: StolenSession, own_langflow: LiveServer, other_key: str
):
    addresses = [
        {"run": stolen_session.run_id},
        {"page": "history", "run": stolen_session.run_id},
        {"page": "compare", "runs": f"{stolen_session.run_id},{stolen_session.run_id}"},
        {"page": "chat", "run": stolen_session.run_id},
    ]
    with Visitor(personal, new_cookie(personal)) as stranger:
        shown = [stranger.open(**address) for address in addresses]
        assert "Connected to" in sign_in(stranger, own_langflow.url, other_key)
        shown += [stranger.open(**address) for address in addresses]
        assert "Run not found" in shown[4]
        assert stolen_session.words not in "".join(shown)
    assert stolen_session.words in stolen_session.tab.open(**addresses[0])


def test_the_owner_of_the_same_flow_on_another_server_gets_no_preset_and_no_session(
    personal: Console, stolen_session: StolenSession, counted: CountedFlow
):
    """The ids in an address are no permission, even on a server that has a flow of that id."""
    with StandIn() as own, Visitor(personal, new_cookie(personal)) as stranger:
        own.set_flows(flow(counted.id, "Same id"))
        sign_in(stranger, own.url, "sk-own")
        shown = stranger.open(flow=counted.id, preset=stolen_session.preset_id)
        assert "preset was not found" in shown
        shown += stranger.open("chat", flow=counted.id, session=stolen_session.session_id)
        shown += stranger.open("history") + stranger.open(run=stolen_session.run_id)
        assert stolen_session.words not in shown
    assert stolen_session.words in stolen_session.tab.open(
        flow=counted.id, preset=stolen_session.preset_id
    )
    assert stolen_session.words in stolen_session.tab.open(
        "chat", flow=counted.id, session=stolen_session.session_id
    )


def test_no_other_origin_and_no_other_host_name_opens_a_websocket(
    personal: Console, stolen_session: StolenSession
):
    own, port = personal.url, personal.port
    assert handshake(personal, origin=own, cookie=stolen_session.cookie) == 101
    for origin in (
        f"http://localhost:{port}",
        f"https://127.0.0.1:{port}",
        "http://127.0.0.1",
        f"{own}.attacker.example",
        f"http://127.0.0.1:{port}@attacker.example",
        "http://attacker.example",
        "null",
        "",
    ):
        assert handshake(personal, origin=origin, cookie=stolen_session.cookie) == 403, origin
    for host in (f"attacker.example:{port}", f"localhost.attacker.example:{port}", "169.254.1.1"):
        for origin in ({"origin": f"http://{host}"}, {"origin": own}, {}):
            assert handshake(personal, host=host, **origin) == 403, (host, origin)


def test_a_proxy_keeps_the_host_or_names_the_public_origin(team: Console):
    kept, named = (
        {"origin": f"https://{host}", "x-forwarded-proto": "https"}
        for host in ("kept.example", "named.example")
    )
    assert handshake(team, **kept, host="kept.example") == 101
    assert handshake(team, **kept, **{"x-forwarded-host": "kept.example"}) == 403
    assert handshake(team, **named, **{"x-forwarded-host": "named.example"}) == 101


def test_a_made_up_changed_foreign_or_second_cookie_is_nobodys(
    personal: Console, team: Console, stolen_session: StolenSession
):
    """The server that its owner entered is shown for the unchanged cookie alone."""
    name, _, value = stolen_session.cookie.partition("=")
    token, _, signature = value.partition(".")
    last = "1" if signature.endswith("0") else "0"
    forged = {
        "made up": f"{name}={'x' * 43}.{'0' * 64}",
        "unsigned": f"{name}={token}",
        "under the name that pages see": f"langflow_console={token}",
        "changed token": f"{name}={token[::-1]}.{signature}",
        "changed signature": f"{name}={token}.{signature[:-1]}{last}",
        "of another console": f"{name}={new_cookie(team).partition('=')[2]}",
        **{
            f"beside {each}": f"{stolen_session.cookie}; {new_cookie(personal)}"
            for each in range(8)
        },
        "none": "",
    }
    for why, cookie in forged.items():
        with Visitor(personal, cookie) as visitor:
            assert "Connect to Langflow" in visitor.open(), why
    with Visitor(personal, stolen_session.cookie) as visitor:
        assert "Connect to Langflow" not in visitor.open()


def test_a_stranger_cannot_clear_what_others_have_entered(
    personal: Console, stolen_session: StolenSession
):
    """A browser may ask Streamlit to clear the caches that all sessions share."""
    with Visitor(personal, new_cookie(personal)) as stranger:
        stranger.open()
        stranger.send(BackMsg(clear_cache=True))
        stranger.open()
    assert stolen_session.words in stolen_session.tab.open(run=stolen_session.run_id)


def test_a_tab_whose_key_was_removed_in_another_tab_runs_nothing(
    personal: Console, own_langflow: LiveServer, counted: CountedFlow
):
    cookie = new_cookie(personal)
    with Visitor(personal, cookie) as tab, Visitor(personal, cookie) as other:
        sign_in(tab, own_langflow.url, own_langflow.api_key)
        tab.open(flow=counted.id)
        before = counted.executions()
        other.open("connection")
        other.press("forget-key")
        assert "was removed or has expired" in tab.press("run")
        assert counted.executions() == before


def test_a_stranger_with_the_id_of_a_session_presses_none_of_its_buttons(
    personal: Console, stolen_session: StolenSession, counted: CountedFlow
):
    before = counted.executions()
    with Visitor(personal, stolen_session.cookie) as tab:
        tab.open(flow=counted.id)
        run, session = tab.widget_id("run"), tab.session_id
        with Visitor(personal, new_cookie(personal), session_id=session) as stranger:
            shown = stranger.press_id(run) + stranger.open(run=stolen_session.run_id)
            assert "Connect to Langflow" in shown
            assert stolen_session.words not in shown
            assert stranger.session_id != session
    with Visitor(personal, stolen_session.cookie, session_id=session) as tab:
        assert "run=" in tab.press_id(run)
        wait_for(lambda: counted.executions() == before + 1)
        assert tab.session_id == session


HOSTILE_TEXTS = {
    "keys": "sk-" * 100_000,
    "emphasis": "**a " * 50_000,
    "links": "![a](" * 50_000,
    "addresses": "http://a:" * 40_000,
    "tables": "|" * 200_000,
    "spaces": " " * 300_000 + "x",
    "nested": "[" * 300_000,
}


def test_a_link_with_a_hostile_text_of_300_kb_holds_up_nobody(team: Console, counted: CountedFlow):
    """It is opened, and shared again, while another visitor looks at the console."""
    for name, text in HOSTILE_TEXTS.items():
        packed = zlib.compress(json.dumps({"ChatInput-a.input_value": text}).encode(), 9)
        values = base64.urlsafe_b64encode(packed).decode()
        with Visitor(team) as attacker, load_on(team) as load:
            shown = attacker.open(flow=counted.id, values=values)
            attacker.unfold("preset-share")
        assert text in shown, name
        assert load.longest_wait < 5, (name, load)


def test_a_typed_text_or_key_of_18_mb_holds_up_nobody(team: Console, counted: CountedFlow):
    """Streamlit accepts 25 MB. The menu looks for secrets in the text."""
    typed = "sk-" * 6_000_000
    with Visitor(team) as attacker:
        attacker.open(flow=counted.id)
        attacker.unfold("preset-share")
        attacker.type("field-ChatInput-a.input_value", typed)
        with load_on(team) as load:
            assert "The link is too long" in attacker.press("refresh-flows")
        assert load.longest_wait < 5
        with load_on(team) as load:
            attacker.open("connection")
            assert "not accepted" in enter_key(attacker, typed)
        assert load.added_bytes < 500_000_000
        assert load.longest_wait < 5


def test_a_link_with_megabytes_or_an_unpaired_surrogate_is_rejected(
    team: Console, counted: CountedFlow
):
    before = counted.executions()
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"[" * 1_000_000) for _ in range(10)) + packer.flush()
    values = base64.urlsafe_b64encode(packed).decode()
    assert len(values) < 20_000
    with Visitor(team) as attacker, load_on(team) as load:
        assert "it was cut off or changed" in attacker.open(flow=counted.id, values=values)
        values = '{"ChatInput-a.input_value": "\\ud800"}'
        assert "which is no character" in attacker.open(flow=counted.id, values=values)
    assert counted.executions() == before
    assert load.longest_wait < 5
    assert load.added_bytes < 50_000_000


def test_a_stranger_installs_nothing_and_adds_neither_server_nor_flows(
    tmp_path: Path, personal: Console, team: Console, own_langflow: LiveServer
):
    environ = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "LFCONSOLE_DISCOVER_URL": own_langflow.url}
    names = {sample.name for sample in builtin.SAMPLES}

    def samples() -> set[str]:
        """The ids of sample flows; other tests add and delete other flows meanwhile."""
        return {flow.id for flow in api.flows() if flow.name in names}

    with (
        Console(tmp_path, environ) as console,
        site(b"{}") as other,
        LangflowClient(own_langflow.url, own_langflow.api_key, timeout=60) as api,
    ):
        before = samples()
        with Visitor(personal, new_cookie(personal)) as permitted:
            permitted.open()
            url, button = map(permitted.widget_id, ("connection-url", "first-connection-button"))
        with Visitor(console) as stranger:
            assert "Only the console's operator" in stranger.open()
            stranger.type_id(url, other.url)
            assert "Only the console's operator" in stranger.press_id(button)
            assert not any(map(stranger.is_offered, ("connection-", "use-", "local-", "first-")))
        with Visitor(team) as visitor:
            visitor.open("connection")
            visitor.type_id(url, other.url)
            assert "not accepted" in enter_key(visitor, "sk-x")
            assert not visitor.is_offered("add-samples")
        assert other.requests == []
        assert samples() == before
    assert not (tmp_path / "data" / "local").exists()


# a page with its flow, or before Langflow has responded
DRAWN = "Recent runs|Waiting for"


def test_a_flood_of_websockets_and_large_messages_holds_up_nobody(
    team: Console, counted: CountedFlow
):
    """40 sessions draw a page; messages are nonsense, of 200 MB, or ask for a million addresses."""
    files = BackMsg()
    files.file_urls_request.file_names.extend([""] * 1_000_000)
    messages = (b"\xff" * 1_000, b"\x00" * 199_000_000, files.SerializeToString())
    with load_on(team) as load, ExitStack() as stack:
        stack.enter_context(Visitor(team)).open(flow=counted.id)
        flood = [stack.enter_context(Visitor(team)) for _ in range(40)]
        for visitor in flood:
            visitor.ask(flow=counted.id)
        for message in messages:
            flood.pop().send(message)
        assert re.search(DRAWN, flood[0].read())
    assert load.longest_wait < 5


def test_clients_that_ask_for_pages_without_end_hold_up_no_other_page(
    team: Console, counted: CountedFlow
):
    """Without a limit on their messages, two of them keep others waiting for over a minute."""
    over = threading.Event()

    def flood() -> None:
        with Visitor(team) as visitor:
            while not over.wait(0.002):
                visitor.ask(flow=counted.id)

    with load_on(team) as load, ThreadPoolExecutor(2) as pool:
        floods = [pool.submit(flood) for _ in range(2)]
        try:
            time.sleep(2)  # their first messages are not limited
            for _ in range(5):
                began = used_cpu_seconds(team)
                with Visitor(team) as visitor:
                    assert re.search(DRAWN, visitor.open(flow=counted.id))
                assert used_cpu_seconds(team) - began < 5
        finally:
            over.set()
        for each in floods:
            each.result()
    assert load.longest_wait < 5
