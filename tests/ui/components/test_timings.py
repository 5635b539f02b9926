"""A bar per component on one axis of time."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.console.presentation import timeline
from lfclient.runs.components import ComponentRun, ComponentState
from pages._ui.components import timings
from tests.support import components, flows
from tests.support.components import done


def bars(*runs):
    return timeline.timeline_bars((run.component_id[0], run) for run in runs)


def test_bars_begin_where_their_components_began():
    """By the server's clock, in the order of their beginning; what overlapped does so here."""
    found = bars(done("C-1", 1, ended=6), done("A-1", 2, ended=5), done("B-1", 4, ended=6))
    assert [(bar.name, bar.start, bar.seconds) for bar in found] == [
        ("B", 0, 4),
        ("A", 1, 2),
        ("C", 3, 1),
    ]


def test_without_a_clock_they_have_a_duration_only():
    """They stand last, and at the axis."""
    found = bars(done("A-1", 9), done("B-1", 1, ended=5))
    assert [(bar.name, bar.start) for bar in found] == [("B", 0), ("A", None)]
    spec = timings.chart_options(found, dark=False)
    assert spec["series"][0]["data"] == [0, 0]


def test_those_that_never_worked_have_no_bar():
    """Waiting, skipped, or without a word from the server."""
    assert bars(ComponentRun("A-1"), ComponentRun("B-1", ComponentState.SKIPPED)) == []


@pytest.mark.parametrize(
    ("seconds", "end", "label"),
    [(0.25, 250, "{value} ms"), (30, 30, "{value} s"), (1800, 30, "{value} min")],
)
def test_the_axis_has_a_unit_that_fits(seconds, end, label):
    """From milliseconds to minutes."""
    axis = timings.chart_options(bars(done("A-1", seconds, ended=0)), dark=True)["xAxis"]
    assert axis["max"] == pytest.approx(end)
    assert axis["axisLabel"]["formatter"] == label


def test_what_took_no_time_is_still_to_be_found():
    """A hair of a bar; and a run of nothing but such does not divide by nothing."""
    spec = timings.chart_options(
        bars(done("A-1", 0, ended=1), done("B-1", 10, ended=11)), dark=False
    )
    assert spec["series"][1]["data"][0]["value"] > 0
    assert timings.chart_options(bars(done("A-1", 0, ended=1)), dark=False)["xAxis"]["max"] == 1


def test_a_failure_is_told_in_words_too():
    """Beside its duration, whatever its colour."""
    found = bars(done("A-1", 2, ended=2, state=ComponentState.FAILED))
    (drawn,) = timings.chart_options(found, dark=True)["series"][1]["data"]
    assert drawn["label"]["formatter"] == "2.0 s · failed"


def test_names_are_in_no_template():
    """Templates and tooltips would read them; the axis does not."""
    flow = components.hostile_flow()
    runs = components.halfway(flow, 3)
    found = timeline.timeline_bars((leaf.display_name, runs[leaf.id]) for leaf in flow.leaves)
    spec = timings.chart_options(found, dark=False)
    assert spec["yAxis"]["data"] == list(components.HOSTILE)
    assert spec["tooltip"] == {"show": False}
    del spec["yAxis"]["data"]
    assert not [name for name in components.HOSTILE if json.dumps(name)[1:-1] in json.dumps(spec)]
    assert "formatter" not in spec["yAxis"]["axisLabel"]


def test_light_and_dark_have_colours_of_their_own():
    """Those of the theme."""
    found = bars(done("A-1", 2, ended=2))
    light, dark = (
        timings.chart_options(found, dark=dark)["series"][1]["data"][0]["itemStyle"]["color"]
        for dark in (False, True)
    )
    assert light != dark


def page(flow, runs):
    from pages._ui.components import timings

    timings.draw(flow, runs)


def test_says_what_is_not_known():
    """No bars at all, bars without a beginning, some of both."""
    flow = flows.flow(flows.node("A-1"), flows.node("B-1"))
    for runs, words in (
        ({}, "has not told how long"),
        ({"A-1": done("A-1")}, "has not told when"),
        ({"A-1": done("A-1"), "B-1": done("B-1", ended=1)}, "Of 1 it is not known"),
    ):
        app = AppTest.from_function(page, args=(flow, runs)).run()
        assert words in app.caption[0].value
