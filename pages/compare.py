"""The Compare page: inputs, outputs and timings of two to twelve runs."""

from pages._ui.compare import page as compare_runs_page
from pages._ui.connection import connect, server_link
from pages._ui.widgets import alerts

with alerts.show_errors():
    server = connect.require_server(or_stopped=True)
    if server:
        connect.draw_notice()
        compare_runs_page.draw(server)
        server_link.draw(server)
