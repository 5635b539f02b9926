"""The Present view under AppTest."""

from lfclient.console.present.presentation import PURPOSE, Presentation, ShownInput
from lfclient.console.store.flow_settings import FlowSettings
from pages._ui.connection.app_context import app_context
from pages._ui.state.browser import drafts
from tests.ui.support.preset_pages import owner
from tests.ui.support.whole_pages import ONE, open_app

RUN = "POST /api/v2/workflows"


def present(flow_id=ONE, browser=None, *, session_state=None, **address):
    """Open the Present view of a flow, by default in a browser of its own."""
    state = {**({"browser-id": browser * 43} if browser else {}), **(session_state or {})}
    return open_app(session_state=state, view="present", flow=flow_id, **address)


def present_as_presenter(browser="b", **more):
    """Open the Present view in a browser that came to it from the Run page."""
    app_context()  # stores drafts
    drafts().save((browser * 43, ONE, "presenter"), {"presenter": True})
    return present(browser=browser, **more)


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
    return server.bodies(RUN)[-1]["tweaks"]
