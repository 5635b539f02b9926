"""The form of a flow under AppTest, and a server with models and providers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from streamlit.testing.v1 import AppTest

from lfclient.resources.models import ModelOption, Provider, ProviderSetting
from lfclient.resources.server_resources import ServerResources
from pages._ui.state.browser import drafts
from tests.support.flows import entry, graph, node

OWNER = "owner-of-this-form"
URL = "https://langflow.example"


def page(raw: dict, mode: str, version: str, owner: str) -> None:
    """Draw the form. AppTest runs the source of this function, so its imports are inside."""
    from dataclasses import replace
    from types import SimpleNamespace

    import streamlit as st

    from lfclient import Limits
    from lfclient.flows.model import Flow
    from lfclient.resources.server_resources import ServerResources
    from lfclient.wire.schemas import VersionResponse
    from lfclient.wire.server_info import build_server_info
    from pages._ui.form import json_editor, prefill
    from pages._ui.form.flow_form import read_form
    from pages._ui.form.form import draw, draw_reset, mark_refused
    from pages._ui.form.form_state import form_state

    flow = Flow.from_json(st.session_state.get("raw", raw))
    state = form_state(owner, flow)
    loaded = st.session_state.pop("load", None)
    if loaded is not None:
        prefill.fill(state, loaded, *st.session_state.pop("load-more", ("", {})))
    if st.session_state.get("elsewhere"):
        st.write("another page")
        return
    if st.session_state.pop("commit", False):
        json_editor.apply_pending(state)
    server = st.session_state.get("server-of-files", SimpleNamespace())
    server.owner = st.session_state.get("owner", owner)
    server_info = build_server_info(VersionResponse(version=version, package="Langflow"))
    server_info = replace(server_info, limits=Limits(max_upload_mb=1))
    form = read_form(
        form_state(server.owner, flow),
        server,
        server_info,
        st.session_state.get("mode", mode),
        st.session_state.get("resources", ServerResources(variables=frozenset({"KEY", "OTHER"}))),
        st.session_state.get("resources-error"),
    )
    if st.session_state.pop("refused", False):
        mark_refused(form, form.result.problems)
    draw(form)
    draw_reset(form.state)
    st.session_state["result"] = form.result


@dataclass
class Form:
    """A form that a test fills in."""

    at: AppTest

    @property
    def result(self) -> Any:
        return self.at.session_state["result"]

    @property
    def overrides(self) -> dict[str, Any]:
        return self.result.overrides

    def run(self) -> Form:
        self.at.run()
        return self

    def find(self, kind: str, key: str) -> Any:
        return next((w for w in getattr(self.at, kind) if w.key.endswith(f"-{key}")), None)

    def set(self, kind: str, key: str, value: Any) -> Form:
        self.find(kind, key).set_value(value)
        return self.run()

    def press(self, label: str) -> Form:
        next(b for b in self.at.button if b.label.startswith(label)).click()
        return self.run()

    def refuse(self) -> Form:
        """Mark the problems, as Run does with a form that is not ready."""
        self.at.session_state["refused"] = True
        return self.run()

    def open_all_parameters(self, is_open: bool = True) -> Form:
        self.at.session_state[self.all_parameters_key()] = is_open
        return self.run()

    def all_parameters_key(self) -> str:
        return f"all-parameters-{OWNER[:12]}-{self.raw['id']}"

    def search(self, words: str) -> Form:
        self.open_all_parameters()
        next(w for w in self.at.text_input if w.key.startswith("param-search")).set_value(words)
        return self.run()

    def open(self, component: str) -> Form:
        self.at.session_state[self.all_parameters_key()] = True
        return self.toggle(component, True)

    def toggle(self, component: str, is_open: bool) -> Form:
        (key,) = (k for k in self.toggle_keys() if k.endswith(f"-{component}"))
        self.at.session_state[key] = is_open
        return self.run()

    def toggle_keys(self) -> list[str]:
        raw = self.raw
        names = [one["id"] for one in raw["data"]["nodes"]]
        return [f"open-{OWNER[:12]}-{raw['id']}-{name}" for name in names]

    def text(self) -> str:
        parts = (*self.at.markdown, *self.at.caption, *self.at.error)
        return "\n".join(part.value for part in parts).replace("\\", "")

    raw: dict[str, Any] | None = None


def form(
    *nodes,
    edges=None,
    mode="background",
    version="1.13.0",
    browser="b",
    draw_page=page,
    **session,
) -> Form:
    raw = graph(*nodes, edges=edges)
    at = AppTest.from_function(
        draw_page,
        default_timeout=30,
        kwargs={
            "raw": raw,
            "mode": mode,
            "version": version,
            "owner": OWNER,
        },
    )
    at.session_state["browser-id"] = browser * 43
    for name, value in session.items():
        at.session_state[name] = value
    return Form(at, raw).run()


def open_client() -> Any:
    """Return the client of a form's server. A test replaces this."""
    raise AssertionError("The form uses a client that the test does not have.")


