"""The components of a run as a table."""

import pytest

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, RunError, Usage
from pages._ui.components import view as components_view
from pages._ui.widgets.markdown import escape
from tests.support import components, flows


def row(run, flow=None):
    flow = flow or flows.flow(flows.node(run.component_id))
    (found,) = components_view.table_rows(flow, {run.component_id: run}, ended=True)
    return found


def test_a_row_has_name_state_duration_and_output():
    output = Output("A-1", OutputKind.MESSAGE, "\nFirst line\nsecond")
    cells = row(components.done("A-1", 2.5, output=output))
    assert cells == (
        "A",
        ":green-badge[:material/check_circle: Done]",
        "2.5\u00a0s",
        "",
        "First line second",
    )


def test_a_component_that_asked_a_model_has_its_tokens():
    cell = row(components.done("A-1", usage=Usage(20, 2, 22)))[3]
    assert cell == escape("22 tokens (20 in, 2 out)")


@pytest.mark.parametrize("usage", [None, Usage(20, 2, 22)])
def test_the_column_of_tokens_is_drawn_if_there_are_any(monkeypatch, usage):
    drawn = []
    monkeypatch.setattr(components_view.st, "markdown", drawn.append)
    runs = {"A-1": components.done("A-1", usage=usage)}
    components_view.draw_table(flows.flow(flows.node("A-1")), runs, ended=True)
    lines = drawn[0].splitlines()
    assert ("|Tokens|" in lines[0]) is (usage is not None)
    assert len({line.count("|") for line in lines}) == 1


def test_a_failed_component_shows_its_error_instead_of_an_output():
    run = ComponentRun("A-1", ComponentState.FAILED, error=RunError("No key.\nTrace"))
    assert row(run)[-1] == escape("No key.")


def test_long_names_that_components_share_keep_their_numbers():
    nodes = [flows.node(id, "Read" * 40) for id in ("Read-a", "Read-b")]
    found = components_view.table_rows(flows.flow(*nodes), {}, ended=True)
    assert [cells[0][-3:] for cells in found] == ["… 1", "… 2"]


def test_a_large_output_is_clipped():
    output = Output("A-1", OutputKind.MESSAGE, "x" * 1_000_000)
    run = components.done("A-1", output=output)
    assert components_view.result_text(run) == "x" * 99 + "…"


def test_components_are_listed_in_the_order_in_which_they_started():
    """Those that have not started, or whose start is unknown, follow in the flow's order."""
    flow = flows.flow(*(flows.node(f"{name}-1") for name in "ABCD"))
    runs = [components.done("B-1", 1, 4), components.done("C-1", 1, 2), components.done("D-1", 1)]
    found = components_view.table_rows(flow, {run.component_id: run for run in runs}, ended=True)
    assert [cells[0] for cells in found] == ["C", "B", "A", "D"]


def test_the_members_of_a_group_have_a_row_each():
    inner = [flows.node("In-1", text=flows.text()), flows.node("In-2")]
    flow = flows.flow(flows.group("Group-1", inner))
    found = components_view.table_rows(flow, {}, ended=False)
    assert [cells[0] for cells in found] == ["In 1", "In 2"]


def test_text_from_servers_is_escaped():
    """No cell becomes markup, an icon, or two cells."""
    for name, cells in zip(
        components.HOSTILE,
        components_view.table_rows(components.hostile_flow(), {}, ended=True),
        strict=True,
    ):
        assert cells[0] == escape(name)
    run = ComponentRun("A-1", ComponentState.FAILED, error=RunError("a|b :red[x] <img src=x>"))
    assert row(run)[-1] == escape("a|b :red[x] <img src=x>")
