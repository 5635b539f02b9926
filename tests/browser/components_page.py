"""A test page in the console's frame: a run of a flow with many components.

`?view=` chooses what is drawn. With `?tick=` it changes five times a second, with `?updates=`
also within one run of the fragment.
"""

import time

import streamlit as st

from pages._ui.app import navigation, page_assets, security
from pages._ui.components import graph, timings
from pages._ui.components import view as components_view
from tests.support import components


@st.fragment(run_every=0.2)
def draw_running(flow):
    step = int(time.monotonic() * 5) % 60 if "tick" in st.query_params else 25
    runs = components.halfway(flow, step)
    flow_graph = components_view.draw(flow, runs, ended=False, key="graph")
    st.caption(f"step {step}")
    if "updates" in st.query_params:
        for _ in range(5):
            time.sleep(0.2)
            step = int(time.monotonic() * 5) % 60
            flow_graph.update(components.halfway(flow, step))


if __name__ == "__main__":
    navigation.configure_page()
    view = st.query_params.get("view", "Graph")
    big = components.big_flow()
    if view == "Timings":
        timings.draw(big, components.halfway(big, 60))
    elif view == "Hostile":
        hostile = components.hostile_flow()
        ended = components.halfway(hostile, 3)
        graph.FlowGraph(hostile, ended, ended=True, key="graph-Graph")
        components_view.draw_table(hostile, ended, ended=True)
        timings.draw(hostile, ended)
    else:
        draw_running(big)
else:
    app = st.App(__file__, middleware=[*security.MIDDLEWARE, *page_assets.MIDDLEWARE])
