"""A page of the tests' own, in the console's frame: a flow of many components that is at work.

`?view=` says what is drawn, `?tick=` that it changes by itself, five times a second, and `?told=`
that it does so within each run of the fragment alone.
"""

import time

import streamlit as st

from pages._ui.app import navigation, page_assets, security
from pages._ui.components import timings
from pages._ui.components import view as components_view
from tests.support import components


@st.fragment(run_every=0.2)
def at_work(flow):
    step = int(time.monotonic() * 5) % 60 if "tick" in st.query_params else 25
    runs = components.halfway(flow, step)
    drawing = components_view.draw(flow, runs, view=view, ended=False, key="graph")
    st.caption(f"step {step}")
    if "told" in st.query_params:
        for _ in range(5):
            time.sleep(0.2)
            step = int(time.monotonic() * 5) % 60
            drawing.update(components.halfway(flow, step))


if __name__ == "__main__":
    navigation.configure_page()
    view = st.query_params.get("view", "Graph")
    big = components.big_flow()
    if view == "Timings":
        timings.draw(big, components.halfway(big, 60))
    elif view == "Hostile":
        hostile = components.hostile_flow()
        ended = components.halfway(hostile, 3)
        for each in components_view.VIEWS:
            components_view.draw(hostile, ended, view=each, ended=True, key=f"graph-{each}")
        timings.draw(hostile, ended)
    else:
        view = components_view.choose_view()
        at_work(big)
else:
    app = st.App(__file__, middleware=[*security.MIDDLEWARE, *page_assets.MIDDLEWARE])
