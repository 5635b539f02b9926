"""Compare two to four runs: what they were given, what they returned, how long they took."""

from pages._ui.compare import page as compare_runs_page
from pages._ui.connection import connect
from pages._ui.widgets import alerts

with alerts.show_errors():
    server = connect.require_server()
    if server:
        connect.draw_notice()
        compare_runs_page.draw(server)
