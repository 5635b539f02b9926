"""Outputs drawn on a page."""

import base64
import io

from PIL import Image
from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import Output
from lfclient.runs.model import Run, RunStatus

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
ROWS = [{"city": f"City {i}", "day": f"2026-01-{i + 1:02d}", "n": i} for i in range(28)]
MESSAGE = {
    "id": "5c1f",
    "flow_id": "f",
    "session_id": "s",
    "sender": "User",
    "sender_name": "Ada",
    "text": "Hi",
    "timestamp": "2026-01-01",
}


def page(run, download):
    from types import SimpleNamespace

    from pages._ui.outputs import view as outputs_view

    source = SimpleNamespace(download=download, require_access=lambda: None)
    outputs_view.draw(run, "run-1", source, lambda: run)


def draw_outputs(*found, not_run=(), download=None, session_state=None):
    run = Run(
        "flow",
        "background",
        RunStatus.COMPLETED,
        outputs={output.component_id: output for output in found},
        not_run=not_run,
    )
    app = AppTest.from_function(page, kwargs={"run": run, "download": download})
    app.query_params["run"] = "run-1"
    for key, value in (session_state or {}).items():
        app.session_state[key] = value
    app.run()
    return app


def texts(app):
    return " ".join(element.value for element in [*app.markdown, *app.caption])


def output(kind, value, **more):
    return Output("Comp-1", kind, value, display_name="Component", **more)


def data_url(image):
    return "data:image/png;base64," + base64.b64encode(image).decode()


def uri(number=0):
    """Return the data URL of an image, a different one for each number."""
    return data_url(DOT + bytes(number))


def picture(width):
    """Return a PNG file that is this many pixels wide."""
    file = io.BytesIO()
    Image.new("RGB", (width, 20)).save(file, "PNG")
    return file.getvalue()


def choose(app, view):
    """Return the page after a person chooses a view of the output."""
    app.segmented_control[0].set_value(view).run()
    return app
