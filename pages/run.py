"""Choose a flow, fill its form, run it, watch it, read what came of it."""

import streamlit as st

from pages._ui import (
    again,
    approval,
    connect,
    live,
    outcome,
    picker,
    problems,
    recent,
    run_panel,
    share,
    waiting,
    workbench,
)

with problems.shown():
    session = connect.session()
    if session:
        left, right = st.columns([5, 6], gap="large")
        with right:
            session, record = connect.opened_run(session)
            connect.notice()
            controls, result = st.container(), st.container()
        # the status first: it is what a press changes, and it waits for no server
        with result:
            panel = live.draw(session, record)
        session.ask_ahead()
        share.look()
        with left:
            flow = picker.draw(session, record)
            # a run that was only opened is shown with its own inputs, in the place of the form
            opened = record if record and again.is_due(session, record) else None
            bench = workbench.prepare(session, flow) if flow and not opened else None
        with controls:
            run_panel.draw(session, bench.choice if bench else None, record)
        with right:
            if record:
                outcome.details(session, record)
            if flow:
                approval.others(session, flow, record)
        if opened:
            with left:
                again.draw(session, flow, opened)
        if bench:
            with left:
                waiting.look_again(session, flow.id)
                bench.draw()
        with right:
            recent.draw(session)
        live.wait_for_end(session, record, panel)
