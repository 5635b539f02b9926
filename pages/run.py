"""The Run page: choose a flow, fill in its form, run it and read its outputs."""

from contextlib import nullcontext
from functools import partial

import streamlit as st

from pages._ui.connection import connect, loading, server_link
from pages._ui.present import entry, share_result
from pages._ui.presets import share_link
from pages._ui.run import approval, flow_picker, recent_runs, run_form, status_panel
from pages._ui.run import controls as run_controls
from pages._ui.run import details as run_details
from pages._ui.state import run_page
from pages._ui.widgets import alerts

with alerts.show_errors():
    server = connect.require_server(or_stopped=run_page.run_id() is not None)
    if server:
        head = flow_picker.draw_head()
        columns = st.columns([5, 6], gap="large")
        with columns[1]:
            server, record = connect.open_run(server)
        # the keyboard and screen readers go by this order
        is_result_first = record is not None and run_page.is_full_width(record.flow_id)
        left, right = reversed(columns) if is_result_first else columns
        with left:
            inputs, (buttons, progress) = st.container(key="run-form"), run_controls.places()
        with right:
            connect.draw_notice()
            # the status first: a click changes it, and it waits for no server
            panel, places = status_panel.draw(server, record, progress)
        server.prefetch()
        share_link.read_address()
        server_link.draw(server)
        flow, refusal = flow_picker.draw(server, record, "Run", head)
        with head.title:
            if flow and refusal:
                request = partial(run_form.require_flow, server, flow.id)
                loading.show(server, refusal, request, retry="retry-flow", warning=True)
        with inputs:
            form = run_form.prepare_for_run(server, flow, record) if flow else None
        with buttons:
            run_controls.draw(server, form, record)
        with right:
            if record and places:
                run_details.draw(server, record, places)
            elif form and run_page.run_id() is None:
                status_panel.draw_empty(form.state)
            if flow:
                approval.draw_waiting_runs(server, flow, record)
        with head.page_buttons:
            if flow:
                entry.draw_button(server, flow, form, head.title)
            share_part = share_result.section(server, record, flow)
            if share_part and record and not form:
                share_link.draw_menu(f"share-result-{record.id}", "Link to this result", share_part)
        with inputs:
            if record and not form:
                run_form.draw_inputs(record, flow)
            if flow and form:
                run_form.draw(form, head.page_buttons, share_part)
                if not refusal:  # it says that the server can't be reached
                    loading.show_refreshing_flow(server, flow)
        with right if flow or record else nullcontext():  # else the columns are empty
            recent_runs.draw(server, flow)
        status_panel.wait_for_end(server, record, panel)
