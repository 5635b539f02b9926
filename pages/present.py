"""The Present view: one flow for an audience, without the rest of the console."""

from functools import partial

import streamlit as st

from pages._ui.app import navigation
from pages._ui.present import editing, editor, presented, problems, result, view
from pages._ui.run import controls as run_controls
from pages._ui.run import status_panel
from pages._ui.state import notices, query_params
from pages._ui.widgets import controls

notices.forget_shown()
flow_id = st.query_params.get(query_params.FLOW, "")
request = partial(presented.require, flow_id)
with st.container(key="present"), problems.show_errors(request):
    shown = presented.load(flow_id)
    editing.keep_draft(shown.server.owner, shown.flow.id)
    navigation.set_title(shown.title)
    record = view.find_run(shown)
    stage, side = view.places(shown)
    with stage:
        view.draw_head(shown, record)
        left, right = st.columns([5, 8], gap="large")
    with left:
        inputs, (buttons, progress) = st.container(key="run-form"), run_controls.places()
    with right:
        is_click_refused = problems.draw_notice()
        panel = result.draw(shown, record, progress, is_click_refused=is_click_refused)
    form, problem = presented.prepare(shown, record)
    with buttons:
        view.draw_buttons(shown, form, record)
    with inputs:
        with controls.place_above_fields():
            if problem:
                problems.show(problem, request, shown.server)
        view.draw_inputs(shown, form)
    if side:
        with side:
            editor.draw(shown, form, record)
    status_panel.wait_for_end(shown.server, record, panel)
