"""The timings chart: a bar per component on one time axis."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.wording import timeline
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.components import timings
from tests.support import components, flows
from tests.support.components import done


def bars(*runs):
    return timeline.timeline_bars((run.component_id[0], run) for run in runs)


def test_bars_begin_where_their_components_began():
    """In the order of their start, by the server's clock; overlaps are kept."""
    found = bars(done("C-1", 1, ended=6), done("A-1", 2, ended=5), done("B-1", 4, ended=6))
    assert [(bar.name, bar.start, bar.seconds) for bar in found] == [
        ("B", 0, 4),
        ("A", 1, 2),
        ("C", 3, 1),
    ]


def test_bars_without_a_start_time_come_last_and_begin_at_zero():
    found = bars(done("A-1", 9), done("B-1", 1, ended=5))
    assert [(bar.name, bar.start) for bar in found] == [("B", 0), ("A", None)]
    assert timings.chart_options(found)["series"][0]["data"] == [0, 0]


def test_components_that_never_ran_have_no_bar():
    assert bars(ComponentRun("A-1"), ComponentRun("B-1", ComponentState.SKIPPED)) == []


@pytest.mark.parametrize(
    ("seconds", "end", "label"),
    [(0.25, 250, "{value} ms"), (30, 30, "{value} s"), (1800, 30, "{value} min")],
)
def test_the_axis_unit_fits_the_longest_bar(seconds, end, label):
    axis = timings.chart_options(bars(done("A-1", seconds, ended=0)))["xAxis"]
    assert axis["max"] == pytest.approx(end)
    assert axis["axisLabel"]["formatter"] == label


def test_a_component_that_took_no_time_has_a_thin_bar():
    """A run of only such components does not divide by zero."""
    spec = timings.chart_options(bars(done("A-1", 0, ended=1), done("B-1", 10, ended=11)))
    assert spec["series"][1]["data"][0]["value"] > 0
    assert timings.chart_options(bars(done("A-1", 0, ended=1)))["xAxis"]["max"] == 1


def test_a_failed_component_is_labeled_in_words():
    """Color alone does not show a failure."""
    found = bars(done("A-1", 2, ended=2, state=ComponentState.FAILED))
    (bar,) = timings.chart_options(found)["series"][1]["data"]
    assert bar["label"]["formatter"] == "2.0 s · Failed"


def test_component_names_stand_only_on_the_axis():
    """ECharts would parse them in templates and tooltips."""
    flow = components.hostile_flow()
    runs = components.halfway(flow, 3)
    found = timeline.timeline_bars((leaf.display_name, runs[leaf.id]) for leaf in flow.leaves)
    spec = timings.chart_options(found)
    assert spec["yAxis"]["data"] == list(components.HOSTILE)
    assert spec["tooltip"] == {"show": False}
    del spec["yAxis"]["data"]
    assert not [name for name in components.HOSTILE if json.dumps(name)[1:-1] in json.dumps(spec)]
    assert "formatter" not in spec["yAxis"]["axisLabel"]


def page(flow, runs):
    from pages._ui.components import timings

    timings.draw(flow, runs)


def test_missing_durations_and_start_times_are_explained():
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"))
    stopped = ComponentRun("B-1", ComponentState.INTERRUPTED)
    for runs, words in (
        ({"A-1": done("A-1", ended=1), "B-1": stopped}, "Interrupted, so without a duration: B"),
        ({}, "no component timings"),
        ({"A-1": done("A-1")}, "no start times"),
        ({"A-1": done("A-1"), "B-1": done("B-1", ended=1)}, "1 component without a start time"),
    ):
        app = AppTest.from_function(page, args=(flow, runs)).run()
        assert words in app.caption[0].value
