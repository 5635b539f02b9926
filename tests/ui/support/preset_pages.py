"""The preset bar of the Run page under AppTest: stores presets and uses its controls."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from lfclient.console.config.ownership import owner_fingerprint
from lfclient.console.store.presets import Preset
from pages._ui.connection import servers
from pages._ui.connection.app_context import app_context
from tests.support.flows import entry, node, text
from tests.support.http_stand_in import flow
from tests.ui.support.whole_pages import APP, ONE, press

SECRET = entry("SecretStrInput", "str", "", load_from_db=False, password=True)


def fields_flow(flow_id=ONE, name="Fields", component="T-a"):
    """Return a flow with a text, a number and a secret, all visible."""
    parameters = {"p": text("x"), "n": entry("IntInput", "int", 5), "s": SECRET}
    marked = {key: {**one, "api_editable": True} for key, one in parameters.items()}
    return flow(flow_id, name, nodes=[node(component, **marked)])


def owner():
    return owner_fingerprint(servers.available_connections()[0], app_context().settings.data_dir)


def presets():
    return app_context().runner.store.presets


def stored_presets(flow_id=ONE):
    return [presets().get(owner(), head.id) for head in presets().list_for_flow(owner(), flow_id)]


def store_preset(name="Mine", flow_id=ONE, default=False, secrets=(), **values):
    """Store a preset with these values of component T-a."""
    overrides = {f"T-a.{key}": value for key, value in values.items()}
    preset = presets().create(
        Preset(f"id-{name}", owner(), flow_id, "Fields", name, overrides, tuple(secrets))
    )
    if default:
        presets().set_default(owner(), flow_id, preset.id)
    return preset


def open_page(browser="b", menu="", **address):
    """Open the Run page, with this menu of the preset bar open."""
    app = AppTest.from_file(APP)
    app.session_state["browser-id"] = browser * 43
    if menu:
        app.session_state[key_of(menu)] = True
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def key_of(name, flow_id=ONE):
    return f"preset-{name}-{owner()[:12]}-{flow_id}"


def field(app, parameter, kind="text_input", component="T-a"):
    """Return a field of the form, not its settings in the editor of a presentation."""
    fields = [w for w in getattr(app, kind) if not w.key.startswith("present-edit-")]
    return next(w for w in fields if w.key.endswith(f"-{component}.{parameter}"))


def value(app, parameter="p", component="T-a"):
    return field(app, parameter, component=component).value


def enter(app, text, parameter="p", **more):
    for name, words in {parameter: text, **more}.items():
        field(app, name).set_value(words)
    return app.run()


def choose(app, preset):
    app.selectbox(key=key_of("choice")).set_value(preset.id if preset else None)
    return app.run()


def open_menu(app, name):
    app.session_state[key_of(name)] = True
    return app.run()


def save_as(app, name, label="Save"):
    """Save the form as a preset, with the menu for it open."""
    app.text_input(key=key_of("name")).set_value(name)
    return press(app, label)
