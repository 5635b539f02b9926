"""The result of an ended run."""

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app, page_text

ANSWER = Output("B", OutputKind.MESSAGE, "the answer", type="message", display_name="Chat Output")


def test_the_result_of_a_frozen_component_is_said_to_be_cached(langflow_stand_in):
    frozen = ComponentRun("A", ComponentState.DONE, "Agent", cached=True)
    run = Run(
        ONE, "sync", RunStatus.COMPLETED, components={"A": frozen}, outputs={"ChatOutput-b": ANSWER}
    )
    app = open_app(run=add_ended_run(langflow_stand_in.url, run=run).id)
    expected = "Agent is frozen: Langflow returned a cached result, maybe of another run."
    assert expected in page_text(app)
    assert not app.exception
