"""Compare two to four runs: what they were given, what they returned, how long they took."""

from pages._ui import connect, problems
from pages._ui.comparing import page

with problems.shown():
    session = connect.session()
    if session:
        connect.notice()
        page.draw(session)
