"""The servers of a browser, and the search for a run on them."""

from types import SimpleNamespace

from pages._ui.connection import servers
from pages._ui.connection.server_session import ServerSession


def test_other_servers_are_not_listed_for_the_current_servers_run(monkeypatch):
    """The Run page looks for its run in every rerun."""
    runner = SimpleNamespace(open=lambda run_id, connection: {"a": "record"}.get(run_id))
    monkeypatch.setattr(servers, "app_context", lambda: SimpleNamespace(runner=runner))
    listed = []
    monkeypatch.setattr(servers, "readable", lambda: listed.append(1) or [])
    current = ServerSession(None, "me", "browser")
    assert servers.find_run("a", current) == (current, "record")
    assert not listed
    assert servers.find_run("b", current) is None
    assert listed
