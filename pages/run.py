"""Choose a flow, fill its form, run it, watch it, read what came of it."""

import streamlit as st

from pages._ui import connect, live, picker, problems, recent, run_panel, workbench

with problems.shown():
    session = connect.session()
    if session:
        left, right = st.columns([5, 6], gap="large")
        with right:
            session, record = connect.opened_run(session)
        with left:
            flow = picker.draw(session, record.flow_id if record else None)
            choice = workbench.form(session, flow) if flow else None
        with right:
            shown = run_panel.draw(choice, record)
            if shown:
                live.draw(session, shown)
            else:
                live.draw_nothing()
            recent.draw(session)
