"""Compare two to four runs: what they were given, what they returned, how long they took."""

from pages._ui.compare import page as compare_runs_page
from pages._ui.connection import connect
from pages._ui.widgets import alerts

with alerts.shown():
    session = connect.session()
    if session:
        connect.notice()
        compare_runs_page.draw(session)
