"""Components that share a name have the same label in every part of the Run page."""

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, RunError
from lfclient.runs.model import RunStatus
from tests.support.flows import node, text
from tests.support.http_stand_in import flow
from tests.ui.support.runs import open_table, run_with
from tests.ui.support.whole_pages import ONE, add_ended_run, page_text

IDS = ("Agent-first", "Agent-second")


def open_run(server):
    """Open a run with an output of the first agent, in which the second one failed."""
    done, failed = (
        ComponentRun(id, state, "Agent", 0.2)
        for id, state in zip(IDS, (ComponentState.DONE, ComponentState.FAILED), strict=True)
    )
    outputs = {
        id: Output(id, OutputKind.MESSAGE, "Hi", display_name=name)
        for id, name in ((IDS[0], "Agent"), ("Other-c", "Other"))
    }
    run = run_with(
        RunStatus.FAILED,
        outputs=outputs,
        components={one.component_id: one for one in (done, failed)},
        errors=(RunError("No key", IDS[1], "Agent"),),
    )
    more = {"status": RunStatus.FAILED, "run": run, "overrides": {f"{IDS[1]}.p": "x"}}
    app = open_table(add_ended_run(server.url, **more))
    component_choice(app).set_value(IDS[0]).run()
    return app


def component_choice(app):
    return next(each for each in app.selectbox if each.label == "Component output")


def test_form_outputs_components_and_error_have_the_same_names(langflow_stand_in):
    exposed = {"p": {**text(""), "api_editable": True}}
    # the author placed the second one of the file first
    agents = [
        node(id, **exposed) | {"position": {"x": x, "y": 0}}
        for id, x in zip(IDS, (900, 0), strict=True)
    ]
    langflow_stand_in.set_flows(flow(ONE, "Echo", [*agents, node("Other-c")]))
    app = open_run(langflow_stand_in)
    words = page_text(app)
    for label in ("Agent 1", "Agent 2"):
        assert f"**p** :gray[· {label}]" in words
        assert f"|{label}|" in words
    assert [words.count(f"**{label}** failed") for label in ("Agent 1", "Agent 2")] == [1, 0]
    assert component_choice(app).options == ["✓ Agent 2 · 0.2 s", "✕ Agent 1 · 0.2 s"]
    # its card among the outputs, and the chosen component
    assert words.count("**Agent 2**") == 2
    assert not any(id in words for id in IDS)