def form_server(*, may_change: bool = True, **more: Any) -> SimpleNamespace:
    """Return a stand-in for a form's server session."""
    stand_in = {
        "mcp_servers": list,
        "reload_resources": lambda flow: None,
        "seconds_waiting": lambda *names: None,
        **more,
    }
    return SimpleNamespace(
        connection=SimpleNamespace(source="secrets", url=URL, editor_url=None),
        is_stopped=False,
        open_client=lambda: open_client(),
        refresh=lambda name=None: None,
        resources=lambda flow: None,
        may_change=may_change,
        require_change=lambda: None,
        **stand_in,
    )


def editable_node(**parameters) -> dict[str, Any]:
    """Return a component whose parameters are all visible without opening it."""
    marked = {name: {**one, "api_editable": True} for name, one in parameters.items()}
    return node("T-a", **marked)


def clear_drafts() -> None:
    """Delete the drafts of all browsers."""
    drafts.clear()


KEY = ProviderSetting("OPENAI_API_KEY", "OpenAI API Key", True, True, False, parameter="api_key")
SAVED_KEY = replace(KEY, is_set=True)
OPENAI_ADDRESS = ProviderSetting("OPENAI_BASE_URL", "OpenAI Base URL", False, False, False)
SAVED_ADDRESS = replace(OPENAI_ADDRESS, is_set=True, value="http://gateway/v1")
ADDRESS = ProviderSetting("OLLAMA_BASE_URL", "Ollama Base URL", True, False, False)


def option(name: str, provider: str, *, is_ready: bool = False, tools: bool = True) -> ModelOption:
    value = {"name": name, "provider": provider, "metadata": {"model_class": "C"}}
    return ModelOption(name, provider, is_ready, tools, value)


MODELS = (
    option("llama", "Ollama", is_ready=True),
    option("gpt-4o", "OpenAI"),
    option("no-tools", "OpenAI", tools=False),
)
RESOURCES = ServerResources(
    (Provider("OpenAI", False, (KEY,)), Provider("Ollama", False, (ADDRESS,))),
    {"language": MODELS},
)


def agent(id: str = "Agent-a", model: object = None, *, loads: bool = False) -> dict:
    return node(
        id,
        model=entry("ModelInput", "model", model or [], required=True),
        api_key=entry("SecretStrInput", "str", "", load_from_db=loads, password=True),
    )


def setup(*nodes, resources=RESOURCES, may_change=True, **session) -> Form:
    """Draw the form of these nodes for a person who may change the server, or may not."""
    server = form_server(may_change=may_change)
    return form(*nodes, resources=resources, **{"server-of-files": server, **session})


def openai_resources(*settings: ProviderSetting, is_silent: bool = False) -> ServerResources:
    """Return the lists of a server whose only provider has these settings."""
    is_ready = all(each.is_set for each in settings if each.is_required)
    provider = Provider("OpenAI", is_ready, settings, has_silent_address=is_silent)
    return ServerResources((provider,), {"language": MODELS})


def openai_agent(
    *settings: ProviderSetting,
    model: ModelOption | None = MODELS[1],
    is_silent: bool = False,
    **more,
) -> Form:
    """Draw the form of an agent whose provider has these settings."""
    node = agent(model=[model.value] if model else None)
    return setup(node, resources=openai_resources(*settings, is_silent=is_silent), **more)
