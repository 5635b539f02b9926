"""The Present view under AppTest."""

import json

from streamlit.testing.v1 import AppTest

from lfclient.console.present.presentation import PURPOSE, Presentation, ShownInput
from lfclient.console.store.flow_settings import FlowSettings
from pages._ui.connection.app_context import app_context
from tests.ui.support.preset_pages import open_page, owner
from tests.ui.support.whole_pages import APP, ONE, press

RUN = "POST /api/v2/workflows"


def present(flow_id=ONE, browser=None, **address):
    """Open the Present view of a flow, by default in a browser of its own."""
    app = AppTest.from_file(APP)
    if browser:
        app.session_state["browser-id"] = browser * 43
    for name, value in {"view": "present", "flow": flow_id, **address}.items():
        app.query_params[name] = value
    return app.run()


def present_as_presenter(browser="b", **address):
    """Open the Present view in a browser that came to it from the Run page.

    AppTest would run the Run page again, not the navigation that leads to the view.
    """
    press(open_page(browser, flow=ONE), "Present")
    return present(browser=browser, **address)


def stored(flow_id=ONE):
    """Return the stored settings with their version."""
    return app_context().runner.store.flow_settings.get(owner(), flow_id, PURPOSE)


def store(**settings):
    """Save settings of the first flow."""
    inputs = settings.pop("inputs", None)
    shown = inputs and tuple(ShownInput(key=key, **more) for key, more in inputs.items())
    content = Presentation(**settings, inputs=shown).to_json()
    flow_settings = app_context().runner.store.flow_settings
    flow_settings.save(owner(), ONE, PURPOSE, FlowSettings(content, stored().version))


def inputs(app):
    """Return the labels of the inputs on the page."""
    return [box.value.replace("*", "") for box in app.markdown if box.value.startswith("**")]


def sent_values(server):
    """Return the values that the last run sent, by component and parameter."""
    lines = [number for number, line in enumerate(server.requests) if line == RUN]
    return json.loads(server.bodies[lines[-1]])["tweaks"]
