"""Choose a flow, fill its form, run it, watch it, read what came of it."""

import streamlit as st

from pages._ui import connect, desk, picker, problems, waiting, workbench

with problems.shown():
    session = connect.session()
    if session:
        left, right = st.columns([5, 6], gap="large")
        with right:
            session, record = connect.opened_run(session)
        session.ask_ahead()
        with left:
            flow = picker.draw(session, record.flow_id if record else None)
            bench = workbench.prepare(session, flow) if flow else None
        # before the form, which takes longer to draw: a reload shows the run at once
        with right:
            desk.draw(session, bench.choice if bench else None)
        if bench:
            with left:
                waiting.look_again(session)
                bench.draw()
